// Publish and subscribe. A connection that listens gets its confirmations as replies and its messages by push.
#include "handlers.hpp"

namespace redis {
namespace {

using change = void (hub::*)(subscriber&, std::string_view);

void confirm(call& c, std::string_view what, std::string_view name) {
  c.out.array(3);
  c.out.bulk(what);
  c.out.bulk(name);
  c.out.integer(static_cast<std::int64_t>(c.client.listener->subscriptions()));
}

void listen(call& c, change how, std::string_view what) {
  for (const auto name : c.args.subspan(1)) {
    (c.server.channels.*how)(*c.client.listener, name);
    confirm(c, what, name);
  }
}

// Without names: from everything in `mine`; when that is empty, one confirmation with a null name.
void stop_listening(call& c, change how, std::string_view what, const std::set<std::string, std::less<>>& mine) {
  if (c.args.size() > 1) return listen(c, how, what);
  if (mine.empty()) {
    c.out.array(3);
    c.out.bulk(what);
    c.out.null();
    return c.out.integer(static_cast<std::int64_t>(c.client.listener->subscriptions()));
  }
  while (!mine.empty()) {
    const std::string name = *mine.begin();
    (c.server.channels.*how)(*c.client.listener, name);
    confirm(c, what, name);
  }
}

}  // namespace

void publish(call& c) { c.out.integer(static_cast<std::int64_t>(c.server.channels.publish(c.args[1], c.args[2]))); }

void subscribe(call& c) { listen(c, &hub::subscribe, "subscribe"); }

void psubscribe(call& c) { listen(c, &hub::psubscribe, "psubscribe"); }

void unsubscribe(call& c) { stop_listening(c, &hub::unsubscribe, "unsubscribe", c.client.listener->channels); }

void punsubscribe(call& c) { stop_listening(c, &hub::punsubscribe, "punsubscribe", c.client.listener->patterns); }

}  // namespace redis
