#include "control/operation_desk.hpp"

#include <utility>

#include "base/log.hpp"
#include "control/plane.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

void tell_of(const plane& shared, const operation_record& one) {
  shared.publish("operation.state", {{"operation_id", operation_id_text(one.id)},
                                     {"method", one.row->name},
                                     {"about", one.about},
                                     {"state", name(one.state)}});
}

// What ran out of time says by which id it is known, and that nothing of it goes on.
wire::answer with_id(std::uint64_t id, wire::answer what) {
  if (what) return what;
  const auto code = what.error().code;
  if (code != rpc_code(kind::timeout) && code != rpc_code(kind::drain_timeout)) return what;
  what.error().data["operation_id"] = operation_id_text(id);
  what.error().data["goes_on"] = false;
  return what;
}

void log_end(const operation_record& one) {
  log::info("control", "an operation ended that nobody waited for",
            {{"operation", operation_id_text(one.id)},
             {"method", one.row->name},
             {"outcome", one.what ? "ok" : one.what.error().message}});
}

}  // namespace

struct operation_desk::waiter {
  waiter(asio::io_context& io, reply to) : done(std::move(to)), timer(io) {}
  reply done;
  asio::steady_timer timer;
};

operation_desk::operation_desk(plane& shared)
    : shared_(shared), list_([&shared](const operation_record& one) { tell_of(shared, one); }) {}
operation_desk::~operation_desk() = default;

void operation_desk::begin(operation_order order, patience how_long, reply done) {
  operation_record asked;
  asked.row = order.row;
  if (order.key != order.row->name) asked.about = order.key;
  asked.client = order.client;
  asked.uid = order.uid;
  asked.stoppable = order.stoppable;
  const auto& record = list_.add(std::move(asked));
  const auto id = record.id;
  const auto what = std::make_shared<wire::answer>();
  const auto begun = shared_.doing.submit(
      {.from = order.client,
       .tag = id,
       .key = std::move(order.key),
       .work =
           [this, id, what, box = shared_.box, given_up = record.given_up, work = std::move(order.work)] {
             box->post([this, id] { list_.begin(id); });
             *what = work([&given_up] { return given_up->load(std::memory_order_relaxed); });
           },
       .then = [this, id, what, box = shared_.box] { box->post([this, id, what] { ended(id, std::move(*what)); }); }});
  if (!begun) {
    list_.forget(id);
    return done(std::unexpected(wire::to_rpc_error(begun.error())));
  }
  if (how_long.waits) return wait_for(id, how_long, std::move(done));
  done(wire::json{{"accepted", true}, {"operation_id", operation_id_text(id)}});
}

void operation_desk::wait_for(std::uint64_t id, patience how_long, reply done) {
  auto& made = waiting_[id] = std::make_unique<waiter>(shared_.io, std::move(done));
  if (!how_long.at_most) return;
  made->timer.expires_after(asio_duration(*how_long.at_most));
  made->timer.async_wait([this, id](const asio::error_code& failed) {
    if (!failed) tired_of(id);
  });
}

void operation_desk::tired_of(std::uint64_t id) {
  const auto gone = waiting_.extract(id);
  const auto* const record = list_.find(id);
  if (gone.empty() || !record) return;
  const auto text = operation_id_text(id);
  const auto no =
      refuse(kind::timeout, record->row->name, " has not ended in the time that was given; it goes on as ", text);
  gone.mapped()->done(std::unexpected(wire::to_rpc_error(no.error(), {{"operation_id", text}, {"goes_on", true}})));
}

void operation_desk::ended(std::uint64_t id, wire::answer what) {
  what = with_id(id, std::move(what));
  const auto gone = waiting_.extract(id);
  list_.end(id, what);
  if (!gone.empty()) return gone.mapped()->done(std::move(what));
  if (const auto* const record = list_.find(id)) log_end(*record);
}

outcome<operation_state> operation_desk::cancel(std::uint64_t id) {
  const auto* const record = list_.find(id);
  if (!record) return refuse(kind::not_found, "there is no operation ", operation_id_text(id));
  if (record->has_ended()) return record->state;
  if (shared_.doing.withdraw(id)) {
    ended(id, std::unexpected(wire::to_rpc_error({kind::cancelled, "cancelled before it began", {}, {}})));
    return operation_state::cancelled;
  }
  if (!record->stoppable)
    return refuse(kind::unsupported, record->row->name, " is under way and cannot be interrupted");
  record->given_up->store(true, std::memory_order_relaxed);
  return record->state;
}

}  // namespace tokiod::control
