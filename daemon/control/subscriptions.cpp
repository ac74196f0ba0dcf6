#include "control/subscriptions.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/glob.hpp"
#include "control/guarded.hpp"
#include "control/metric_change.hpp"
#include "control/view/metrics.hpp"
#include "control/view/task.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"
#include "wire/topic.hpp"

namespace tokiod::control {

// What comes next of each. Not in an anonymous namespace: a class of the header has it.
struct page_rounds {
  change_query tasks, resources, ops;
};

struct subscriptions::one {
  one(asio::io_context& io, std::string id, const limits& bounds)
      : name(id), ring(std::move(id), bounds.ring_messages, bounds.ring_bytes), timer(io) {}

  std::string name;
  std::vector<std::string> topics;
  duration_ns interval = second;
  std::string match;
  bool only_changes = false;
  // The last page of metrics that it was given; null: the next one is whole.
  std::shared_ptr<const std::vector<metric_family>> seen;
  event_filter filter;
  event_rate rate;
  event_ring ring;
  asio::steady_timer timer;
  std::uint64_t task = 0;  // whose details are told
  page_rounds next;
  bool open = true;
  // While it is given what came before: the last number that it was given or passed over. What is published meanwhile
  // is in the log as well, and comes from there.
  std::optional<std::uint64_t> replaying;

  [[nodiscard]] bool wants(std::string_view topic) const {
    return std::find(topics.begin(), topics.end(), topic) != topics.end();
  }
  [[nodiscard]] bool listens_to_tasks() const {
    return wants("tasks") || wants("task") || wants("resources") || wants("async_ops");
  }
  [[nodiscard]] bool is_timed() const { return wants("metrics") || listens_to_tasks(); }
};

refusal no_topic(std::string_view topic, std::string path) {
  return {kind::bad_enum, "there is no topic " + std::string(topic.substr(0, 60)), std::move(path),
          "topics are " + std::string(wire::topic_list())};
}

outcome<subscriptions::opened> subscriptions::add(const subscribe_order& order) {
  for (const auto& topic : order.topics)
    if (!wire::find_topic(topic)) return std::unexpected(no_topic(topic, "/topics"));
  if (all_.size() >= shared_.bounds.max_subscriptions)
    return refuse(kind::quota_exceeded, "a connection has at most ", shared_.bounds.max_subscriptions,
                  " subscriptions");
  const bool names_task = std::ranges::find(order.topics, "task") != order.topics.end();
  if (names_task && order.task == 0) {
    auto no = refuse(kind::missing_param, "the topic task is of one task, and none is named");
    no.error().path = "/task";
    return no;
  }
  auto made = std::make_shared<one>(shared_.io, "s-" + std::to_string(++last_id_), shared_.bounds);
  made->topics = order.topics;
  made->interval = order.interval;
  made->match = order.match;
  made->only_changes = order.only_changes;
  made->filter = order.filter;
  made->rate = event_rate(order.max_rate);
  if (made->wants("log")) ++shared_.log_listeners;
  if (names_task) made->task = order.task;
  if (made->listens_to_tasks()) shared_.daemon.listen_to_tasks(true);  // which takes memory
  all_.push_back(made);
  shared_.counts.subscribed(1);
  if (made->task != 0) shared_.daemon.watch_task(made->task, true);
  // The first page comes one interval after the reply, so that the reply comes first.
  if (made->is_timed()) tick(made);
  made->replaying = order.since_seq;
  if (order.since_seq)
    shared_.box->post([this, weak = std::weak_ptr(made)] {
      if (const auto still = weak.lock(); still && still->open) wake_();
    });
  return opened{made->name, shared_.events.next_seq(),
                order.since_seq && shared_.events.has_lost_after(*order.since_seq)};
}

bool subscriptions::remove(std::string_view sub) {
  const auto found = std::ranges::find(all_, sub, [](const auto& each) { return std::string_view(each->name); });
  if (found == all_.end()) return false;
  (*found)->open = false;
  (*found)->timer.cancel();
  if ((*found)->task != 0) shared_.daemon.watch_task((*found)->task, false);
  if ((*found)->listens_to_tasks()) shared_.daemon.listen_to_tasks(false);
  if ((*found)->wants("log")) --shared_.log_listeners;
  all_.erase(found);
  shared_.counts.subscribed(-1);
  return true;
}

void subscriptions::clear() {
  while (!all_.empty()) static_cast<void>(remove(all_.back()->name));
}

void subscriptions::keep(const std::function<bool(std::string_view topic)>& may_hear) {
  std::vector<std::string> over;
  for (const auto& each : all_) {
    std::erase_if(each->topics, [&](const auto& topic) { return !may_hear(topic); });
    each->ring.keep([&](const logged_event& event) { return each->wants(event.topic); });
    if (each->topics.empty()) over.push_back(each->name);
  }
  for (const auto& name : over) static_cast<void>(remove(name));
}

void subscriptions::publish(const logged_event& event) {
  for (const auto& each : all_) {
    if (!each->wants(event.topic)) continue;
    if (each->replaying && event_log::keeps(event.topic)) {
      wake_();
    } else if (!each->filter.passes(event.topic, *event.data)) {
      continue;
    } else if (each->rate.pass(steady_clock().now())) {
      push(*each, event);
    } else {
      each->ring.lose_one();
      shared_.counts.dropped(event.topic, 1);
    }
  }
}

bool subscriptions::push(one& into, const logged_event& event) {
  const auto gone = into.ring.push(event);
  if (gone != 0) shared_.counts.dropped(event.topic, gone);
  wake_();
  return gone == 0;
}

std::optional<std::string> subscriptions::replayed(one& to) {
  while (to.replaying) {
    const auto* const next = shared_.events.after(*to.replaying);
    if (!next) {
      to.replaying.reset();
      break;
    }
    // As many may be missing, of its topics and of others: nobody knows any more.
    const auto missing = shared_.events.has_lost_after(*to.replaying) ? next->seq - *to.replaying - 1 : 0;
    to.replaying = next->seq;
    if (to.wants(next->topic) && to.filter.passes(next->topic, *next->data)) return event_line(to.name, *next, missing);
  }
  return std::nullopt;
}

std::optional<std::string> subscriptions::pop() {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    turn_ = (turn_ + 1) % all_.size();
    if (auto text = replayed(*all_[turn_])) return text;
    if (auto text = all_[turn_]->ring.pop()) return text;
  }
  return std::nullopt;
}

void subscriptions::tick(const std::shared_ptr<one>& each) {
  each->timer.expires_after(asio_duration(each->interval));
  each->timer.async_wait([this, each](const asio::error_code& failed) {
    // Once a subscription is closed, so may be the connection that `this` belongs to.
    if (failed || !each->open) return;
    collect(each);
  });
}

namespace {

using page_text = std::shared_ptr<const std::string>;
using families_seen = std::shared_ptr<const std::vector<metric_family>>;
struct pages {
  page_text metrics, tasks, task, resources, ops;  // null: not wanted, or there is nothing
  page_rounds next;
  families_seen seen;
};
struct page_order {
  bool metrics, tasks, resources, ops;
  std::string match;
  std::uint64_t task;
  page_rounds changes;
  bool only_changes;
  families_seen before;  // null: a whole page
};

page_text text_of(const json& page) { return std::make_shared<const std::string>(wire::dump(page)); }

// The page after that one: of the same round, or the first of the next.
change_query next_after(const change_query& asked, const page_facts& seen) {
  if (seen.more) return {.since = asked.since, .after_id = seen.last_id, .began = seen.began};
  return {.since = seen.began, .after_id = 0, .began = 0};
}

void add_metrics(pages& to, std::vector<metric_family> now, const page_order& what, std::int64_t wall_ns) {
  if (!what.only_changes) return (void)(to.metrics = text_of(view(now, what.match, wall_ns)));
  std::erase_if(now, [&](const metric_family& each) { return !matches(what.match, each.name); });
  json page = view(what.before ? changed_since(now, *what.before) : now, "*", wall_ns);
  page["mode"] = what.before ? "delta" : "full";
  to.metrics = text_of(page);
  to.seen = std::make_shared<const std::vector<metric_family>>(std::move(now));
}

pages collected(const plane& shared, const page_order& what) {
  const auto now = wall_clock_ns();
  pages made;
  made.next = what.changes;
  if (what.metrics) add_metrics(made, shared.metrics(), what, now);
  if (const auto one = what.task == 0 ? std::nullopt : shared.daemon.task(what.task))
    made.task = text_of(view(*one, true));
  const auto add = [&](bool wanted, page_text& to, change_query& next, auto changed_since) {
    if (!wanted) return;
    const auto changed = (shared.daemon.*changed_since)(next);
    to = text_of(view(changed, now));
    next = next_after(next, changed);
  };
  add(what.tasks, made.tasks, made.next.tasks, &backend::changes);
  add(what.resources, made.resources, made.next.resources, &backend::changed_resources);
  add(what.ops, made.ops, made.next.ops, &backend::changed_ops);
  return made;
}

}  // namespace

// Weak: when the control plane ends first, the reader's thread must not be the last to hold a timer.
void subscriptions::collect(const std::shared_ptr<one>& each) {
  page_order what{each->wants("metrics"),
                  each->wants("tasks"),
                  each->wants("resources"),
                  each->wants("async_ops"),
                  each->match,
                  each->task,
                  each->next,
                  each->only_changes,
                  each->seen};
  const auto begun = shared_.read(
      [&shared = shared_, what = std::move(what)] {
        return guarded(
            "a page of metrics or tasks", [&] { return collected(shared, what); },
            [&](const incident&) {
              pages none;
              none.next = what.changes;
              return none;
            });
      },
      [this, weak = std::weak_ptr(each)](const pages& made) {
        const auto open = weak.lock();
        if (!open || !open->open) return;
        const auto now = wall_clock_ns();
        bool lost = false;  // then changes alone would tell too little
        for (const auto& [topic, page] :
             {std::pair("metrics", &made.metrics), std::pair("tasks", &made.tasks), std::pair("task", &made.task),
              std::pair("resources", &made.resources), std::pair("async_ops", &made.ops)})
          if (*page && !push(*open, {shared_.events.take_number(), now, topic, *page})) lost = true;
        open->next = made.next;
        open->seen = lost ? nullptr : made.seen;
        tick(open);
      },
      client_);
  if (!begun) tick(each);  // the readers are busy: this page is left out
}

}  // namespace tokiod::control
