#include "app/kept_listeners.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "support/notify_socket.hpp"

using namespace tokiod;
using app::kept_listeners;
using app::passed_socket;

namespace {

struct place {
  sockaddr_storage at{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&at); }
};

place at_port(std::uint16_t port, const char* ip = "127.0.0.1") {
  place p;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  REQUIRE(::inet_pton(AF_INET, ip, &four.sin_addr) == 1);
  std::memcpy(&p.at, &four, sizeof four);
  p.length = sizeof four;
  return p;
}

place of_path(const std::string& bytes) {
  place p;
  sockaddr_un unix_address{};
  unix_address.sun_family = AF_UNIX;
  std::memcpy(unix_address.sun_path, bytes.data(), bytes.size());
  std::memcpy(&p.at, &unix_address, sizeof unix_address);
  p.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes.size());
  return p;
}

// A listening socket, and where it listens.
struct listening {
  explicit listening(bool shared = false, place where = at_port(0))
      : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    if (shared) REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
    REQUIRE(::bind(fd.get(), where.get(), where.length) == 0);
    REQUIRE(::listen(fd.get(), 8) == 0);
    address.length = sizeof address.at;
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address.at), &address.length) == 0);
  }
  [[nodiscard]] std::string name(const std::string& instance = "echo") const {
    return app::listener_name(instance, address.get(), address.length);
  }
  unique_fd fd;
  place address;
};

bool same_socket(int a, int b) {
  std::uint64_t one = 0, two = 1;
  socklen_t bytes = sizeof one;
  return ::getsockopt(a, SOL_SOCKET, SO_COOKIE, &one, &bytes) == 0 &&
         ::getsockopt(b, SOL_SOCKET, SO_COOKIE, &two, &bytes) == 0 && one == two;
}

// The manager's side, and what a process hands to the next one.
struct bench {
  test::notify_socket service_manager;
  manual_clock time;
  app::notifier manager{service_manager.path(), 0, time};
  [[nodiscard]] std::vector<passed_socket> stored() const {
    std::vector<passed_socket> all;
    for (auto& each : service_manager.take_all()) {
      const auto name = each.text.substr(each.text.find("FDNAME=") + 7);
      if (each.text.starts_with("FDSTOREREMOVE"))
        std::erase_if(all, [&](const auto& one) { return one.name == name; });
      else if (each.fd)
        all.push_back({name, std::move(each.fd)});
    }
    return all;
  }
};

std::vector<passed_socket> nothing_passed;

}  // namespace

TEST_CASE("names hold the instance and the address, and nothing that a manager refuses") {
  const auto name = [](const place& p) { return app::listener_name("echo", p.get(), p.length); };
  CHECK(name(at_port(7007)) == "listen/echo/127.0.0.1%3A7007");
  CHECK(name(of_path(std::string("\0a b", 4))) == "listen/echo/%40a%20b");
  CHECK(name(at_port(0)).empty());
  CHECK(name(of_path("/run/plugin.sock")).empty());
  CHECK(app::listener_name("echo", nullptr, 0).empty());
}

TEST_CASE("the next process gets the socket that still listens, by instance and address") {
  const listening l;
  std::vector<passed_socket> kept;
  bench b;
  {
    kept_listeners first(b.manager, nothing_passed);
    first.listens("echo", l.fd.get());
    kept = b.stored();
    REQUIRE(kept.size() == 1);
    CHECK(kept[0].name == l.name());
    first.freeze();
    first.leaves("echo", l.fd.get());
    CHECK(b.service_manager.take().empty());  // the copy is for the next one
  }
  kept.push_back({"control", unique_fd(::dup(0))});
  kept_listeners next(b.manager, kept);
  CHECK(kept.size() == 1);  // what is not ours stays
  CHECK(next.has_unclaimed());
  CHECK(!next.take("other", l.address.get(), l.address.length));
  const auto taken = next.take("echo", l.address.get(), l.address.length);
  REQUIRE(taken);
  CHECK(same_socket(taken.get(), l.fd.get()));
  CHECK(!next.take("echo", l.address.get(), l.address.length));
  next.listens("echo", taken.get());
  next.drop_unclaimed(0);
  CHECK(b.service_manager.take().empty());  // the manager has it all the while
  next.leaves("echo", taken.get());
  CHECK(b.service_manager.take() == std::vector<std::string>{"FDSTOREREMOVE=1\nFDNAME=" + l.name()});
}

TEST_CASE("what nobody asks for is closed and taken from the manager, but not while the process ends") {
  bench b;
  const listening l;
  const auto passed = [&] {
    std::vector<passed_socket> all;
    all.push_back({l.name(), unique_fd(::dup(l.fd.get()))});
    return all;
  };
  auto one = passed();
  kept_listeners ending(b.manager, one);
  ending.freeze();
  ending.drop_unclaimed(0);
  CHECK(b.service_manager.take().empty());
  auto two = passed();
  kept_listeners starting(b.manager, two);
  starting.drop_unclaimed(0);
  CHECK(!starting.has_unclaimed());
  CHECK(b.service_manager.take() == std::vector<std::string>{"FDSTOREREMOVE=1\nFDNAME=" + l.name()});
}

TEST_CASE("a copy that does not listen, or comes twice, does no harm") {
  bench b;
  const listening l;
  std::vector<passed_socket> passed;
  passed.push_back({"listen/echo/127.0.0.1%3A1", unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))});
  passed.push_back({l.name(), unique_fd(::dup(l.fd.get()))});
  passed.push_back({l.name(), unique_fd(::dup(l.fd.get()))});
  kept_listeners k(b.manager, passed);
  CHECK(passed.empty());
  CHECK(!k.take("echo", at_port(1).get(), at_port(1).length));
  CHECK(k.take("echo", l.address.get(), l.address.length));
  CHECK(!k.take("echo", l.address.get(), l.address.length));
}

TEST_CASE("several sockets of one instance at one address are told apart") {
  bench b;
  const listening a(true);
  const listening c(true, a.address);
  kept_listeners k(b.manager, nothing_passed);
  k.listens("echo", a.fd.get());
  k.listens("echo", c.fd.get());
  auto kept = b.stored();
  REQUIRE(kept.size() == 2);
  CHECK(kept[1].name == a.name() + "+2");
  kept_listeners next(b.manager, kept);
  const auto first = next.take("echo", a.address.get(), a.address.length);
  const auto other = next.take("echo", a.address.get(), a.address.length);
  REQUIRE((first && other));
  CHECK(!same_socket(first.get(), other.get()));
  next.listens("echo", other.get());
  next.listens("echo", first.get());
  CHECK(b.service_manager.take().empty());
}

TEST_CASE("there are at most as many as the manager keeps; all of them go to a successor") {
  bench b;
  kept_listeners k(b.manager, nothing_passed);
  std::vector<listening> many(kept_listeners::most + 1);
  std::size_t stored = 0;
  for (const auto& each : many) {
    k.listens("echo", each.fd.get());
    stored += b.stored().size();
  }
  CHECK(stored == kept_listeners::most);
  CHECK(k.copies().size() == many.size());
}
