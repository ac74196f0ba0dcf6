#include "runtime/blocking/pool.hpp"

#include <atomic>
#include <bit>
#include <cerrno>
#include <new>
#include <utility>
#include <vector>

#include "base/os_thread.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"
#include "runtime/blocking/claims.hpp"

namespace tokiod::blocking {
namespace {

using claims = basic_claims<real_policy, job>;

// A thread that was started. Whoever takes the record off the list joins or detaches the thread.
struct thread_record {
  os_thread thread;
  std::uint64_t rotation = 0;
  bool ended = false;  // it does nothing any more but end

  // What it runs now, for those who look. Relaxed, and not of one moment: a look is over before anybody reads it.
  std::atomic<int> os_id{0};
  std::atomic<const void*> whose{nullptr};
  std::atomic<instant_ns> since{0};  // 0: nothing
};
using records = std::vector<std::shared_ptr<thread_record>>;

// Moves what `wanted` says from one list to another.
template <class Wanted>
void move_if(records& from, records& to, Wanted wanted) {
  std::erase_if(from, [&](const auto& r) {
    if (!wanted(*r)) return false;
    to.push_back(r);
    return true;
  });
}

}  // namespace

struct pool::state : std::enable_shared_from_this<pool::state> {
  explicit state(pool_options wanted)
      : options(std::move(wanted)), jobs(options.max_threads), keep_alive(options.keep_alive) {}

  [[nodiscard]] result<void> start_thread() noexcept;
  void thread_main(thread_record& me);
  void run_jobs(thread_record& me);
  void end(thread_record& me);
  [[nodiscard]] bool join_before(std::uint64_t rotation, instant_ns deadline);
  [[nodiscard]] bool nobody_comes();
  void drop_all(claims::job_list& unwanted);
  void run(thread_record& me, job& work);

  const pool_options options;
  claims jobs;
  // No model: a number of its own, read once before each sleep.
  std::atomic<duration_ns> keep_alive;
  // No model: two sums; the protocol is claims.hpp, which has a model.
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> finished{0};
  basic_spin_lock<real_policy> measuring;  // makes its holder the one writer of what follows
  metrics::octave_histogram wait_ns, run_ns;
  real_policy::mutex control;  // one stop or rotation at a time
  real_policy::mutex lock;     // guards `threads`; held while a thread is made
  records threads;
  bool left_behind = false;  // threads that did not end in time; under lock
};

// The rotation is read under the lock under which the record is listed: a rotation that comes later finds it. Its place
// is there before the thread is. Who asks has listed a job, so a want of memory is a value here, too.
result<void> pool::state::start_thread() noexcept try {
  const hold locked(lock);
  threads.reserve(std::bit_ceil(threads.size() + 1));
  auto record = std::make_shared<thread_record>();
  record->rotation = jobs.rotation();
  const std::string name = options.name_of_thread ? options.name_of_thread() : options.thread_name;
  auto started = os_thread::start({name, options.stack_bytes},
                                  [self = shared_from_this(), record] { self->thread_main(*record); });
  if (!started) return std::unexpected(started.error());
  record->thread = std::move(*started);
  threads.push_back(std::move(record));
  return {};
} catch (const std::bad_alloc&) {
  return std::unexpected(error{ENOMEM, "blocking pool"});
}

void pool::state::thread_main(thread_record& me) {
  if (options.on_thread_start) options.on_thread_start();
  run_jobs(me);
  if (options.on_thread_stop) options.on_thread_stop();
  end(me);
}

// The job may free itself.
void pool::state::run(thread_record& me, job& work) {
  const instant_ns queued = work.queued_at;
  const instant_ns began = steady_clock().now();
  me.whose.store(work.whose, relaxed);
  me.since.store(began, relaxed);
  work.run();
  me.since.store(0, relaxed);
  const instant_ns ended = steady_clock().now();
  const hold one(measuring);
  wait_ns.record(began - queued);
  run_ns.record(ended - began);
}

void pool::state::run_jobs(thread_record& record) {
  record.os_id.store(current_thread_id(), relaxed);
  claims::worker me(record.rotation);
  for (;;) {
    const claims::step now = jobs.next(me, keep_alive.load(relaxed));
    switch (now.what) {
      case worker_step::run:
        if (now.send_more && !start_thread()) jobs.could_not_make();
        run(record, *now.job);
        if (!options.on_job_end) break;
        finished.fetch_add(1, release);  // whoever sees it sees the wake of whom the job let go on
        options.on_job_end();
        break;
      case worker_step::leave: return;
      case worker_step::replace:
        if (start_thread()) return;
        me.cannot_be_replaced();
        break;
    }
  }
}

// A thread that ends joins those that ended before it, so that at most one is left with its stack.
void pool::state::end(thread_record& me) {
  records before;
  {
    const hold locked(lock);
    move_if(threads, before, [](const thread_record& r) { return r.ended; });
    me.ended = true;
  }
  for (auto& r : before) r->thread.join();
}

// Joins the threads of earlier rotations. Who is joined by a thread that ends has ended before that thread has.
bool pool::state::join_before(std::uint64_t rotation, instant_ns deadline) {
  records leaving, left;
  {
    const hold locked(lock);
    move_if(threads, leaving, [&](const thread_record& r) { return r.rotation < rotation; });
  }
  for (auto& r : leaving)
    if (!r->thread.join_until(deadline)) left.push_back(std::move(r));
  const hold locked(lock);
  threads.insert(threads.end(), left.begin(), left.end());
  return left.empty();
}

// A thread is counted before it is listed, and listed until it is joined or left behind.
bool pool::state::nobody_comes() {
  const hold locked(lock);
  return threads.empty() && (left_behind || jobs.counts().threads == 0);
}

void pool::state::drop_all(claims::job_list& unwanted) {
  while (job* work = unwanted.pop_front()) {
    dropped.fetch_add(1, relaxed);
    work->drop();
  }
}

pool::pool(pool_options options) : state_(std::make_shared<state>(std::move(options))) {}

pool::~pool() { (void)stop(never); }

result<void> pool::submit(job& work) {
  std::uint64_t ticket = 0;
  work.queued_at = steady_clock().now();
  switch (state_->jobs.submit(work, ticket)) {
    case submit_outcome::refused: return std::unexpected(error{ECANCELED, "blocking pool"});
    case submit_outcome::taken: return {};
    case submit_outcome::make_thread: break;
  }
  const auto made = state_->start_thread();
  if (made) return {};
  claims::job_list orphans;
  const bool refused = state_->jobs.failed(ticket, orphans) == submit_outcome::refused;
  state_->drop_all(orphans);
  if (refused) return made;
  return {};  // a thread that exists will come to it
}

bool pool::cancel(job& work) {
  if (!state_->jobs.cancel(work)) return false;
  state_->dropped.fetch_add(1, relaxed);
  work.drop();
  return true;
}

void pool::drop_jobs_of(const void* of) {
  claims::job_list unwanted;
  state_->jobs.withdraw(unwanted, [of](const job& work) { return work.of() == of && !work.mandatory(); });
  state_->drop_all(unwanted);
}

void pool::limit(std::uint32_t max_threads, duration_ns keep_alive) {
  state_->keep_alive.store(keep_alive, relaxed);
  if (state_->jobs.cap(max_threads) && !state_->start_thread()) state_->jobs.could_not_make();
}

bool pool::rotate(instant_ns deadline) {
  const hold alone(state_->control);
  return state_->join_before(state_->jobs.rotate(), deadline);
}

bool pool::try_stop(instant_ns deadline) {
  const hold alone(state_->control);
  claims::job_list unwanted;
  state_->jobs.close(unwanted);                        // 1  nothing new comes in
  state_->drop_all(unwanted);                          // 2  what nobody promised is dropped
  while (state_->join_before(UINT64_MAX, deadline)) {  // 3  the rest is run, by threads that may still be made
    if (state_->nobody_comes()) return state_->jobs.counts().threads == 0;
    if (steady_clock().now() >= deadline) break;
    real_policy::yield();
  }
  return false;
}

bool pool::stop(instant_ns deadline) {
  if (try_stop(deadline)) return true;
  const hold alone(state_->control);
  const hold locked(state_->lock);
  for (auto& left : state_->threads) left->thread.detach();  // 4  or left behind: it holds the state until it ends
  state_->threads.clear();
  state_->left_behind = true;
  return false;
}

pool_times pool::times() const { return {state_->wait_ns.read(), state_->run_ns.read()}; }

std::vector<job_view> pool::look(std::size_t most_waiting) const {
  std::vector<job_view> all;
  {
    const hold locked(state_->lock);
    for (const auto& one : state_->threads)
      if (const auto since = one->since.load(relaxed); since != 0)
        all.push_back({one->whose.load(relaxed), one->os_id.load(relaxed), since});
  }
  all.reserve(all.size() + most_waiting);  // not under the queue's lock
  state_->jobs.for_queued(most_waiting, [&](const job& work) { all.push_back({work.whose, 0, work.queued_at}); });
  return all;
}

pool_counts pool::counts() const {
  // First, so that it is never more than what began. Acquire pairs with the release at a job's end.
  const std::uint64_t finished = state_->finished.load(acquire);
  const claim_counts now = state_->jobs.counts();
  // Relaxed: it carries no other data.
  const std::uint64_t dropped = state_->dropped.load(relaxed);
  return {now.threads, now.idle, now.queued, now.submitted, now.taken, finished, dropped};
}

}  // namespace tokiod::blocking
