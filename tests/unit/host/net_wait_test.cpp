// tokio.net/1 and tokio.fd/1 on the real reactor: waiting beside others, sockets step by step, watched descriptors.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net_bench.hpp"
#include "support/descriptor_hog.hpp"

using namespace tokiod::test;

TEST_CASE("[NX-17] tasks that wait for one socket are all woken, and each says what it saw") {
  bench b;
  tokio_io *near = nullptr, *far = nullptr;
  REQUIRE(b.net->pair(b.in.plugin(), TOKIO_SOCK_STREAM, &near, &far) == TOKIO_OK);
  std::vector<tokio_wait> waits(20);
  std::vector<std::unique_ptr<lambda_task>> tasks;
  std::atomic<int> waiting{0};
  for (auto& wait : waits) {
    tasks.push_back(std::make_unique<lambda_task>());
    tasks.back()->step = [&, asked = false](tokio_cx* cx) mutable {
      const auto got = b.net->poll_wait(near, cx, TOKIO_READY_READ, &wait);
      if (got == TOKIO_PENDING && !std::exchange(asked, true)) waiting.fetch_add(1);
      return got == TOKIO_OK;
    };
    spawn(b.in, *tasks.back());
  }
  CHECK(b.in.run_until([&] { return waiting.load() == 20; }));
  CHECK(b.net->poll_write(far, nullptr, "x", 1) == 1);
  CHECK(b.in.run_until([&] { return std::ranges::all_of(tasks, [](const auto& one) { return one->done.load(); }); }));
  for (const auto& wait : waits) CHECK(wait.ready == TOKIO_READY_READ);
  b.net->close(near);
  b.net->close(far);
  CHECK(b.in.stop().clean());
}

TEST_CASE("[NX-13] a clear takes back what one wait saw, and nothing that came since or was not named") {
  bench b;
  tokio_io *near = nullptr, *far = nullptr;
  REQUIRE(b.net->pair(b.in.plugin(), TOKIO_SOCK_STREAM, &near, &far) == TOKIO_OK);
  const auto wait_for = [&](std::uint32_t interest) {
    tokio_wait wait{};
    run(b.in, [&](tokio_cx* cx) { return b.net->poll_wait(near, cx, interest, &wait) == TOKIO_OK; });
    return wait;
  };
  const auto is_ready = [&](std::uint32_t interest) {
    tokio_wait wait{};
    return b.net->poll_wait(near, nullptr, interest, &wait) == TOKIO_OK;
  };
  CHECK(b.net->poll_write(far, nullptr, "x", 1) == 1);
  const auto older = wait_for(TOKIO_READY_READ);
  b.net->clear_wait(near, &older, TOKIO_READY_WRITE);
  CHECK(is_ready(TOKIO_READY_READ));
  b.net->clear_wait(near, &older, TOKIO_READY_READ);
  CHECK_FALSE(is_ready(TOKIO_READY_READ));
  CHECK(b.net->poll_write(far, nullptr, "y", 1) == 1);
  const auto newer = wait_for(TOKIO_READY_READ);
  b.net->clear_wait(near, &older, TOKIO_READY_READ);
  CHECK(is_ready(TOKIO_READY_READ));
  b.net->clear_wait(near, &newer, TOKIO_READY_READ);
  CHECK_FALSE(is_ready(TOKIO_READY_READ));
  b.net->close(far);
  CHECK((wait_for(TOKIO_READY_READ).ready & TOKIO_READY_READ_CLOSED) != 0);
  CHECK((wait_for(TOKIO_READY_WRITE).ready & TOKIO_READY_WRITE_CLOSED) != 0);
  b.net->close(near);
  CHECK(b.in.stop().clean());
}

TEST_CASE("what poll_wait and the steps of a socket are not meant for is refused") {
  bench b;
  tokio_io *near = nullptr, *far = nullptr, *none = nullptr;
  REQUIRE(b.net->pair(b.in.plugin(), TOKIO_SOCK_STREAM, &near, &far) == TOKIO_OK);
  tokio_wait wait{};
  CHECK(b.net->poll_wait(near, nullptr, 0, &wait) == TOKIO_EINVAL);
  CHECK(b.net->poll_wait(near, nullptr, TOKIO_READY_HUP, &wait) == TOKIO_EINVAL);
  CHECK(b.net->poll_wait(near, nullptr, TOKIO_READY_READ, nullptr) == TOKIO_EINVAL);
  wait.flags = 8;
  CHECK(b.net->poll_wait(near, nullptr, TOKIO_READY_READ, &wait) == TOKIO_EINVAL);
  CHECK(b.net->open(b.in.plugin(), 99, TOKIO_SOCK_STREAM, &none) == TOKIO_EINVAL);
  CHECK(b.net->open(b.in.plugin(), 0x10000 + TOKIO_AF_INET, TOKIO_SOCK_STREAM, &none) == TOKIO_EINVAL);
  CHECK(b.net->open(b.in.plugin(), TOKIO_AF_INET, 99, &none) == TOKIO_EINVAL);
  CHECK(b.net->start_bind(near, nullptr) == TOKIO_EINVAL);
  CHECK(b.net->start_listen(near, 1) == TOKIO_EINVAL);  // it is connected
  char name[4];
  std::size_t length = sizeof name;
  CHECK(b.net->get_device(near, nullptr, &length) == TOKIO_EINVAL);
  CHECK(b.net->get_device(near, name, nullptr) == TOKIO_EINVAL);
  length = 0;
  CHECK(b.net->get_device(near, nullptr, &length) == TOKIO_OK);  // only how long it is
  b.net->close(near);
  wait = {};
  CHECK(b.net->poll_wait(near, nullptr, TOKIO_READY_READ, &wait) == TOKIO_EBADF);
  b.net->leave_wait(near, &wait);
  b.net->clear_wait(near, &wait, TOKIO_READY_READ);
  CHECK(b.net->start_connect(near, nullptr) == TOKIO_EBADF);
  CHECK(b.net->set_device(near, {"lo", 2}) == TOKIO_EBADF);
  b.net->close(far);
  CHECK(b.in.stop().clean());
}

TEST_CASE("without a descriptor left a socket is not opened, and the sentence says why") {
  bench b;
  tokiod::test::descriptor_hog hog(256);
  tokio_io* io = nullptr;
  CHECK(b.net->open(b.in.plugin(), TOKIO_AF_INET, TOKIO_SOCK_STREAM, &io) == TOKIO_EMFILE);
  const auto why = host->last_error();
  CHECK(std::string(why.ptr, why.len).starts_with("socket: the process may have 256 descriptors"));
  hog.give_back(60);
  REQUIRE(b.net->open(b.in.plugin(), TOKIO_AF_INET, TOKIO_SOCK_STREAM, &io) == TOKIO_OK);
  b.net->close(io);
  CHECK(b.in.stop().clean());
}

TEST_CASE("[NX-17] a wait for a socket that the host takes back at the end of its instance ends with an error") {
  bench b, other;
  tokio_io *near = nullptr, *far = nullptr;
  REQUIRE(b.net->pair(b.in.plugin(), TOKIO_SOCK_STREAM, &near, &far) == TOKIO_OK);
  tokio_wait wait{};
  char byte = 0;
  std::atomic<int> waiting{0};
  tokio_res ended[2] = {TOKIO_PENDING, TOKIO_PENDING};
  const auto ask_with = [&](int which, auto poll) {
    return [&, which, poll](tokio_cx* cx) {
      ended[which] = poll(cx);
      waiting.fetch_or(1 << which);
      return ended[which] != TOKIO_PENDING;
    };
  };
  lambda_task beside{ask_with(0, [&](tokio_cx* cx) { return b.net->poll_wait(near, cx, TOKIO_READY_READ, &wait); })};
  lambda_task reader{ask_with(1, [&](tokio_cx* cx) { return b.net->poll_read(near, cx, &byte, 1); })};
  spawn(other.in, beside);
  spawn(other.in, reader);
  CHECK(other.in.run_until([&] { return waiting.load() == 3; }));
  const auto left = b.in.stop();
  CHECK(left.leaked == std::vector<std::string>{"2 sockets"});
  CHECK(other.in.run_until([&] { return beside.done.load() && reader.done.load(); }));
  CHECK(ended[0] == TOKIO_EBADF);
  CHECK(ended[1] == TOKIO_EBADF);
  b.net->clear_wait(near, &wait, TOKIO_READY_READ);  // harmless
  CHECK(other.in.stop().clean());
}

TEST_CASE("[NX-14] a watched descriptor stays the plugin's, also when the host takes the handle back") {
  bench b;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  tokio_io* io = nullptr;
  CHECK(b.fd->watch(b.in.plugin(), ends[0], 0, &io) == TOKIO_EINVAL);
  REQUIRE(b.fd->watch(b.in.plugin(), ends[0], TOKIO_READY_READ, &io) == TOKIO_OK);
  CHECK((::fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0);
  b.net->close(io);
  CHECK(::fcntl(ends[0], F_GETFD) >= 0);
  REQUIRE(b.fd->watch(b.in.plugin(), ends[0], TOKIO_READY_READ | TOKIO_READY_ERROR, &io) == TOKIO_OK);
  CHECK(b.in.stop().leaked == std::vector<std::string>{"1 sockets"});
  CHECK(::fcntl(ends[0], F_GETFD) >= 0);
  for (const int fd : ends) ::close(fd);
}

TEST_CASE(
    "[NX-14] a watched descriptor that is closed first leaves its number to the next one, which goes on hearing") {
  bench b;
  int first[2], second[2];
  REQUIRE(::pipe2(first, O_CLOEXEC) == 0);
  tokio_io *watched = nullptr, *stranger = nullptr;
  REQUIRE(b.fd->watch(b.in.plugin(), first[0], TOKIO_READY_READ, &watched) == TOKIO_OK);
  ::close(first[0]);
  REQUIRE(::pipe2(second, O_CLOEXEC) == 0);
  if (second[0] != first[0]) {
    REQUIRE(::dup3(second[0], first[0], O_CLOEXEC) == first[0]);
    ::close(second[0]);
  }
  REQUIRE(b.fd->adopt(b.in.plugin(), first[0], TOKIO_READY_READ, &stranger) == TOKIO_OK);
  b.net->close(watched);
  REQUIRE(::write(second[1], "x", 1) == 1);
  char byte = 0;
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_read(stranger, cx, &byte, 1) == 1; });
  CHECK(byte == 'x');
  b.net->close(stranger);
  CHECK(b.in.stop().clean());
  ::close(first[1]);
  ::close(second[1]);
}
