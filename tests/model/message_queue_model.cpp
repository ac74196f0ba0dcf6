// The queue of mpsc: producers against the consumer, over the edges of blocks, to the end.
#include "tokio/sync/message_queue.hpp"

#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "sync_policy.hpp"

using namespace tokiod::model;

namespace {

using queue = tokio::sync::message_queue<sync_value, sync_policy>;

int pop(queue& q, sync_task& task) {
  while (true) {
    switch (q.look()) {
      case queue::seen::value: return q.take().value.get();
      case queue::seen::end: return -1;
      case queue::seen::hole: q.skip_hole(); break;
      case queue::seen::nothing:
        if (q.wait(task.waker())) task.park();
    }
  }
}

void push(queue& q, int value) {
  sync_value m(value);
  check(q.push(m), "an open queue is closed");
}

void one_producer() {
  queue q;
  thread producer([&] {
    for (int i = 1; i <= 3; ++i) push(q, i);
    q.push_end();
  });
  sync_task task;
  for (int i = 1; i <= 3; ++i) check(pop(q, task) == i, "a message is lost or out of order");
  check(pop(q, task) == -1, "the end is missing");
  producer.join();
}

// The end does not fit into the block any more: the producer or the consumer appends the next one.
void the_end_in_a_new_block() {
  queue q;
  thread producer([&] {
    push(q, 1);
    push(q, 2);
    q.push_end();
  });
  sync_task task;
  for (int i = 1; i <= 2; ++i) check(pop(q, task) == i, "a message is lost or out of order");
  check(pop(q, task) == -1, "the end is missing");
  check(q.len() == 0, "the end is counted as a message");
  producer.join();
}

// What nobody takes is destroyed with the queue.
void messages_left() {
  queue q;
  thread producer([&] {
    for (int i = 1; i <= 3; ++i) push(q, i);
  });
  sync_task task;
  check(pop(q, task) == 1, "a message is lost");
  producer.join();
}

// Two producers over the edge of a block: both help to append the next one.
void two_producers() {
  queue q;
  push(q, 1);
  push(q, 1);
  thread other([&] { push(q, 10); });
  thread third([&] { push(q, 100); });
  sync_task task;
  int sum = 0;
  for (int i = 0; i < 4; ++i) sum += pop(q, task);
  check(sum == 112, "a message is lost or came twice");
  other.join();
  third.join();
  check(q.len() == 0, "the queue is not empty");
}

void close_against_push() {
  queue q;
  push(q, 1);
  bool sent = false;
  thread producer([&] {
    sync_value m(2);
    sent = q.push(m);
  });
  q.close();
  const auto expected = q.len();
  producer.join();
  check(expected == (sent ? 2u : 1u), "a push and a close do not agree");
}

// A reader that looks for half-written messages with len().
void len_tells_of_a_push() {
  queue q;
  thread producer([&] { push(q, 1); });
  sync_task task;
  check(pop(q, task) == 1, "a message is lost");
  check(q.len() == 0, "a message is counted twice");
  producer.join();
}

void blocks_are_used_again() {
  queue q;
  sync_task task;
  thread producer([&] {
    for (int i = 1; i <= 6; ++i) push(q, i);
  });
  for (int i = 1; i <= 6; ++i) check(pop(q, task) == i, "a message is lost or out of order");
  producer.join();
}

using change = mutant::change;

constexpr std::string_view a_guess = "only a guess: the CAS behind it fails on it and reads again";

const equivalents same{
    {change::blind, "publish", "load", a_guess},
    {change::blind, "take_ticket", "load", "a look that keeps a closed queue from counting up: the fetch_add decides"},
    {change::weaken, "install", "store",
     "the consumer takes the same lock in recycle() before it looks into the block"},
    {change::weaken, "to_next_block", "load",
     "the consumer takes the same lock in recycle() before it looks into the block"},
    {change::split, "install", "cas", "only void tickets count up meanwhile, and their count is thrown away"},
    {change::blind, "push_end", "load", "in the loop: after extend() there is room, whatever it reads"},
    {change::drop_write, "push_end", "fetch_add", "the last producer is alone, and len() leaves the end out"},
    {change::split, "push_end", "fetch_add", "the last producer is alone"},
};

}  // namespace

TEST_CASE("[SM] one producer's messages arrive in order, then the end") { passes(one_producer); }
TEST_CASE("[SM] the end finds room in a new block") { passes(the_end_in_a_new_block); }
TEST_CASE("[SM] messages that nobody takes are destroyed") { passes(messages_left); }
TEST_CASE("[SM] two producers meet at the edge of a block") {
  passes({.preemptions = 2, .stale_reads = 1}, two_producers);
}
TEST_CASE("[SM] close and push agree on what is in the queue") { passes(close_against_push); }
TEST_CASE("[SM] a received message is not counted any more") { passes(len_tells_of_a_push); }
TEST_CASE("[SM] blocks are used again without mixing old and new") {
  passes({.preemptions = 2, .stale_reads = 1}, blocks_are_used_again);
}

TEST_CASE("[SM] every order and every step of the queue is needed") {
  catches({change::weaken, "publish", "cas"}, one_producer);
  catches({change::weaken, "publish", "load"}, one_producer);
  catches({change::weaken, "look", "load"}, one_producer);
  catches({change::weaken, "wait", "cas"}, one_producer);
  catches({change::drop_write, "publish"}, one_producer);
  catches({change::drop_write, "wait"}, one_producer);
  catches({change::drop_write, "install"}, one_producer);
  catches({change::drop_write, "take_ticket"}, one_producer);
  catches({change::drop_write, "close"}, close_against_push);
  catches({change::split, "take_ticket"}, two_producers);
}
