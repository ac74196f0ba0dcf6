#include "app/notify.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "support/notify_socket.hpp"

using namespace tokiod;

TEST_CASE("without a socket nothing is sent and nothing is due") {
  const manual_clock time;
  app::notifier manager("", second, time);
  manager.ready();
  manager.status("x");
  CHECK(!manager.listened());
  CHECK(manager.turn(true) == never);
}

TEST_CASE("each message is one datagram; a reload carries the monotonic time") {
  const test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager(service_manager.path(), 0, time);
  time.advance(5 * second);
  manager.ready();
  manager.reloading();
  manager.stopping();
  manager.extend_timeout(10 * second);
  CHECK(service_manager.take() == std::vector<std::string>{"READY=1", "RELOADING=1\nMONOTONIC_USEC=5000000",
                                                           "STOPPING=1", "EXTEND_TIMEOUT_USEC=10000000"});
}

TEST_CASE("status goes out at most once a second, and the latest text is never lost") {
  const test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager(service_manager.path(), 0, time);
  time.advance(second);
  manager.status("one");
  (void)manager.turn(true);
  manager.status("two");
  manager.status("three\nlines");
  const instant_ns due = manager.turn(true);
  CHECK(service_manager.take() == std::vector<std::string>{"STATUS=one"});
  time.advance(due - time.now());
  CHECK(manager.turn(true) == never);
  CHECK(service_manager.take() == std::vector<std::string>{"STATUS=three lines"});
}

TEST_CASE("the watchdog is fed every third of its interval, and only while healthy") {
  const test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager(service_manager.path(), 9 * second, time);
  CHECK(manager.turn(true) == time.now() + 3 * second);
  for (int i = 0; i < 100; ++i) (void)manager.turn(true);
  CHECK(service_manager.take() == std::vector<std::string>{"WATCHDOG=1"});
  time.advance(3 * second);
  (void)manager.turn(false);
  CHECK(service_manager.take().empty());
  time.advance(3 * second);
  (void)manager.turn(true);
  CHECK(service_manager.take() == std::vector<std::string>{"WATCHDOG=1"});
  CHECK(manager.pings() == 2);
}

TEST_CASE("a manager whose queue is full hears later what it must hear, in its order, and is not kept waiting for") {
  const test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager(service_manager.path(), 9 * second, time);
  std::size_t filling = 0;
  while (service_manager.is_sent("X=1")) ++filling;
  REQUIRE(filling > 0);
  manager.ready();
  manager.stopping();
  manager.status("busy");
  const auto again = manager.turn(true);
  CHECK(again > time.now());
  CHECK(again < time.now() + second);
  CHECK(service_manager.take().size() == filling);
  time.advance(again - time.now());
  (void)manager.turn(true);
  CHECK(service_manager.take() == std::vector<std::string>{"READY=1", "STOPPING=1", "STATUS=busy", "WATCHDOG=1"});
}

TEST_CASE("a descriptor goes to the manager with its name, after what had that name before") {
  const test::notify_socket service_manager;
  const manual_clock time;
  app::notifier manager(service_manager.path(), 0, time);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const unique_fd in(ends[0]), out(ends[1]);
  CHECK(manager.store("listen/one", out.get()));
  manager.unstore("listen/two");
  const auto heard = service_manager.take_all();
  REQUIRE(heard.size() == 3);
  CHECK(heard[0].text == "FDSTOREREMOVE=1\nFDNAME=listen/one");
  CHECK(heard[1].text == "FDSTORE=1\nFDPOLL=0\nFDNAME=listen/one");
  CHECK(heard[2].text == "FDSTOREREMOVE=1\nFDNAME=listen/two");
  REQUIRE(heard[1].fd);
  CHECK(::write(heard[1].fd.get(), "x", 1) == 1);
  char letter = 0;
  CHECK((::read(in.get(), &letter, 1) == 1 && letter == 'x'));
  app::notifier nobody("", 0, time);
  CHECK(!nobody.store("listen/one", out.get()));
}

TEST_CASE("a descriptor waits with the rest when the manager does not read") {
  const test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager(service_manager.path(), 0, time);
  while (service_manager.is_sent("X=1")) {
  }
  CHECK(manager.store("a", 0));
  (void)service_manager.take();
  (void)manager.turn(true);
  const auto heard = service_manager.take_all();
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].text.starts_with("FDSTORE=1"));
  CHECK(heard[1].fd);
}

TEST_CASE("who follows another process says nothing until it may, and then all that waited") {
  const test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager(service_manager.path(), 9 * second, time);
  manager.wait_to_speak();
  manager.ready();
  manager.status("new");
  CHECK(manager.turn(true) == never);
  CHECK(service_manager.take().empty());
  manager.speak();
  (void)manager.turn(true);
  CHECK(service_manager.take() == std::vector<std::string>{"READY=1", "STATUS=new", "WATCHDOG=1"});
}

TEST_CASE("who has handed over is not heard any more") {
  const test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager(service_manager.path(), 9 * second, time);
  CHECK(manager.hand_over(4711));
  manager.stopping();
  manager.status("old");
  CHECK(!manager.store("a", 0));
  CHECK(manager.turn(true) == never);
  CHECK(service_manager.take() == std::vector<std::string>{"MAINPID=4711"});
}

TEST_CASE("a manager that does not read is not handed over to another process") {
  const test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager(service_manager.path(), 0, time);
  while (service_manager.is_sent("X=1")) {
  }
  CHECK(!manager.hand_over(4711));
  (void)service_manager.take();
  manager.ready();
  CHECK(service_manager.take() == std::vector<std::string>{"READY=1"});
}

TEST_CASE("an abstract socket is reached too") {
  const test::notify_socket service_manager(test::notify_socket::abstract);
  const manual_clock time;
  app::notifier manager(service_manager.path(), 0, time);
  manager.ready();
  CHECK(service_manager.take() == std::vector<std::string>{"READY=1"});
}

TEST_CASE("passed sockets are taken by name, for this process only, and no child sees them") {
  // Descriptors 3 and 4 may be in use by the test program, so what stands there is put aside.
  const int saved[] = {::fcntl(3, F_DUPFD_CLOEXEC, 100), ::fcntl(4, F_DUPFD_CLOEXEC, 100)};
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int high[] = {::fcntl(ends[0], F_DUPFD, 50), ::fcntl(ends[1], F_DUPFD, 50)};
  ::dup2(high[0], 3);
  ::dup2(high[1], 4);
  ::setenv("LISTEN_FDS", "2", 1);
  ::setenv("LISTEN_FDNAMES", "control-ro:something-new", 1);
  ::setenv("LISTEN_PID", "1", 1);
  CHECK(app::passed_sockets().empty());
  ::setenv("LISTEN_FDS", "2", 1);
  ::setenv("LISTEN_FDNAMES", "control-ro:something-new", 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  {
    const auto sockets = app::passed_sockets();
    REQUIRE(sockets.size() == 2);
    CHECK(sockets[0].name == "control-ro");
    CHECK(sockets[1].name == "something-new");
    CHECK((::fcntl(sockets[0].fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(std::getenv("LISTEN_FDS") == nullptr);
  }
  for (const int fd : {high[0], high[1], ends[0], ends[1]}) ::close(fd);
  for (int i = 0; i < 2; ++i) {
    if (saved[i] < 0) continue;
    ::dup2(saved[i], 3 + i);
    ::close(saved[i]);
  }
}
