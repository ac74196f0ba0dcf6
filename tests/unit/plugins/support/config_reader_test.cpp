#include "config_reader.hpp"

#include <doctest/doctest.h>

using plugin_support::config_reader;

TEST_CASE("values that are there are read, and defaults stand in for the others") {
  config_reader in(R"({"port": 8, "name": "x", "on": true})");
  CHECK(in.integer("port", 1, 1, 10) == 8);
  CHECK(in.string("name", "y") == "x");
  CHECK(in.boolean("on", false));
  CHECK(in.integer("absent", 5, 1, 10) == 5);
  CHECK(!in.fault());
}

TEST_CASE("an empty text is an empty object") {
  config_reader in("");
  CHECK(in.string("name", "y") == "y");
  CHECK(!in.fault());
}

TEST_CASE("each fault is one sentence with the key, the bounds and what was there") {
  const auto port_fault = [](std::string_view text) {
    config_reader in(text);
    CHECK(in.integer("port", 3, 1, 10) == 3);
    return in.fault().value_or("no fault");
  };
  CHECK(port_fault(R"({"port": 0})") == "port must be an integer in 1..10, got 0");
  CHECK(port_fault(R"({"port": 18446744073709551615})") ==
        "port must be an integer in 1..10, got 18446744073709551615");
  CHECK(port_fault(R"({"port": 1.5})") == "port must be an integer in 1..10, got 1.5");
  CHECK(port_fault(R"({"port": "7"})") == "port must be an integer in 1..10, got \"7\"");
  CHECK(port_fault(R"({"prot": 7})") == "unknown key \"prot\"; known are: port");
  CHECK(port_fault("[1]") == "the configuration must be an object, got [1]");
  CHECK(port_fault("{") == "the configuration is not JSON");
}

TEST_CASE("a string over its limit is refused, and shown cut short") {
  config_reader in("{\"name\": \"" + std::string(100, 'a') + "\"}");
  CHECK(in.string("name", "y", 10) == "y");
  CHECK(in.fault() == "name must be a string of at most 10 bytes, got \"" + std::string(36, 'a') + "...");
}

TEST_CASE("a list of strings is read whole, or refused with its limits") {
  config_reader in(R"({"to": ["a", "b"]})");
  CHECK(in.strings("to", 2) == std::vector<std::string>{"a", "b"});
  CHECK(in.strings("absent", 2).empty());
  CHECK(!in.fault());
  for (const char* text :
       {R"({"to": ["a", "b", "c"]})", R"({"to": ["a", 1]})", R"({"to": "a"})", R"({"to": ["abcd"]})"}) {
    config_reader bad(text);
    CHECK(bad.strings("to", 2, 3).empty());
    CHECK(bad.fault().value_or("").starts_with("to must be at most 2 strings of at most 3 bytes, got "));
  }
}
