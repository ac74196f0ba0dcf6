#include "runtime/io/reactor.hpp"

#include <poll.h>

#include <cerrno>
#include <new>

#include "base/assert.hpp"
#include "runtime/io/epoll_backend.hpp"

namespace tokiod::io {

reactor::reactor(std::unique_ptr<backend> kernel, std::size_t events_per_turn)
    : backend_(std::move(kernel)), sources_(*this), events_per_turn_(events_per_turn) {
  TOKIOD_ASSERT(events_per_turn != 0);
}

result<std::unique_ptr<reactor>> reactor::create(std::size_t events_per_turn) {
  auto kernel = epoll_backend::create();
  if (!kernel) return std::unexpected(kernel.error());
  return std::make_unique<reactor>(std::move(*kernel), events_per_turn);
}

result<source*> reactor::add(int fd, interest what, ready assume) {
  if (fd < 0) return std::unexpected(error{EBADF, "epoll_ctl"});
  const auto taken = sources_.take(fd);
  if (!taken) return std::unexpected(taken.error());
  source& s = **taken;
  assume_ready(s, assume);
  if (auto added = put_in(s, what); !added) {
    sources_.give_back(s);
    return std::unexpected(added.error());
  }
  registered_.fetch_add(1, relaxed);
  return &s;
}

void reactor::assume_ready(source& s, ready assume) {
  const auto tenant = s.at(direction::read).generation();
  task::key nobody;  // waits yet
  const ready of_write = assume & ready::writable;
  if (any(of_write)) (void)s.at(direction::write).event(tenant, of_write, nobody);
  const ready of_read = without(assume, ready::writable);
  if (any(of_read)) (void)s.at(direction::read).event(tenant, of_read, nobody);
}

void reactor::take_out(source& s) { backend_->remove(s.fd_); }

void reactor::give_back(source& s) {
  sources_.give_back(s);
  deregistered_.fetch_add(1, relaxed);
}

result<void> reactor::put_in(source& s, interest what) {
  return backend_->add(s.fd_, what, {s.index_, s.at(direction::read).generation()});
}

result<readiness> reactor::wait_beside(source& s, direction d, std::uint32_t tenant, ready wanted, task::key waiter,
                                       seat& at) try {
  if (const readiness seen = s.look(d, wanted)) {  // without the lock
    leave(s, d, at);
    return seen;
  }
  const auto crowd = sources_.make_crowd(s, d);
  if (!crowd) return std::unexpected(crowd.error());
  const auto seen = (*crowd)->wait(s.at(d), tenant, wanted, waiter, at);
  if (seen) return *seen;
  return std::unexpected(error{seen.error() == no_seat::full ? EDQUOT : ESTALE, "those who wait for a source"});
} catch (const std::bad_alloc&) {
  return std::unexpected(error{ENOMEM, "those who wait for a source"});
}

turn_report reactor::ask(std::span<kernel_event> into, duration_ns timeout) {
  turns_.fetch_add(1, relaxed);
  const auto got = backend_->wait(into, timeout);
  turn_report report;
  if (!got) {
    report.failed = got.error();
    return report;
  }
  report.events = static_cast<std::uint32_t>(got->events);
  report.woken = got->woken;
  report.adopted = got->adopted;
  return report;
}

reactor::dispatched reactor::dispatch(const kernel_event& event) {
  source& s = sources_.find(event.about.index);
  dispatched done;
  const auto mark = [&](direction d, ready bits) {
    if (!any(bits)) return;
    task::key waiter;
    bool crowd = false;
    const auto outcome = s.at(d).event(event.about.generation, bits, waiter, crowd);
    if (outcome == event_outcome::stale) done.stale = true;
    if (outcome == event_outcome::wake) done.waiters[done.count++] = waiter;
    if (crowd) [[unlikely]]
      done.crowds[static_cast<std::size_t>(d)] = sources_.crowd_of(s, d);
  };
  mark(direction::read, event.read);
  mark(direction::write, event.write);
  return done;
}

void reactor::count(const turn_report& report, metrics::octave_histogram& per_wait) {
  if (report.events == 0) return;
  per_wait.record(report.events);
  ready_events_.fetch_add(report.events - report.stale_events, relaxed);
  if (report.stale_events != 0) stale_events_.fetch_add(report.stale_events, relaxed);
}

bool reactor::has_events() const {
  pollfd look{backend_->pollable(), POLLIN, 0};
  return look.fd >= 0 && ::poll(&look, 1, 0) == 1;
}

reactor_counts reactor::counts() const {
  return {registered_.load(relaxed), deregistered_.load(relaxed), turns_.load(relaxed), ready_events_.load(relaxed),
          stale_events_.load(relaxed)};
}

void reactor::look(std::vector<source_view>& into, std::size_t most) {
  into.reserve(most);  // not under the table's lock
  sources_.for_each([&](source& s) {
    if (into.size() == most) return;
    const auto of = [&](direction d) { return s.at(d).look(source::all_bits).bits; };
    into.push_back({.fd = s.fd_,
                    .readable = of(direction::read),
                    .writable = of(direction::write),
                    .reader = s.at(direction::read).waiter(),
                    .writer = s.at(direction::write).waiter()});
  });
}

}  // namespace tokiod::io
