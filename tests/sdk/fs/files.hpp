// For tests of files: futures that are begun and not ended, and what a file has.
// Threads: the test's.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "tokio/fs.hpp"
#include "tokio/task.hpp"

namespace sdk_test {

// One poll, which begins what it is about and cannot end it: the budget is used up.
template <class F>
auto begin(F& future) {
  return tokio::poll_fn([&future](tokio::context& cx) -> tokio::poll<bool> {
    auto& budget = *cx.raw()->budget;
    const auto before = std::exchange(budget, 0);
    const bool pending = future.poll(cx).is_pending();
    budget = before;
    return pending;
  });
}

inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  return std::move(text).str();
}

inline tokio::task<tokio::fs::file> open_both_ways(std::string path) {
  auto opened = co_await tokio::fs::open_options().read(true).write(true).open(path);
  co_return std::move(opened).value();
}

// What one read gives, as text.
inline tokio::task<std::string> next(tokio::fs::file& from, std::size_t most) {
  std::string text(most, '\0');
  auto got = co_await from.read(tokio::io::byte_span(text));
  REQUIRE(got);
  text.resize(*got);
  co_return text;
}

// What it reads, so many bytes at most, comes later and is nobody's.
inline tokio::task<> drop_a_read(tokio::fs::file& from, std::size_t most = 8) {
  std::string room(most, '\0');
  auto dropped = from.read(tokio::io::byte_span(room));
  CHECK(co_await begin(dropped));
}

}  // namespace sdk_test
