// The book of resources and operations, written by hand and through the table that plugins call.
#include "host/trace/resource_book.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <bit>
#include <string>
#include <thread>
#include <vector>

#include "host/trace/listening.hpp"
#include "support/in_process_host.hpp"
#include "tokio/abi/trace.h"

using namespace tokiod;
using namespace tokiod::host::trace;
using tokiod::test::in_process_host;

namespace {

constexpr owned_by echo = {.owner = 1, .instance = "echo"};
constexpr resource_birth lock = {.type = "Mutex", .kind = "Sync", .file = "echo.cpp", .line = 12};

tokio_str str(std::string_view text) { return {text.data(), text.size()}; }

tokio_resource a_mutex() {
  return {sizeof(tokio_resource), 0, str("Mutex"), str("Sync"), {str("serve"), str("echo.cpp"), 12, 3}, 0};
}
tokio_async_op a_wait(std::uint64_t resource) {
  return {sizeof(tokio_async_op), 0, str("Mutex::lock"), str("poll_acquire"), resource, 0, {}};
}
tokio_state_change whole(std::uint32_t op, std::uint64_t n) {
  tokio_state_change to{sizeof to, op, {str("permits"), TOKIO_KV_U64, 0, {}}, str("")};
  to.to.v.u = n;
  return to;
}

// Somebody listens while it lives.
struct listener {
  listener() { (void)listen(64); }
  listener(const listener&) = delete;
  ~listener() { ignore(); }
};

}  // namespace

TEST_CASE("[OB-03] [OB-09] a resource says what it is, whose, where it was made, and its state") {
  resource_book book(16, 16);
  const auto whole_one = book.begin(lock, echo, 1'000);
  const auto part = book.begin({.type = "Semaphore",
                                .kind = "Sync",
                                .file = {},
                                .line = 0,
                                .parent = whole_one,
                                .internal = true,
                                .seen = false},
                               echo, 1'000);
  CHECK(part != whole_one);
  auto seen = book.find(whole_one);
  REQUIRE(seen);
  CHECK(seen->type.view() == "Mutex");
  CHECK(seen->kind.view() == "Sync");
  CHECK(seen->instance.view() == "echo");
  CHECK(seen->file.view() == "echo.cpp");
  CHECK(seen->line == 12);
  CHECK_FALSE(seen->internal);
  CHECK(seen->seen_from_birth);
  CHECK(seen->created == 1'000);
  CHECK(book.find(part)->internal);
  CHECK(book.find(part)->parent == whole_one);
  CHECK_FALSE(book.find(part)->seen_from_birth);

  book.change(part, {.name = "permits", .unit = "n", .bits = 3});
  book.change(part, {.how = change_of_state::subtract, .name = "permits", .unit = {}, .bits = 2});
  book.change(part, {.how = change_of_state::add, .name = "permits", .unit = {}, .bits = 5});
  book.change(part, {.name = "closed", .unit = {}, .kind = attribute_kind::truth, .bits = 1});
  const auto attributes = book.find(part)->attributes;
  CHECK(attributes[0].name.view() == "permits");
  CHECK(attributes[0].unit.view() == "n");
  CHECK(attributes[0].bits == 6);
  CHECK(attributes[1].kind == attribute_kind::truth);
  CHECK(attributes[2].kind == attribute_kind::none);

  book.ends(whole_one, 2'000);
  book.ends(whole_one, 3'000);  // the first end counts
  CHECK(book.find(whole_one)->dropped == 2'000);
}

TEST_CASE("[OB-03] what was never set is not added to, and more attributes than are kept are said to be") {
  resource_book book(8, 8);
  const auto id = book.begin(lock, echo, 1);
  book.change(id, {.how = change_of_state::add, .name = "permits", .unit = {}, .bits = 5});
  CHECK(book.find(id)->attributes[0].kind == attribute_kind::none);
  const std::string long_name(100, 'x');
  book.change(id, {.name = long_name, .unit = {}, .bits = 1});
  book.change(id, {.how = change_of_state::add, .name = long_name, .unit = {}, .bits = 1});
  CHECK(book.find(id)->attributes[0].bits == 2);
  for (const char* name : {"a", "b", "c"}) book.change(id, {.name = name, .unit = {}, .bits = 1});
  CHECK_FALSE(book.find(id)->full);
  book.change(id, {.name = "d", .unit = {}, .bits = 1});
  CHECK(book.find(id)->full);
  book.change(id + 1, {.name = "d", .unit = {}, .bits = 1});  // there is none
  CHECK_FALSE(book.find(id + 1));
}

TEST_CASE("[OB-04] [OB-09] an operation: its polls, how long they were, idle time, and whether it was ready") {
  resource_book book(8, 8);
  const auto resource = book.begin(lock, echo, 1'000);
  const auto op = book.begin_op(
      {.source = "Mutex::lock", .poll_name = "poll_acquire", .resource = resource, .parent = 0, .task = 7}, echo,
      1'000);
  auto seen = book.find_op(op);
  REQUIRE(seen);
  CHECK(seen->source.view() == "Mutex::lock");
  CHECK(seen->poll_name.view() == "poll_acquire");
  CHECK(seen->task == 7);
  CHECK(seen->resource == resource);
  book.poll_ends(op, false, 1'100);  // whose beginning was not told
  book.poll_begins(op, 1'500);
  seen = book.find_op(op);
  CHECK(seen->in_poll);
  CHECK(seen->busy_until(1'600) == 100);
  book.poll_ends(op, true, 1'700);
  book.op_ends(op, 2'000);
  seen = book.find_op(op);
  CHECK(seen->polls == 2);
  CHECK(seen->ready);
  CHECK_FALSE(seen->in_poll);
  CHECK(seen->busy == 200);
  CHECK(seen->total(9'000) == 1'000);
  CHECK(seen->idle(9'000) == 800);
  CHECK(seen->last_poll_started == 1'500);
  CHECK(seen->last_poll_ended == 1'700);
  CHECK(book.ops_of(resource).size() == 1);
  CHECK(book.ops_of(resource + 7).empty());
}

TEST_CASE("[OB-10] memory is fixed: what lives is not given up for what is new, what ended is; both are counted") {
  resource_book book(8, 8);
  std::vector<std::uint64_t> made;
  for (int i = 0; i < 8; ++i) made.push_back(book.begin(lock, echo, 1));
  CHECK(book.begin(lock, echo, 1) == 0);
  CHECK(book.dropped() == 1);
  book.ends(made[3], 2);
  const auto next = book.begin(lock, echo, 3);
  CHECK(next != 0);
  CHECK_FALSE(book.find(made[3]));
  CHECK(book.dropped() == 2);
  book.ends(next, 4);
  book.forget_ended_before(4);
  CHECK(book.find(next));
  book.forget_ended_before(5);
  CHECK_FALSE(book.find(next));
}

TEST_CASE("[OB-05] what changed since a moment, and what an instance left when it ended") {
  resource_book book(8, 8);
  const auto a = book.begin(lock, echo, 1);
  const auto op = book.begin_op({.source = "s", .poll_name = "p", .resource = a, .parent = 0, .task = 0}, echo, 1);
  const auto other = book.begin(lock, {.owner = 2, .instance = "chat"}, 1);
  CHECK(book.changed_since(0).size() == 2);
  const auto later = steady_clock().now() + second;
  CHECK(book.changed_since(later).empty());
  CHECK(book.ops_changed_since(later).empty());
  book.poll_begins(op, 2);
  CHECK(book.ops_changed_since(later).size() == 1);  // it is polled now
  book.end_all_of(1, 5);
  CHECK(book.find(a)->dropped == 5);
  CHECK(book.find_op(op)->dropped == 5);
  CHECK_FALSE(book.find_op(op)->in_poll);
  CHECK(book.find(other)->dropped == 0);
  book.clear();
  CHECK(book.changed_since(0).empty());
}

TEST_CASE("[OB-03] many threads change one resource while somebody looks, and all of it adds up") {
  constexpr std::uint64_t rounds = 2'000;
  constexpr int threads = 3;
  resource_book book(8, 8);
  const auto id = book.begin(lock, echo, 1);
  book.change(id, {.name = "permits", .unit = {}, .bits = 0});
  std::vector<std::thread> all;
  std::atomic<int> left{threads};
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&] {
      for (std::uint64_t i = 0; i < rounds; ++i)
        book.change(id, {.how = change_of_state::add, .name = "permits", .unit = {}, .bits = 1});
      left.fetch_sub(1);
    });
  while (left.load() != 0) CHECK(book.changed_since(0).size() == 1);
  for (auto& each : all) each.join();
  CHECK(book.find(id)->attributes[0].bits == threads * rounds);
}

TEST_CASE("[OB-03] [OB-04] the table that plugins call: nobody listens, somebody does, and again nobody") {
  in_process_host in({.workers = 0});
  const auto* table = in.extension<tokio_trace_ext>(TOKIO_EXT_TRACE);
  std::uint64_t id = 0, op = 0;
  const auto mutex = a_mutex();
  CHECK_FALSE(tokio_trace_on(table));
  CHECK(table->resource_new(in.plugin(), &mutex, &id) == TOKIO_EAGAIN);
  {
    const listener to;
    CHECK(tokio_trace_on(table));
    REQUIRE(table->resource_new(in.plugin(), &mutex, &id) == TOKIO_OK);
    const auto three = whole(TOKIO_STATE_SET, 3), one = whole(TOKIO_STATE_SUB, 1);
    table->resource_state(id, &three);
    table->resource_state(id, &one);
    CHECK(resources()->find(id)->attributes[0].bits == 2);
    const auto wait = a_wait(id);
    REQUIRE(table->op_new(in.plugin(), &wait, &op) == TOKIO_OK);
    table->op_poll_begins(op);
    table->op_poll_ends(op, 1);
    CHECK(resources()->find_op(op)->polls == 1);
    CHECK(resources()->find_op(op)->ready);
    // A pause: nothing new is written down, and what is known stays right.
    tokiod::host::trace::pause();
    CHECK(tokio_trace_on(table));
    std::uint64_t other = 0;
    CHECK(table->resource_new(in.plugin(), &mutex, &other) == TOKIO_EAGAIN);
    table->resource_state(id, &one);
    CHECK(last_resources()->find(id)->attributes[0].bits == 1);
  }
  CHECK_FALSE(tokio_trace_on(table));
  table->op_drop(op);
  table->resource_drop(id);
  CHECK(last_resources()->find_op(op)->dropped != 0);
  CHECK(last_resources()->find(id)->dropped != 0);
  const listener again;  // who begins with an empty book
  const auto wait = a_wait(id);
  CHECK(table->op_new(in.plugin(), &wait, &op) == TOKIO_ENOENT);
  CHECK(in.stop().clean());
}

TEST_CASE("[OB-03] [OB-04] what the table does not take") {
  in_process_host in({.workers = 0});
  const auto* table = in.extension<tokio_trace_ext>(TOKIO_EXT_TRACE);
  const listener to;
  std::uint64_t id = 0;
  auto mutex = a_mutex();
  CHECK(table->resource_new(nullptr, &mutex, &id) == TOKIO_EINVAL);
  CHECK(table->resource_new(in.plugin(), &mutex, nullptr) == TOKIO_EINVAL);
  CHECK(table->resource_new(in.plugin(), nullptr, &id) == TOKIO_EINVAL);
  mutex.flags = 64;
  CHECK(table->resource_new(in.plugin(), &mutex, &id) == TOKIO_EINVAL);
  mutex.flags = TOKIO_RESOURCE_INTERNAL | TOKIO_RESOURCE_MET;
  REQUIRE(table->resource_new(in.plugin(), &mutex, &id) == TOKIO_OK);
  CHECK(resources()->find(id)->internal);
  auto wait = a_wait(id);
  wait.flags = 1;
  CHECK(table->op_new(in.plugin(), &wait, &id) == TOKIO_EINVAL);
  // A text is no state, and nothing is added to what is no whole number.
  auto change = whole(TOKIO_STATE_SET, 1);
  change.to.type = TOKIO_KV_STR;
  change.to.v.s = str("open");
  table->resource_state(id, &change);
  change = whole(TOKIO_STATE_SUB + 1, 1);
  table->resource_state(id, &change);
  change = whole(TOKIO_STATE_ADD, 1);
  change.to.type = TOKIO_KV_F64;
  table->resource_state(id, &change);
  table->resource_state(id, nullptr);
  CHECK(resources()->find(id)->attributes[0].kind == attribute_kind::none);
  change = whole(TOKIO_STATE_SET, 0);
  change.to.type = TOKIO_KV_F64;
  change.to.v.f = 0.5;
  table->resource_state(id, &change);
  CHECK(std::bit_cast<double>(resources()->find(id)->attributes[0].bits) == 0.5);
  table->resource_drop(0);
  table->op_drop(12345);
  CHECK(in.stop().clean());
  CHECK(resources()->find(id)->dropped != 0);  // the instance has ended, and so has what it left
}
