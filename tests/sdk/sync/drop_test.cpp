// What is cancel safe in tokio::sync, dropped at every edge; and what a dropped one is said to lose.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sdk/drop_edges.hpp"
#include "sdk/sync/counted.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using sdk_test::nothing_is_lost_wherever_it_is_dropped;
using test::counted;
using test::hand_poll;

// Channels. A message is 7.
template <class Channel>
struct receives {
  Channel ends;
  auto begin() { return ends.second.recv(); }
  void has(const std::optional<counted>& got) const { CHECK(got.value().value == 7); }
  void after() const { CHECK(counted::alive == 0); }
};
struct receives_bounded : receives<decltype(mpsc::channel<counted>(1))> {
  receives_bounded() : receives{mpsc::channel<counted>(1)} {}
  void give() { CHECK(ends.first.try_send(counted(7))); }
};
struct receives_unbounded : receives<decltype(mpsc::unbounded_channel<counted>())> {
  receives_unbounded() : receives{mpsc::unbounded_channel<counted>()} {}
  void give() { CHECK(ends.first.send(counted(7))); }
};
struct receives_the_end {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(1);
  auto begin() { return ends.second.recv(); }
  void give() { auto gone = std::move(ends.first); }
  static void has(std::optional<int> got) { CHECK_FALSE(got); }
};
struct receives_after_the_last_permit {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(1);
  std::optional<mpsc::permit<int>> held = *ends.first.try_reserve();
  receives_after_the_last_permit() { ends.second.close(); }
  auto begin() { return ends.second.recv(); }
  void give() { held.reset(); }
  static void has(std::optional<int> got) { CHECK_FALSE(got); }
};
struct receives_many {
  std::pair<mpsc::sender<counted>, mpsc::receiver<counted>> ends = mpsc::channel<counted>(4);
  std::vector<counted> got;
  auto begin() { return ends.second.recv_many(got, 8); }
  void give() {
    for (int i = 0; i < 4; ++i) CHECK(ends.first.try_send(counted(i)));
  }
  void has(std::size_t n) const {
    CHECK(n == 4);
    REQUIRE(got.size() == 4);
    for (int i = 0; i < 4; ++i) CHECK(got[static_cast<std::size_t>(i)].value == i);
  }
};
struct reserves {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(1);
  reserves() { CHECK(ends.first.try_send(1)); }
  auto begin() { return ends.first.reserve(); }
  void give() { CHECK(ends.second.try_recv() == 1); }
  static void has(const std::expected<mpsc::permit<int>, mpsc::send_error<>>& got) { CHECK(got); }
  void after() const { CHECK(ends.first.capacity() == 1); }
};
struct reserves_owned : reserves {
  auto begin() { return mpsc::sender(ends.first).reserve_owned(); }
  static void has(const std::expected<mpsc::owned_permit<int>, mpsc::send_error<>>& got) { CHECK(got); }
  void after() const {
    CHECK(ends.first.capacity() == 1);
    CHECK(ends.first.strong_count() == 1);
  }
};
// One permit is there, one comes: a request that is dropped has collected one of them already.
struct reserves_many {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(2);
  reserves_many() { CHECK(ends.first.try_send(1)); }
  auto begin() { return ends.first.reserve_many(2); }
  void give() { CHECK(ends.second.try_recv() == 1); }
  static void has(const std::expected<mpsc::permit_iterator<int>, mpsc::send_error<>>& got) {
    CHECK(got.value().size() == 2);
  }
  void after() const { CHECK(ends.first.capacity() == 2); }
};
// What it loses is its own message: the room goes to the next one.
struct sends {
  std::pair<mpsc::sender<counted>, mpsc::receiver<counted>> ends = mpsc::channel<counted>(1);
  sends() { CHECK(ends.first.try_send(counted(1))); }
  auto begin() { return ends.first.send(counted(7)); }
  void give() { CHECK(ends.second.try_recv()->value == 1); }
  void has(const std::expected<void, mpsc::send_error<counted>>& sent) {
    CHECK(sent);
    CHECK(ends.second.try_recv()->value == 7);
  }
  void after() {
    CHECK(ends.second.try_recv().error() == mpsc::try_recv_error::empty);
    CHECK(ends.first.capacity() == 1);
    CHECK(counted::alive == 0);
  }
};
struct closed_mpsc {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(1);
  auto begin() { return ends.first.closed(); }
  void give() { ends.second.close(); }
  static void has() {}
};

struct broadcast_receives {
  std::pair<broadcast::sender<counted>, broadcast::receiver<counted>> ends = broadcast::channel<counted>(2);
  auto begin() { return ends.second.recv(); }
  void give() { CHECK(ends.first.send(counted(7)).value() == 1); }
  static void has(const std::expected<counted, broadcast::recv_error>& got) { CHECK(got.value().value == 7); }
  void after() {
    if (!ends.second.is_empty()) CHECK(ends.second.try_recv()->value == 7);
    CHECK(counted::alive == 0);
  }
};
// Three are sent into room for two: how many were missed is said to the one who asks, not to one that is gone.
struct broadcast_lags : broadcast_receives {
  void give() {
    for (int i = 0; i < 3; ++i) CHECK(ends.first.send(counted(7)));
  }
  void has(const std::expected<counted, broadcast::recv_error>& got) {
    CHECK(got.error().missed == 1);
    while (ends.second.try_recv()) {
    }
  }
};
struct closed_broadcast {
  broadcast::sender<int> to{2};
  std::optional<broadcast::receiver<int>> from = to.subscribe();
  auto begin() { return to.closed(); }
  void give() { from.reset(); }
  static void has() {}
};

struct changes {
  std::pair<watch::sender<int>, watch::receiver<int>> ends = watch::channel(0);
  auto begin() { return ends.second.changed(); }
  void give() { CHECK(ends.first.send(7)); }
  void has(const std::expected<void, watch::recv_error>& got) {
    CHECK(got);
    CHECK(*ends.second.borrow() == 7);
    CHECK(hand_poll(ends.second.changed()).poll().is_pending());
  }
};
// A value that was refused counts as seen, and is tested again by the next one all the same.
struct waits_for_seven {
  std::pair<watch::sender<int>, watch::receiver<int>> ends = watch::channel(0);
  auto begin() {
    return ends.second.wait_for([](int value) { return value == 7; });
  }
  void give() {
    CHECK(ends.first.send(3));
    CHECK(ends.first.send(7));
  }
  static void has(const std::expected<watch::ref<int>, watch::recv_error>& got) { CHECK(*got.value() == 7); }
};
struct closed_watch {
  watch::sender<int> to{0};
  std::optional<watch::receiver<int>> from = to.subscribe();
  auto begin() { return to.closed(); }
  void give() { from.reset(); }
  static void has() {}
};

struct oneshot_by_reference {
  std::pair<oneshot::sender<counted>, oneshot::receiver<counted>> ends = oneshot::channel<counted>();
  auto begin() { return by_ref(ends.second); }
  void give() { CHECK(std::move(ends.first).send(counted(7))); }
  static void has(const std::expected<counted, oneshot::recv_error>& got) { CHECK(got.value().value == 7); }
  static void after() { CHECK(counted::alive == 0); }
};
struct oneshot_without_a_value : oneshot_by_reference {
  void give() { auto gone = std::move(ends.first); }
  static void has(const std::expected<counted, oneshot::recv_error>& got) { CHECK_FALSE(got); }
};
struct closed_oneshot {
  std::pair<oneshot::sender<int>, oneshot::receiver<int>> ends = oneshot::channel<int>();
  auto begin() { return ends.first.closed(); }
  void give() { ends.second.close(); }
  static void has() {}
};

// Locks and permits.
struct locks {
  mutex<int> of{7};
  std::optional<mutex_guard<int>> held = *of.try_lock();
  auto begin() { return of.lock(); }
  void give() { held.reset(); }
  static void has(const mutex_guard<int>& got) { CHECK(*got == 7); }
  void after() { CHECK(of.try_lock()); }
};
struct locks_owned {
  std::shared_ptr<mutex<int>> of = std::make_shared<mutex<int>>(7);
  std::optional<owned_mutex_guard<int>> held = *mutex<int>::try_lock_owned(of);
  auto begin() { return mutex<int>::lock_owned(of); }
  void give() { held.reset(); }
  static void has(const owned_mutex_guard<int>& got) { CHECK(*got == 7); }
  void after() {
    CHECK(of.use_count() == 1);
    CHECK(of->try_lock());
  }
};
struct reads {
  rwlock<int> of{7};
  std::optional<rwlock_write_guard<int>> held = *of.try_write();
  auto begin() { return of.read(); }
  void give() { held.reset(); }
  static void has(const rwlock_read_guard<int>& got) { CHECK(*got == 7); }
  void after() { CHECK(of.try_write()); }
};
struct writes {
  rwlock<int> of{7};
  std::optional<rwlock_read_guard<int>> held = *of.try_read();
  auto begin() { return of.write(); }
  void give() { held.reset(); }
  static void has(const rwlock_write_guard<int>& got) { CHECK(*got == 7); }
  void after() { CHECK(of.try_write()); }
};
struct writes_owned {
  std::shared_ptr<rwlock<int>> of = std::make_shared<rwlock<int>>(7);
  std::optional<owned_rwlock_read_guard<int>> held = *rwlock<int>::try_read_owned(of);
  auto begin() { return rwlock<int>::write_owned(of); }
  void give() { held.reset(); }
  static void has(const owned_rwlock_write_guard<int>& got) { CHECK(*got == 7); }
  void after() {
    CHECK(of.use_count() == 1);
    CHECK(of->try_write());
  }
};
struct acquires {
  semaphore of{0};
  auto begin() { return of.acquire(); }
  void give() { of.add_permits(1); }
  static void has(const std::expected<semaphore_permit, acquire_error>& got) { CHECK(got); }
  void after() const { CHECK(of.available_permits() == 1); }
};
struct acquires_many {
  semaphore of{2};
  auto begin() { return of.acquire_many(3); }
  void give() { of.add_permits(1); }
  static void has(const std::expected<semaphore_permit, acquire_error>& got) { CHECK(got.value().num_permits() == 3); }
  void after() const { CHECK(of.available_permits() == 3); }
};
struct acquires_owned {
  std::shared_ptr<semaphore> of = std::make_shared<semaphore>(0);
  auto begin() { return semaphore::acquire_owned(of); }
  void give() { of->add_permits(1); }
  static void has(const std::expected<owned_semaphore_permit, acquire_error>& got) { CHECK(got); }
  void after() const {
    CHECK(of->available_permits() == 1);
    CHECK(of.use_count() == 1);
  }
};
struct acquires_from_what_closes {
  semaphore of{0};
  auto begin() { return of.acquire(); }
  void give() { of.close(); }
  static void has(const std::expected<semaphore_permit, acquire_error>& got) { CHECK_FALSE(got); }
};

// Notifications and values that are set.
template <void (notify::*Tell)()>
struct notified {
  notify of;
  auto begin() { return of.notified(); }
  void give() { (of.*Tell)(); }
  static void has() {}
  void after() { CHECK(hand_poll(of.notified()).poll().is_pending()); }  // it was heard once
};
struct notified_owned {
  std::shared_ptr<notify> of = std::make_shared<notify>();
  auto begin() { return notify::notified_owned(of); }
  void give() { of->notify_one(); }
  static void has() {}
  void after() { CHECK(of.use_count() == 1); }
};
struct is_set_once {
  set_once<int> of;
  auto begin() { return of.wait(); }
  void give() { CHECK(of.set(7)); }
  static void has(const int* got) { CHECK(*got == 7); }
};
// Somebody else makes the value.
struct is_made {
  struct makes {
    oneshot::receiver<int>* from;
    task<int> operator()() const { co_return (co_await *from).value(); }
  };
  struct makes_nothing {
    task<int> operator()() const { co_return 0; }
  };
  std::pair<oneshot::sender<int>, oneshot::receiver<int>> ends = oneshot::channel<int>();
  once_cell<int> of;
  hand_poll<once_future<int, makes, false>> making{of.get_or_init(makes{&ends.second})};
  is_made() { CHECK(making.poll().is_pending()); }
  auto begin() { return of.get_or_init(makes_nothing()); }
  void give() {
    CHECK(std::move(ends.first).send(7));
    CHECK(making.poll().is_ready());
  }
  static void has(const int* got) { CHECK(*got == 7); }
};
// Who makes the value goes, and with it the right to make one.
struct is_made_by_the_next_one : is_made {
  auto begin() {
    return of.get_or_try_init([]() -> task<std::expected<int, int>> { co_return 7; });
  }
  void give() { making.drop(); }
  static void has(const std::expected<const int*, int>& got) { CHECK(*got.value() == 7); }
};

}  // namespace

TEST_CASE("[SM-13] [SM-14] a receive that is dropped at any edge loses no message, no end and no wake") {
  nothing_is_lost_wherever_it_is_dropped<receives_bounded>();
  nothing_is_lost_wherever_it_is_dropped<receives_unbounded>();
  nothing_is_lost_wherever_it_is_dropped<receives_the_end>();
  nothing_is_lost_wherever_it_is_dropped<receives_after_the_last_permit>();
  nothing_is_lost_wherever_it_is_dropped<receives_many>();
}

TEST_CASE("[SM-03] [SM-07] [SM-08] [SM-09] [SM-10] one that waits for room, or for the end, gives it to the next one") {
  nothing_is_lost_wherever_it_is_dropped<reserves>();
  nothing_is_lost_wherever_it_is_dropped<reserves_owned>();
  nothing_is_lost_wherever_it_is_dropped<reserves_many>();
  nothing_is_lost_wherever_it_is_dropped<sends>();
  nothing_is_lost_wherever_it_is_dropped<closed_mpsc>();
}

TEST_CASE("[SB-07] [SB-06] [SW-05] [SW-09] [SW-04] one that waits for a value of all receivers has seen none") {
  nothing_is_lost_wherever_it_is_dropped<broadcast_receives>();
  nothing_is_lost_wherever_it_is_dropped<broadcast_lags>();
  nothing_is_lost_wherever_it_is_dropped<closed_broadcast>();
  nothing_is_lost_wherever_it_is_dropped<changes>();
  nothing_is_lost_wherever_it_is_dropped<waits_for_seven>();
  nothing_is_lost_wherever_it_is_dropped<closed_watch>();
}

TEST_CASE("[SO-03] [SO-04] a oneshot that is awaited by reference keeps its value, and its end") {
  nothing_is_lost_wherever_it_is_dropped<oneshot_by_reference>();
  nothing_is_lost_wherever_it_is_dropped<oneshot_without_a_value>();
  nothing_is_lost_wherever_it_is_dropped<closed_oneshot>();
}

TEST_CASE(
    "[SX-01] [SX-02] [SX-06] [SS-02] [SS-06] who leaves the line of a lock, or of permits, leaves it to the rest") {
  nothing_is_lost_wherever_it_is_dropped<locks>();
  nothing_is_lost_wherever_it_is_dropped<locks_owned>();
  nothing_is_lost_wherever_it_is_dropped<reads>();
  nothing_is_lost_wherever_it_is_dropped<writes>();
  nothing_is_lost_wherever_it_is_dropped<writes_owned>();
  nothing_is_lost_wherever_it_is_dropped<acquires>();
  nothing_is_lost_wherever_it_is_dropped<acquires_many>();
  nothing_is_lost_wherever_it_is_dropped<acquires_owned>();
  nothing_is_lost_wherever_it_is_dropped<acquires_from_what_closes>();
}

TEST_CASE("[SN-04] [SN-08] [SN-10] a notification, and the right to make a value, go on to the next one") {
  nothing_is_lost_wherever_it_is_dropped<notified<&notify::notify_one>>();
  nothing_is_lost_wherever_it_is_dropped<notified<&notify::notify_last>>();
  nothing_is_lost_wherever_it_is_dropped<notified_owned>();
  nothing_is_lost_wherever_it_is_dropped<is_set_once>();
  nothing_is_lost_wherever_it_is_dropped<is_made>();
  nothing_is_lost_wherever_it_is_dropped<is_made_by_the_next_one>();
}
