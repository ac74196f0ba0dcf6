// poll<T> and slot<T>.
#include "tokio/core/poll.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "tokio/core/slot.hpp"

TEST_CASE("a poll is ready with a value, or pending") {
  tokio::poll<int> none = tokio::pending;
  CHECK(none.is_pending());
  tokio::poll<int> one = 1;
  REQUIRE(one.is_ready());
  CHECK(one.value() == 1);
  tokio::poll<std::string> text = "abc";
  CHECK(text.value() == "abc");
  tokio::poll<std::unique_ptr<int>> owned = std::make_unique<int>(3);
  CHECK(*std::move(owned).value() == 3);
  CHECK(tokio::ready().is_ready());
  CHECK(tokio::poll<void>(tokio::pending).is_pending());
  CHECK(tokio::ready(std::string("x")).value() == "x");
}

TEST_CASE("a slot holds nothing, a value or an exception, and destroys what it holds") {
  auto tracked = std::make_shared<int>(1);
  {
    tokio::slot<std::shared_ptr<int>> slot;
    CHECK(slot.empty());
    slot.emplace(tracked);
    CHECK(slot.has_value());
    CHECK(tracked.use_count() == 2);
    slot.set_exception(std::make_exception_ptr(tracked));
    CHECK(slot.has_exception());
    CHECK(tracked.use_count() == 2);
  }
  CHECK(tracked.use_count() == 1);
}

TEST_CASE("a slot gives its value away, or throws its exception") {
  tokio::slot<std::string> value;
  value.emplace("abc");
  CHECK(value.take() == "abc");
  tokio::slot<void> thrown;
  thrown.set_exception(std::make_exception_ptr(std::runtime_error("x")));
  CHECK_THROWS_AS(thrown.take(), std::runtime_error);
  CHECK(thrown.empty());
  tokio::slot<void> done;
  done.emplace();
  CHECK_NOTHROW(done.take());
}
