#include "explorer/execution.hpp"

#include <cstdlib>
#include <cstring>
#include <new>
#include <sstream>
#include <utility>

namespace tokiod::model {
namespace {

execution* running_execution = nullptr;

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr char random_mark = '~';  // a schedule that begins so is of a random walk, which has no bounds

bool acquires(order with) { return with == order::acquire || with == order::acq_rel || with == order::seq_cst; }
bool releases(order with) { return with == order::release || with == order::acq_rel || with == order::seq_cst; }

const char* name(order with) {
  switch (with) {
    case order::relaxed: return "relaxed";
    case order::consume: return "consume";
    case order::acquire: return "acquire";
    case order::release: return "release";
    case order::acq_rel: return "acq_rel";
    case order::seq_cst: return "seq_cst";
  }
  return "?";
}

// "void tokiod::io::word<P>::to_ready(int) [P = ...]" -> "to_ready"; parentheses before a "::" are part of a name:
// "(anonymous namespace)::word::to_ready()".
std::string short_name(const char* function) {
  const std::string_view whole(function);
  std::size_t parameters = whole.find('(');
  while (parameters != std::string_view::npos) {
    const std::size_t close = whole.find(')', parameters);
    if (close == std::string_view::npos || !whole.substr(close + 1).starts_with("::")) break;
    parameters = whole.find('(', close);
  }
  const std::string_view name = whole.substr(0, parameters);
  const std::size_t start = name.find_last_of(" :>");
  return std::string(start == std::string_view::npos ? name : name.substr(start + 1));
}

std::string at_place(const place& where) {
  const std::string_view path(where.file_name());
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1)) + ":" +
         std::to_string(where.line());
}

}  // namespace

execution& execution::current() { return *running_execution; }
bool execution::running() { return running_execution != nullptr; }

// ---------------------------------------------------------------------------------------------------- the run

void execution::reset() {
  position_ = 0;
  thread_count_ = current_ = location_count_ = 0;
  preemptions_ = stale_reads_ = timeouts_ = steps_ = tracked_ = 0;
  global_.clear();
  log_.clear();
  if (random_ != 0) path_.clear();
  for (void* memory : freed_) ::operator delete(memory);
  freed_.clear();
}

void execution::freed(void* memory) {
  --tracked_;
  freed_.push_back(memory);
}

void execution::run(const std::function<void()>& body) {
  reset();
  running_execution = this;
  start_thread(body);
  fiber::switch_to(host_, threads_[0].stack);
  running_execution = nullptr;
  if (failed_) return;
  const auto alive = static_cast<std::size_t>(
      std::count_if(locations_.begin(), locations_.begin() + static_cast<std::ptrdiff_t>(location_count_),
                    [](const history& h) { return !h.destroyed; }));
  failed_ = tracked_ != 0 || alive != 0;
  if (failed_)
    why_ = "leak: " + std::to_string(tracked_) + " tracked objects and " + std::to_string(alive) +
           " atomics are alive at the end";
}

bool execution::advance() {
  while (!path_.empty() && path_.back().taken + 1 >= path_.back().alternatives) path_.pop_back();
  if (path_.empty()) return false;
  ++path_.back().taken;
  return true;
}

std::size_t execution::choose(std::size_t alternatives) {
  if (alternatives <= 1) return 0;
  if (random_ != 0) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    path_.push_back({static_cast<std::uint8_t>(alternatives), static_cast<std::uint8_t>(random_ % alternatives)});
    return path_.back().taken;
  }
  if (position_ == path_.size()) path_.push_back({static_cast<std::uint8_t>(alternatives), 0});
  choice& made = path_[position_++];
  if (made.alternatives == 0) made.alternatives = static_cast<std::uint8_t>(alternatives);  // from a printed schedule
  if (made.alternatives != alternatives || made.taken >= alternatives)
    fail("the model is not deterministic: the same choices led to another place");
  return made.taken;
}

void execution::use_path(std::string_view schedule) {
  unbounded_ = schedule.starts_with(random_mark);
  if (unbounded_) schedule.remove_prefix(1);
  path_.clear();
  for (const char c : schedule) path_.push_back({0, static_cast<std::uint8_t>(digits.find(c))});
}

std::string execution::schedule() const {
  std::string text;
  for (const choice& c : path_) text += digits[c.taken];
  text.erase(text.find_last_not_of('0') + 1);  // what follows the end of a schedule is zero
  return (unbounded_ ? std::string(1, random_mark) : std::string()) + (text.empty() ? "0" : text);
}

void execution::fail(const std::string& sentence) {
  failed_ = true;
  why_ = sentence;
  leave();
}

void execution::fail(const char* sentence, place where) { fail(std::string(sentence) + " at " + at_place(where)); }

void execution::leave() {
  fiber forgotten;
  fiber::switch_to(forgotten, host_);
  std::abort();  // nobody enters a fiber that has left
}

void execution::note(const char* what, place where) { log_.push_back({current_, what, -1, 0, order::relaxed, where}); }

std::string execution::trace() const {
  std::ostringstream text;
  for (const line& l : log_) {
    text << "  T" << l.thread << "  " << l.what;
    if (l.location >= 0)
      text << " x" << l.location << " = 0x" << std::hex << l.value << std::dec << " " << name(l.with);
    text << "   " << short_name(l.where.function_name()) << " " << at_place(l.where) << "\n";
  }
  return text.str();
}

// ------------------------------------------------------------------------------------------------- the threads

std::size_t execution::start_thread(std::function<void()> body) {
  if (thread_count_ == max_threads) fail("a model has at most 6 threads");
  const std::size_t id = thread_count_++;
  model_thread& t = threads_[id];
  t.body = std::move(body);
  t.state = status::runnable;
  t.yielded = t.timed_out = false;
  t.knows.clear();
  if (id != 0) {
    t.knows = knows();  // starting a thread happens-before its first statement
    tick();
  }
  t.stack.prepare(&thread_main);
  if (id != 0) step();
  return id;
}

void execution::thread_main() {
  fiber::entered();
  execution& run = current();
  const std::size_t id = run.current_;
  run.threads_[id].body();
  run.threads_[id].body = nullptr;
  run.threads_[id].state = status::done;
  run.unblock(&run.threads_[id]);
  run.switch_threads(false);
  std::abort();  // a thread that is done is not entered again
}

void execution::join_thread(std::size_t id) {
  step();
  while (threads_[id].state != status::done) block(&threads_[id]);
  knows().join(threads_[id].knows);
}

void execution::step() {
  tick();
  switch_threads(true);
}

void execution::yield() {
  threads_[current_].yielded = true;
  switch_threads(true);
  threads_[current_].yielded = false;
}

void execution::block(const void* on) {
  threads_[current_].state = status::blocked;
  threads_[current_].on = on;
  switch_threads(false);
}

bool execution::block_for_a_while(const void* on) {
  model_thread& me = threads_[current_];
  me.state = status::waiting_a_while;
  me.on = on;
  me.timed_out = false;
  switch_threads(false);
  return !me.timed_out;
}

void execution::unblock(const void* on) {
  for (std::size_t i = 0; i < thread_count_; ++i) {
    model_thread& t = threads_[i];
    if ((t.state == status::blocked || t.state == status::waiting_a_while) && t.on == on) t.state = status::runnable;
  }
  progressed();
}

void execution::progressed() {
  for (std::size_t i = 0; i < thread_count_; ++i)
    if (i != current_) threads_[i].yielded = false;
}

// Who may run next; the current thread first, so that the first path of the search is the one without switches.
std::size_t execution::candidates(bool stays, std::array<std::size_t, max_threads>& out) {
  std::size_t n = 0;
  if (stays) out[n++] = current_;
  if (stays && !unbounded_ && preemptions_ >= bounds_.preemptions) return n;
  for (std::size_t i = 0; i < thread_count_; ++i)
    if (i != current_ && threads_[i].state == status::runnable && !threads_[i].yielded) out[n++] = i;
  if (timeouts_ < bounds_.early_timeouts && n != 0)
    for (std::size_t i = 0; i < thread_count_; ++i)
      if (threads_[i].state == status::waiting_a_while) out[n++] = i;
  if (n != 0) return n;
  for (std::size_t i = 0; i < thread_count_; ++i)  // everybody yielded: a new round
    if (threads_[i].state == status::runnable) {
      threads_[i].yielded = false;
      out[n++] = i;
    }
  if (n != 0 || !bounds_.time_passes) return n;
  for (std::size_t i = 0; i < thread_count_; ++i)  // nobody can go on: time passes
    if (threads_[i].state == status::waiting_a_while) out[n++] = i;
  return n;
}

void execution::switch_threads(bool current_may_stay) {
  if (++steps_ > bounds_.max_steps) fail("livelock: the execution does not end within the bound of steps");
  const bool stays = current_may_stay && !threads_[current_].yielded;
  std::array<std::size_t, max_threads> next{};
  const std::size_t n = candidates(stays, next);
  if (n == 0) {
    for (std::size_t i = 0; i < thread_count_; ++i)
      if (threads_[i].state != status::done) fail("deadlock or lost wake-up: every thread that is left is blocked");
    leave();
  }
  enter(next[choose(n)]);
}

void execution::enter(std::size_t next) {
  if (threads_[next].state == status::waiting_a_while) {
    threads_[next].timed_out = true;
    threads_[next].state = status::runnable;
    ++timeouts_;
  }
  if (next == current_) return;
  if (threads_[current_].state == status::runnable && !threads_[current_].yielded) ++preemptions_;
  progressed();
  const std::size_t from = std::exchange(current_, next);
  fiber::switch_to(threads_[from].stack, threads_[next].stack);
}

// ------------------------------------------------------------------------------------------------- the atomics

std::size_t execution::create(std::uint64_t value) {
  if (location_count_ == max_locations) fail("a model creates at most 192 atomics");
  const std::size_t location = location_count_++;
  history& h = locations_[location];
  tick();  // the construction is later than everything that this thread has published
  h.stores.clear();
  h.stores.push_back({value, knows()});
  h.accessed = {};
  h.creator = current_;
  h.made_at = knows().clock.at[current_];
  h.destroyed = false;
  return location;
}

void execution::destroy(std::size_t location) {
  if (location >= location_count_ || locations_[location].destroyed) fail("an atomic is destroyed twice");
  history& h = locations_[location];
  for (std::size_t i = 0; i < thread_count_; ++i)
    if (i != current_ && h.accessed.at[i] > knows().clock.at[i])
      fail("an atomic is destroyed, and another thread's access to it is not ordered before");
  h.destroyed = true;
}

execution::history& execution::at(std::size_t location, place where) {
  if (location >= location_count_ || locations_[location].destroyed)
    fail("an atomic is used after its destruction", where);
  history& h = locations_[location];
  if (knows().clock.at[h.creator] < h.made_at)
    fail("data race: an atomic is used, and its construction is not ordered before", where);
  touch(h);
  return h;
}

void execution::touch(history& h) { h.accessed.at[current_] = knows().clock.at[current_]; }

std::size_t execution::oldest_readable(std::size_t location, order with) const {
  const std::size_t own = threads_[current_].knows.seen.at(location);
  return with == order::seq_cst ? std::max<std::size_t>(own, global_.at(location)) : own;
}

std::size_t execution::pick_store(const history& h, std::size_t location, order with) {
  const std::size_t newest = h.stores.size() - 1;
  if (!unbounded_ && stale_reads_ >= bounds_.stale_reads) return newest;
  const std::size_t back = choose(std::min<std::size_t>(newest - oldest_readable(location, with) + 1, 32));
  if (back != 0) ++stale_reads_;
  return newest - back;
}

void execution::read(const history& h, std::size_t location, std::size_t store, order with) {
  knows().seen.raise(location, store);
  if (acquires(with)) knows().join(h.stores[store].published);
}

// A plain store by another thread ends a release sequence; an RMW continues it.
void execution::write(history& h, std::size_t location, std::uint64_t value, order with, const knowledge* continues) {
  const std::size_t index = h.stores.size();
  if (index == UINT16_MAX) fail("livelock: 65535 stores to one atomic");
  knows().seen.raise(location, index);
  written& w = h.stores.emplace_back();
  w.value = value;
  if (releases(with)) w.published = knows();
  if (continues != nullptr) w.published.join(*continues);
  if (with == order::seq_cst) global_.raise(location, index);
  progressed();
}

std::uint64_t execution::load(std::size_t location, order with, place where) {
  step();
  with = weakened(with, "load", where);
  history& h = at(location, where);
  const std::size_t store = pick_store(h, location, with);
  read(h, location, store, with);
  const std::uint64_t value = changes(mutant::change::blind, "load", where) ? 0 : h.stores[store].value;
  log_.push_back({current_, "load", static_cast<int>(location), value, with, where});
  return value;
}

void execution::store(std::size_t location, std::uint64_t value, order with, place where) {
  step();
  with = weakened(with, "store", where);
  history& h = at(location, where);
  if (changes(mutant::change::drop_write, "store", where)) return;
  write(h, location, value, with, nullptr);
  log_.push_back({current_, "store", static_cast<int>(location), value, with, where});
}

std::uint64_t execution::begin_rmw(std::size_t location, order with, const char* what, place where) {
  step();
  with = weakened(with, what, where);
  history& h = at(location, where);
  const std::uint64_t old = h.stores.back().value;
  read(h, location, h.stores.size() - 1, with);
  return old;
}

void execution::end_rmw(std::size_t location, std::uint64_t value, order with, const char* what, place where) {
  with = weakened(with, what, where);
  if (changes(mutant::change::split, what, where)) {
    step();
    write(at(location, where), location, value, with, nullptr);
  } else if (!changes(mutant::change::drop_write, what, where)) {
    history& h = at(location, where);
    const knowledge continues = h.stores.back().published;
    write(h, location, value, with, &continues);
  }
  log_.push_back({current_, what, static_cast<int>(location), value, with, where});
}

bool execution::compare_exchange(std::size_t location, std::uint64_t& expected, std::uint64_t desired, order success,
                                 order failure, place where) {
  step();
  success = weakened(success, "cas", where);
  if (success == order::relaxed) failure = weakened(failure, "cas", where);
  history& h = at(location, where);
  const std::size_t newest = h.stores.size() - 1;
  std::array<std::size_t, 32> readable{newest};  // a failing CAS is a load: it may return an older value that differs
  std::size_t n = 1;
  if (unbounded_ || stale_reads_ < bounds_.stale_reads)
    for (std::size_t i = newest; i-- > oldest_readable(location, failure) && n < readable.size();)
      if (h.stores[i].value != expected) readable[n++] = i;
  const std::size_t chosen = readable[choose(n)];
  if (chosen != newest) ++stale_reads_;
  const bool won = chosen == newest && h.stores[newest].value == expected;
  read(h, location, chosen, won ? success : failure);
  if (!won) {
    expected = h.stores[chosen].value;
    log_.push_back({current_, "cas fails", static_cast<int>(location), expected, failure, where});
    return false;
  }
  end_rmw(location, desired, success, "cas", where);
  return true;
}

// -------------------------------------------------------------------------------------------------- the mutant

bool execution::changes(mutant::change how, const char* operation, const place& where) {
  if (sites_ != nullptr) remember(order::relaxed, operation, where);
  if (mutant_ == nullptr || mutant_->how != how) return false;
  if (mutant_->line != 0 && mutant_->line != where.line()) return false;
  if (!mutant_->operation.empty() && mutant_->operation != operation) return false;
  if (short_name(where.function_name()) != mutant_->function) return false;
  mutated_ = true;
  return true;
}

order execution::weakened(order with, const char* operation, const place& where) {
  if (sites_ != nullptr) remember(with, operation, where);
  return changes(mutant::change::weaken, operation, where) ? mutant_->to : with;
}

// A site whose order depends on how the code came there keeps the strongest.
void execution::remember(order with, const char* operation, const place& where) {
  const auto same = [&](const site& s) {
    return s.line == where.line() && s.operation == operation && s.file == where.file_name();
  };
  const auto known = std::find_if(sites_->begin(), sites_->end(), same);
  if (known != sites_->end()) {
    known->with = std::max(known->with, with);
  } else {
    sites_->push_back({short_name(where.function_name()), operation, where.file_name(), where.line(), with});
  }
}

}  // namespace tokiod::model
