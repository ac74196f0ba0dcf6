#include "date.hpp"

#include <doctest/doctest.h>

using namespace http;

TEST_CASE("a date is written in one form and read in three") {
  constexpr std::int64_t known = 784111777;
  CHECK(date_text(known) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date_text(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(date_text(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(parse_date("Sun, 06 Nov 1994 08:49:37 GMT") == known);
  CHECK(parse_date("Sunday, 06-Nov-94 08:49:37 GMT") == known);
  CHECK(parse_date("Sun Nov  6 08:49:37 1994") == known);
}

TEST_CASE("what is no date is none") {
  for (const char* const text : {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT and more",
                                 "Sun, 36 Nov 1994 08:49:37 GMT"})
    CHECK_FALSE_MESSAGE(parse_date(text), text);
}
