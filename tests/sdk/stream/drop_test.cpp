// next() and its kin, dropped at every edge: of sources, adapters, wrappers and maps of streams, and of sinks.
#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "feed.hpp"
#include "sdk/drop_edges.hpp"
#include "sdk/task/probe.hpp"
#include "tokio/stream.hpp"
#include "tokio/stream/of_channels.hpp"
#include "tokio/sync.hpp"
#include "tokio/sync/poll_sender.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"
#include "tokio/test/scripted_items.hpp"

using namespace std::chrono_literals;
using sdk_test::fake;
using sdk_test::feed;
using sdk_test::nothing_is_lost_wherever_it_is_dropped;
using tokio::test::hand_poll;
namespace stream = tokio::stream;

namespace {

void pass(tokio::time::duration span) { fake().advance_ns(tokio::time::to_ns(span)); }

// What an adapter makes of a stream that is given 7, 8 and 9, read as a number.
template <auto Adapt>
struct adapted {
  feed<int> numbers{};
  feed<int>::source to = numbers.from();
  decltype(Adapt(std::move(numbers))) all = Adapt(std::move(numbers));
  auto begin() { return all.next(); }
  void give() {
    for (int i = 7; i < 10; ++i) to.put(i);
  }
  template <class One>
  void has(const One& got) {
    CHECK(number(got.value()) == 7);
    CHECK(to.left() == 2);  // not one more was taken
  }
  static int number(int one) { return one; }
  static int number(const std::vector<int>& one) { return one.at(0); }
  template <class One>
  static int number(const One& one) {
    return number(one.value());  // an optional, or a result
  }
};
constexpr auto odd = [](int n) { return n % 2 == 1; };

tokio::task<int> itself(int n) { co_return n; }

// then() keeps the future that it runs, wherever its next() is dropped.
struct runs_a_future {
  feed<int> numbers{};
  feed<int>::source to = numbers.from();
  sdk_test::gate open;
  struct waits {
    sdk_test::gate* at;
    tokio::task<int> operator()(int n) const { co_return n + co_await at->wait(); }
  };
  stream::then_stream<feed<int>, waits> all = std::move(numbers).then(waits{&open});
  runs_a_future() { to.put(3); }
  auto begin() { return all.next(); }
  void give() { open.open(4); }
  static void has(std::optional<int> got) { CHECK(got == 7); }
};

struct peeks {
  feed<int> numbers{};
  feed<int>::source to = numbers.from();
  stream::peekable_stream<feed<int>> all = std::move(numbers).peekable();
  auto begin() { return all.peek(); }
  void give() { to.put(7); }
  static void has(const int* got) { CHECK(*got == 7); }
  void after() { CHECK(hand_poll(all.next()).poll().value() == 7); }
};
template <class Find>
struct searches {
  feed<int> numbers{};
  feed<int>::source to = numbers.from();
  auto begin() { return Find()(numbers); }
  void give() {
    to.put(1);
    to.put(7);
    to.put(8);
  }
  void has(bool found) const {
    CHECK(found == Find::found);
    CHECK(to.left() == 1);
  }
};
struct finds_seven {
  static constexpr bool found = true;
  auto operator()(feed<int>& in) const {
    return in.any([](int n) { return n == 7; });
  }
};
struct finds_another {
  static constexpr bool found = false;
  auto operator()(feed<int>& in) const {
    return in.all([](int n) { return n != 7; });
  }
};

struct results {
  feed<std::expected<int, int>> numbers{};
  feed<std::expected<int, int>>::source to = numbers.from();
  auto begin() { return numbers.try_next(); }
  void give() { to.put(7); }
  static void has(const std::expected<std::optional<int>, int>& got) { CHECK(got.value() == 7); }
};
struct ends {
  feed<int> numbers{};
  feed<int>::source to = numbers.from();
  auto begin() { return numbers.next(); }
  void give() { to.end(); }
  static void has(std::optional<int> got) { CHECK_FALSE(got); }
};

struct of_two_streams {
  feed<int> numbers{};
  feed<int>::source to = numbers.from();
  stream::stream_map<int, feed<int>> all;
  of_two_streams() {
    all.insert(1, feed<int>());
    all.insert(2, std::move(numbers));
  }
  auto begin() { return all.next(); }
  void give() { to.put(7); }
  static void has(std::optional<std::pair<int, int>> got) { CHECK(got == std::pair(2, 7)); }
};
struct many_of_two_streams : of_two_streams {
  std::vector<std::pair<int, int>> got;
  auto begin() { return all.next_many(got, 4); }
  void give() {
    to.put(7);
    to.put(8);
  }
  void has(std::size_t n) const {
    CHECK(n == 2);
    CHECK(got == std::vector{std::pair(2, 7), std::pair(2, 8)});
  }
};

// Wrappers.
template <class Channel>
struct wrapped {
  Channel ends;
  decltype(stream::of(std::move(ends.second))) all = stream::of(std::move(ends.second));
  explicit wrapped(Channel made) : ends(std::move(made)) {}
  auto begin() { return all.next(); }
};
struct of_mpsc : wrapped<decltype(tokio::sync::mpsc::channel<int>(1))> {
  of_mpsc() : wrapped(tokio::sync::mpsc::channel<int>(1)) {}
  void give() { CHECK(ends.first.try_send(7)); }
  static void has(std::optional<int> got) { CHECK(got == 7); }
};
struct of_broadcast : wrapped<decltype(tokio::sync::broadcast::channel<int>(1))> {
  of_broadcast() : wrapped(tokio::sync::broadcast::channel<int>(1)) {}
  void give() { CHECK(ends.first.send(7)); }
  static void has(const std::optional<std::expected<int, tokio::sync::broadcast::recv_error>>& got) {
    CHECK(**got == 7);
  }
};
struct of_watch : wrapped<decltype(tokio::sync::watch::channel(0))> {
  of_watch() : wrapped(tokio::sync::watch::channel(0)) { CHECK(hand_poll(all.next()).poll().value() == 0); }
  void give() { CHECK(ends.first.send(7)); }
  static void has(std::optional<int> got) { CHECK(got == 7); }
};
struct of_interval {
  tokio::time::instant start = tokio::time::instant::now();
  stream::interval_stream all = stream::of(tokio::time::interval(start + 10ms, 10ms));
  auto begin() { return all.next(); }
  static void give() { pass(10ms); }
  void has(std::optional<tokio::time::instant> got) const { CHECK(got == start + 10ms); }
};
struct of_tasks {
  sdk_test::gate open;
  stream::join_set_stream<int> all = stream::of(tokio::join_set<int>());
  of_tasks() { all.get().spawn(sdk_test::after(open)); }
  auto begin() { return all.next(); }
  void give() {
    fake().run_until_stalled();
    open.open(7);
    fake().run_until_stalled();
  }
  static void has(const std::optional<tokio::joined_value<int>>& got) { CHECK(got.value().value() == 7); }
};
struct of_a_script {
  tokio::test::scripted_items<int> all{tokio::test::item_script<int>().wait(10ms).next(7)};
  of_a_script() { CHECK(hand_poll(all.next()).poll().is_pending()); }  // its pause begins when it is asked first
  auto begin() { return all.next(); }
  static void give() { pass(10ms); }
  static void has(std::optional<int> got) { CHECK(got == 7); }
};

// Sinks: a value that is dropped with its send is lost, and nothing else.
struct channel_sink : tokio::sync::poll_sender<int>, stream::sink_methods<channel_sink> {
  using tokio::sync::poll_sender<int>::poll_sender;
};
template <bool Flush>
struct sends {
  std::pair<tokio::sync::mpsc::sender<int>, tokio::sync::mpsc::receiver<int>> ends = tokio::sync::mpsc::channel<int>(1);
  channel_sink to{ends.first};
  sends() { CHECK(ends.first.try_send(1)); }
  auto begin() {
    if constexpr (Flush)
      return to.send(7);
    else
      return to.feed(7);
  }
  void give() { CHECK(ends.second.try_recv() == 1); }
  void has(const channel_sink::outcome& sent) {
    CHECK(sent);
    CHECK(ends.second.try_recv() == 7);
  }
  void after() { CHECK(ends.second.try_recv().error() == tokio::sync::mpsc::try_recv_error::empty); }
};

}  // namespace

TEST_CASE("[ST-01] [ST-10] [TT-02] a next that is dropped at any edge loses no item, no error and no end") {
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return s; }>>();
  nothing_is_lost_wherever_it_is_dropped<results>();
  nothing_is_lost_wherever_it_is_dropped<ends>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return stream::notify_close(std::move(s)); }>>();
  nothing_is_lost_wherever_it_is_dropped<of_a_script>();
}

TEST_CASE("[ST-02] an adapter keeps what it waits with, wherever its next is dropped") {
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).map([](int n) { return n; }); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).then(itself); }>>();
  nothing_is_lost_wherever_it_is_dropped<runs_a_future>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).filter(odd); }>>();
  nothing_is_lost_wherever_it_is_dropped<
      adapted<[](auto s) { return std::move(s).filter_map([](int n) { return std::optional(n); }); }>>();
  nothing_is_lost_wherever_it_is_dropped<
      adapted<[](auto s) { return std::move(s).map_while([](int n) { return std::optional(n); }); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).take(1); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).take_while(odd); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).skip(0); }>>();
  nothing_is_lost_wherever_it_is_dropped<
      adapted<[](auto s) { return std::move(s).skip_while([](int n) { return n < 7; }); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).fuse(); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return stream::empty<int>().chain(std::move(s)); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).peekable(); }>>();
  nothing_is_lost_wherever_it_is_dropped<peeks>();
}

TEST_CASE("[ST-03] [ST-09] streams that are merged, or in a map, lose nothing when a next is dropped") {
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).merge(stream::never<int>()); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return stream::never<int>().merge(std::move(s)); }>>();
  nothing_is_lost_wherever_it_is_dropped<of_two_streams>();
  nothing_is_lost_wherever_it_is_dropped<many_of_two_streams>();
}

TEST_CASE("[ST-05] [ST-06] [ST-07] a stream with a clock loses nothing when a next is dropped") {
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).timeout(1s); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) {
    return std::move(s).timeout_repeating(tokio::time::interval(tokio::time::instant::now() + 1s, 1s));
  }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).throttle(1s); }>>();
  nothing_is_lost_wherever_it_is_dropped<adapted<[](auto s) { return std::move(s).chunks_timeout(1, 1s); }>>();
}

TEST_CASE("[ST-04] a search that is dropped is gone on with by the next one") {
  nothing_is_lost_wherever_it_is_dropped<searches<finds_seven>>();
  nothing_is_lost_wherever_it_is_dropped<searches<finds_another>>();
}

TEST_CASE("[ST-11] receivers, intervals and tasks as streams lose nothing when a next is dropped") {
  nothing_is_lost_wherever_it_is_dropped<of_mpsc>();
  nothing_is_lost_wherever_it_is_dropped<of_broadcast>();
  nothing_is_lost_wherever_it_is_dropped<of_watch>();
  nothing_is_lost_wherever_it_is_dropped<of_interval>();
  nothing_is_lost_wherever_it_is_dropped<of_tasks>();
}

TEST_CASE("[SM-22] a send into a sink that is dropped loses its value, and nothing else") {
  nothing_is_lost_wherever_it_is_dropped<sends<true>>();
  nothing_is_lost_wherever_it_is_dropped<sends<false>>();
}
