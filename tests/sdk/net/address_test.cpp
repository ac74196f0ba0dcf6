// Addresses and targets: rows NT-01, NX-07.
#include "tokio/net/address.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tokio/net.hpp"
#include "tokio/test/block_on.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;

}  // namespace

TEST_CASE("[NT-01] internet addresses are parsed and printed") {
  for (const char* text :
       {"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:7007", "[2001:db8::1]:443", "[fe80::1%2]:9"}) {
    const auto address = socket_address::parse(text);
    REQUIRE_MESSAGE(address.has_value(), text);
    CHECK(address->to_string() == text);
  }
}

TEST_CASE("[NT-01] what is not an address is refused") {
  for (const char* text : {"", ":", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8 ",
                           "1.2.3:80", "256.1.1.1:80", "::1:80", "[::1]", "[::1]:", "[::1:80", "::1]:80",
                           "[127.0.0.1]:80", "[::1%]:80", "[::1%x]:80", "name:80"})
    CHECK_MESSAGE(!socket_address::parse(text).has_value(), text);
}

TEST_CASE("[NT-01] an address survives the way to the host and back") {
  for (const char* text : {"127.0.0.1:80", "[2001:db8::1%7]:443"}) {
    const auto address = socket_address::parse(text).value();
    CHECK(socket_address(address.raw()) == address);
  }
}

TEST_CASE("[NT-01] addresses know what they are") {
  CHECK(ip_address::parse("127.9.9.9")->is_loopback());
  CHECK(ip_address::loopback_v6().is_loopback());
  CHECK(ip_address::any_v4().is_unspecified());
  CHECK(ip_address::parse("239.1.1.1")->is_multicast());
  CHECK(ip_address::parse("ff02::1")->is_multicast());
  CHECK_FALSE(ip_address::parse("localhost").has_value());
}

TEST_CASE("[NX-07] unix addresses are a path, an abstract name, or nothing") {
  const auto path = unix_address::from_path("/run/a.sock").value();
  CHECK(path.as_pathname() == "/run/a.sock");
  CHECK_FALSE(path.as_abstract_name().has_value());
  CHECK(unix_address(path.raw()) == path);
  const auto name = unix_address::from_abstract_name("service").value();
  CHECK(name.as_abstract_name() == "service");
  CHECK(name.to_string() == "@service");
  CHECK(unix_address(name.raw()) == name);
  CHECK(unix_address().is_unnamed());
  CHECK_FALSE(unix_address::from_path("").has_value());
  CHECK_FALSE(unix_address::from_path(std::string(108, 'x')).has_value());
  CHECK(unix_address::from_path(std::string(107, 'x')).has_value());
  CHECK_FALSE(unix_address::from_abstract_name(std::string(108, 'x')).has_value());
}

TEST_CASE("[NT-01] literals resolve without a lookup; what is neither is an error at once") {
  test::fake_host fake;  // offers no tokio.resolve/1
  CHECK(test::block_on(lookup_host("127.0.0.1:80")).value().front().port() == 80);
  CHECK(test::block_on(lookup_host(target("::1", 81))).value().front().to_string() == "[::1]:81");
  const auto both = test::block_on(
      lookup_host(target(std::vector{*socket_address::parse("1.2.3.4:1"), *socket_address::parse("1.2.3.4:2")})));
  CHECK(both.value().size() == 2);
  for (const char* text : {"", "host", "host:", "host:70000", ":80", "a:b:80"})
    CHECK(test::block_on(lookup_host(text)).error().kind() == error_kind::invalid_input);
  CHECK(test::block_on(lookup_host("name:80")).error().kind() == error_kind::unsupported);
}
