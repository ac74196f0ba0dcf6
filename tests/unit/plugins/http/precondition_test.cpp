#include "precondition.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <utility>

#include "content_type.hpp"

using namespace http;

namespace {

const validators file{"\"5-64\"", 784111777, 100};
const char* const its_date = "Sun, 06 Nov 1994 08:49:37 GMT";
const char* const before = "Sun, 06 Nov 1994 08:49:36 GMT";

verdict judged(std::initializer_list<std::pair<const char*, const char*>> fields, method verb = method::get) {
  request asked;
  asked.verb = verb;
  for (const auto& [name, value] : fields) asked.fields.push_back({name, value});
  return judge(asked, file);
}

bool is_part(const range& got, std::uint64_t first, std::uint64_t count) {
  return got.kind == range_kind::part && got.bytes.first == first && got.bytes.count == count;
}

}  // namespace

TEST_CASE("a range is from here to there, from here on, or the last bytes") {
  CHECK(is_part(parse_range("bytes=0-9", 100), 0, 10));
  CHECK(is_part(parse_range("bytes=90-", 100), 90, 10));
  CHECK(is_part(parse_range("Bytes= 90-200", 100), 90, 10));
  CHECK(is_part(parse_range("bytes=-10", 100), 90, 10));
  CHECK(is_part(parse_range("bytes=-200", 100), 0, 100));
  CHECK(is_part(parse_range("bytes=99-99", 100), 99, 1));
  CHECK(is_part(parse_range("bytes=0-18446744073709551615", 100), 0, 100));
  CHECK(is_part(parse_range("bytes=0-99999999999999999999", 100), 0, 100));
}

TEST_CASE("a range behind the end has nothing in it") {
  for (const char* const text : {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"})
    CHECK_MESSAGE(parse_range(text, 100).kind == range_kind::none_of_it, text);
  CHECK(parse_range("bytes=0-0", 0).kind == range_kind::none_of_it);
  CHECK(parse_range("bytes=-1", 0).kind == range_kind::none_of_it);
}

TEST_CASE("what is no range, or several, is ignored") {
  for (const char* const text : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5", "bytes=9-5", "lines=0-1",
                                 "bytes=0-1,3-4", "bytes=--1", "bytes=+1-2"})
    CHECK_MESSAGE(parse_range(text, 100).kind == range_kind::whole, text);
}

TEST_CASE("a client that has the file is told that nothing has changed") {
  CHECK(judged({}).status == 200);
  CHECK(judged({}).bytes.count == 100);
  for (const char* const list : {"\"5-64\"", "W/\"5-64\"", "\"a\", \"5-64\"", "*", " \"5-64\" "})
    CHECK_MESSAGE(judged({{"If-None-Match", list}}).status == 304, list);
  CHECK(judged({{"If-None-Match", "\"a\""}}).status == 200);
  CHECK(judged({{"If-None-Match", "\"a\""}, {"If-None-Match", "\"5-64\""}}).status == 304);
  CHECK(judged({{"If-Modified-Since", its_date}}).status == 304);
  CHECK(judged({{"If-Modified-Since", before}}).status == 200);
  CHECK(judged({{"If-Modified-Since", "nonsense"}}).status == 200);
  CHECK(judged({{"If-None-Match", "\"a\""}, {"If-Modified-Since", its_date}}).status == 200);
  CHECK(judged({{"If-None-Match", "\"5-64\""}, {"Range", "bytes=0-1"}}).status == 304);
}

TEST_CASE("a part is given of the file that the client knows, and only to GET") {
  CHECK(judged({{"Range", "bytes=0-1"}}).status == 206);
  CHECK(judged({{"Range", "bytes=0-1"}}).bytes.count == 2);
  CHECK(judged({{"Range", "bytes=0-1"}, {"Range", "bytes=4-5"}}).status == 200);
  CHECK(judged({{"Range", "bytes=200-"}}).status == 416);
  CHECK(judged({{"Range", "bytes=0-1"}}, method::head).status == 200);
  CHECK(judged({{"Range", "bytes=0-1"}, {"If-Range", "\"5-64\""}}).status == 206);
  CHECK(judged({{"Range", "bytes=0-1"}, {"If-Range", its_date}}).status == 206);
  CHECK(judged({{"Range", "bytes=0-1"}, {"If-Range", "\"other\""}}).status == 200);
  CHECK(judged({{"Range", "bytes=0-1"}, {"If-Range", "W/\"5-64\""}}).status == 200);
  CHECK(judged({{"Range", "bytes=0-1"}, {"If-Range", before}}).status == 200);
}

TEST_CASE("a tag changes with the time and the size") {
  CHECK(etag_of(255, 16) == "\"ff-10\"");
  CHECK(etag_of(256, 16) != etag_of(255, 16));
  CHECK(etag_of(255, 17) != etag_of(255, 16));
}

TEST_CASE("the type is that of the name's end") {
  CHECK(content_type("/a/index.HTML") == "text/html; charset=utf-8");
  CHECK(content_type("/a.tar.gz") == "application/gzip");
  CHECK(content_type("/a.d/README") == "application/octet-stream");
  CHECK(content_type("/.html") == "text/html; charset=utf-8");
}
