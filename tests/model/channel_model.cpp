// What the two ends of an mpsc channel share: handles that come and go, the end that follows the last sender, the
// permits of a bounded channel that come back, and the receiver's real poll over all of it.
#include "tokio/sync/mpsc.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "explorer/expect.hpp"
#include "sync_policy.hpp"

using namespace tokiod::model;
using tokiod::relaxed;

namespace mpsc = tokio::sync::mpsc;

namespace {

using unbounded = mpsc::unbounded_channel_state<sync_value, sync_policy>;
using bounded = mpsc::bounded_channel_state<sync_value, sync_policy>;
using acquired = tokio::sync::semaphore_core<sync_policy>::acquired;

template <class C>
using sender = mpsc::strong_ref<C>;
template <class C>
using receiver = mpsc::basic_receiver<C>;
// A channel as channel() makes it.
template <class C>
struct ends {
  explicit ends(C* made) : to(mpsc::channel_ref<C>(made)), from(mpsc::channel_ref<C>(made)) {}
  std::optional<sender<C>> to;
  std::optional<receiver<C>> from;
};

template <class C>
void push(const sender<C>& to, int value) {
  sync_value message(value);
  (void)to->queue.push(message);
}

// The next message; 0 at the end.
template <class C>
int receive(receiver<C>& from) {
  sync_task task;
  auto got = task.run(from.recv());
  return got ? got->value.get() : 0;
}

// ---- handles

void the_end_follows_every_sender() {
  ends<unbounded> c(new unbounded);
  std::optional<sender<unbounded>> second(*c.to);
  thread one([&] {
    push(*c.to, 1);
    c.to.reset();
  });
  thread two([&] {
    push(*second, 2);
    second.reset();
  });
  check(receive(*c.from) + receive(*c.from) == 3, "a message is lost or came twice");
  check(receive(*c.from) == 0, "a message came from nowhere");
  one.join();
  two.join();
}

// A sender is copied while the original goes.
void copied_while_it_goes() {
  ends<unbounded> c(new unbounded);
  std::optional<sender<unbounded>> second(*c.to);
  thread copies([&] {
    std::optional<sender<unbounded>> third(*second);
    second.reset();
    push(*third, 1);
    third.reset();
  });
  c.to.reset();
  check(receive(*c.from) == 1, "the end came before the last sender went");
  check(receive(*c.from) == 0, "a message came from nowhere");
  copies.join();
}

// The last sender goes while a weak one would be a sender again: it fails, or the end comes after what it sends.
void revived_or_ended() {
  ends<unbounded> c(new unbounded);
  mpsc::weak_ref<unbounded> weak(c.to->channel());
  thread goes([&] { c.to.reset(); });
  bool revived = false;
  if (auto again = weak.upgrade()) {
    revived = true;
    push(*again, 1);
  }
  check(receive(*c.from) == (revived ? 1 : 0), "a revived sender's message is lost, or the end came before it");
  if (revived) check(receive(*c.from) == 0, "the end is missing");
  goes.join();
}

// Two weak ones are revived beside a strong one: three senders, and the end follows all of them.
void two_weak_ones() {
  ends<unbounded> c(new unbounded);
  mpsc::weak_ref<unbounded> mine(c.to->channel());
  std::optional<mpsc::weak_ref<unbounded>> theirs(mine);
  int sent = 0;
  const auto revive = [&](const mpsc::weak_ref<unbounded>& weak) {
    auto again = mpsc::weak_ref<unbounded>(weak).upgrade();
    if (!again) return false;
    push(*again, 1);
    ++sent;
    return true;
  };
  thread other([&] {
    revive(*theirs);
    theirs.reset();
  });
  check(revive(mine), "a weak sender is refused beside a strong one");
  c.to.reset();
  other.join();
  check(mine->counts.weak.load(relaxed) == 1, "weak senders are counted wrong");
  for (; sent > 0; --sent) check(receive(*c.from) == 1, "a revived sender's message is lost");
  check(receive(*c.from) == 0, "the end is missing");
}

// Whoever goes last frees the channel, with the message in it.
void the_last_handle_frees() {
  ends<unbounded> c(new unbounded);
  thread sends([&] {
    push(*c.to, 1);
    c.to.reset();
  });
  c.from.reset();
  sends.join();
}

// The receiver goes while a sender waits for that, and what it did before is seen.
template <class C>
void sender_waits_for_close(C* made) {
  ends<C> c(made);
  cell<int> note{0};
  thread waits([&] {
    sync_task task;
    task.run(mpsc::closed_future<C>(c.to->get()));
    check(c.to->get()->is_closed(), "a channel is told to be closed, and it is open");
    check(note.get() == 1, "what the receiver did before it went is missing");
    c.to.reset();
  });
  note.set(1);
  c.from.reset();
  waits.join();
}

// ---- permits

void send(const sender<bounded>& to, int value) {
  sync_task task;
  tokio::sync::acquire_wait<sync_policy> room(to->permits, 1);
  std::int32_t budget = 0;
  tokio_cx raw{};
  raw.budget = &budget;
  raw.waker = task.waker().raw();
  raw.flags = TOKIO_CX_UNBUDGETED;
  tokio::context cx(&raw);
  acquired now;
  while ((now = room.poll(cx)) == acquired::no) task.park();
  if (now == acquired::yes) push(to, value);
}

// Room for one: the sender waits until the receiver has taken the first.
void room_for_one() {
  ends<bounded> c(new bounded(1));
  thread sends([&] {
    for (int value = 1; value <= 2; ++value) send(*c.to, value);
    c.to.reset();
  });
  check(receive(*c.from) == 1 && receive(*c.from) == 2, "a message is lost or out of order");
  check(receive(*c.from) == 0, "a message came from nowhere");
  sends.join();
}

// The receiver has closed and waits for the last permit, which is used, or given back.
void closed_against_permit(bool used) {
  ends<bounded> c(new bounded(1));
  check(c.to->get()->permits.try_acquire(1) == acquired::yes, "a channel begins without room");
  cell<int> note{0};
  thread holds([&] {
    note.set(1);
    used ? push(*c.to, 1) : c.to->get()->give_back(1);
  });
  c.from->close();
  if (used) check(receive(*c.from) == 1, "what was sent with a permit is lost");
  check(receive(*c.from) == 0, "a message came from nowhere");
  check(note.get() == 1, "what came before the permit's return is missing");
  holds.join();
}

// Two permits, one of them used: the end comes after both.
void closed_against_two_permits() {
  ends<bounded> c(new bounded(2));
  check(c.to->get()->permits.try_acquire(2) == acquired::yes, "a channel begins without room");
  thread uses([&] { push(*c.to, 1); });
  thread returns([&] { c.to->get()->give_back(1); });
  c.from->close();
  check(receive(*c.from) == 1, "what was sent with a permit is lost");
  check(receive(*c.from) == 0, "a message came from nowhere");
  uses.join();
  returns.join();
}

// The last permit comes back while the last sender goes: each of them ends the wait, and the waker is used once.
void closed_against_permit_and_end() {
  ends<bounded> c(new bounded(1));
  std::optional<sender<bounded>> second(*c.to);
  check(c.to->get()->permits.try_acquire(1) == acquired::yes, "a channel begins without room");
  thread returns([&] {
    c.to->get()->give_back(1);
    c.to.reset();
  });
  thread goes([&] { second.reset(); });
  c.from->close();
  check(receive(*c.from) == 0, "a message came from nowhere");
  check(receive(*c.from) == 0, "a message came from nowhere");
  returns.join();
  goes.join();
}

// try_recv() says that there is nothing only when no message was sent.
void look_without_waiting() {
  ends<bounded> c(new bounded(1));
  atomic<int> sent{0};
  thread sends([&] {
    send(*c.to, 1);
    sent.store(1, std::memory_order_release);
  });
  const bool there = sent.load(std::memory_order_acquire) == 1;
  const auto early = c.from->try_recv();
  if (there) check(early.has_value(), "a message that was sent is not found");
  sends.join();
  if (!early) check(c.from->try_recv().has_value(), "a message is lost");
}

using change = mutant::change;
constexpr bounds narrow{.preemptions = 2, .stale_reads = 1};

}  // namespace

TEST_CASE("[SM] the end follows the messages of every sender") { passes(narrow, the_end_follows_every_sender); }
TEST_CASE("[SM] a sender that is copied while the others go keeps the channel open") { passes(copied_while_it_goes); }
TEST_CASE("[SM] a weak sender is revived before the end, or not at all") {
  passes(narrow, revived_or_ended);
  passes(narrow, two_weak_ones);
}
TEST_CASE("[SM] the last handle frees the channel and what is in it") { passes(the_last_handle_frees); }
TEST_CASE("[SM] a sender that waits for the receiver's end is woken") {
  passes([] { sender_waits_for_close(new bounded(1)); });
  passes([] { sender_waits_for_close(new unbounded); });
}
TEST_CASE("[SM] a sender waits for room") { passes(narrow, room_for_one); }
TEST_CASE("[SM] a closed receiver waits for the permits that are out") {
  for (const bool used : {true, false}) passes([used] { closed_against_permit(used); });
  passes(narrow, closed_against_two_permits);
  passes(narrow, closed_against_permit_and_end);
}
TEST_CASE("[SM] a look that does not wait finds what was sent") { passes(narrow, look_without_waiting); }

TEST_CASE("[SM] mutants of the handles and of the permits' return are caught") {
  for (const change how : {change::weaken, change::split, change::drop_write}) {
    catches({how, "~channel_ref", "fetch_sub"}, the_last_handle_frees);
    catches({how, "~strong_ref", "fetch_sub"}, narrow, the_end_follows_every_sender);
  }
  catches({change::drop_write, "channel_ref", "fetch_add"}, copied_while_it_goes);
  catches({change::drop_write, "strong_ref", "fetch_add"}, copied_while_it_goes);
  for (const change how : {change::split, change::drop_write}) catches({how, "upgrade", "cas"}, narrow, two_weak_ones);
  catches({change::split, "take_offer", "cas"}, narrow, closed_against_permit_and_end);
  catches({change::drop_write, "take_offer", "cas"}, [] { closed_against_permit(false); });
}
