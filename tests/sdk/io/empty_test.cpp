// Streams without anybody behind them: row IO-21.
#include "tokio/io/empty.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;

// Does `once` succeed so often as there is budget, and then gives its turn away?
template <class Once>
void spends_budget(Once once) {
  test::fake_host fake;
  int rounds = 0;
  hand_poll forever(poll_fn([&](context& cx) -> poll<unit> {
    while (once(cx).is_ready()) ++rounds;
    return pending;
  }));
  CHECK(forever.poll_with_budget(7).is_pending());
  CHECK(rounds == 7);
  CHECK(forever.is_woken());
}

}  // namespace

TEST_CASE("[IO-21] empty is at its end, takes what is written, and is always at 0") {
  test::fake_host fake;
  auto nothing = io::empty();
  std::array<char, 4> room;
  CHECK(test::block_on(nothing.read(room)).value() == 0);
  std::string line;
  CHECK(test::block_on(nothing.read_line(line)).value() == 0);
  CHECK(test::block_on(nothing.write_all("gone")).has_value());
  CHECK(test::block_on(nothing.flush()).has_value());
  CHECK(test::block_on(nothing.shutdown()).has_value());
  CHECK(test::block_on(nothing.write("still open")).value() == 10);
  CHECK(test::block_on(nothing.seek(io::seek_from::start(17))).value() == 0);
  CHECK(test::block_on(nothing.seek(io::seek_from::current(-3))).value() == 0);
  CHECK(test::block_on(nothing.stream_position()).value() == 0);
}

TEST_CASE("[IO-21] a sink takes all that it is given, also in parts") {
  test::fake_host fake;
  auto nowhere = io::sink();
  CHECK(test::block_on(nowhere.write(std::string(100'000, 'x'))).value() == 100'000);
  const std::array<io::byte_view, 3> parts{"ab", "", "cde"};
  CHECK(test::block_on(nowhere.write_vectored(parts)).value() == 5);
  auto source = io::cursor(std::string("all of it"));
  CHECK(test::block_on(io::copy(source, nowhere)).value() == 9);
}

TEST_CASE("[IO-21] repeat fills every read with its byte") {
  test::fake_host fake;
  auto same = io::repeat(std::byte{'z'});
  std::array<char, 5> room{};
  CHECK(test::block_on(same.read_exact(room)).value() == 5);
  CHECK(std::string(room.data(), 5) == "zzzzz");
  std::string text;
  auto few = io::take(same, 3);
  CHECK(test::block_on(few.read_to_string(text)).value() == 3);
  CHECK(text == "zzz");
}

TEST_CASE("[IO-21] all of them keep to the cooperative budget") {
  std::array<char, 4> room;
  spends_budget([same = io::repeat(std::byte{1}), &room](context& cx) mutable { return same.poll_read(cx, room); });
  spends_budget([none = io::empty(), &room](context& cx) mutable { return none.poll_read(cx, room); });
  spends_budget([none = io::empty()](context& cx) mutable { return none.poll_fill_buf(cx); });
  spends_budget([none = io::empty()](context& cx) mutable { return none.poll_complete(cx); });
  spends_budget([none = io::empty()](context& cx) mutable { return none.poll_write(cx, "x"); });
  spends_budget([away = io::sink()](context& cx) mutable { return away.poll_write(cx, "x"); });
  spends_budget([away = io::sink()](context& cx) mutable { return away.poll_flush(cx); });
  spends_budget([away = io::sink()](context& cx) mutable { return away.poll_shutdown(cx); });
}
