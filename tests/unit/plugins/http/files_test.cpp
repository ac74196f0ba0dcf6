// The files of a folder, asked for by hand.
#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

#include "bench.hpp"
#include "support/open_descriptors.hpp"
#include "support/temp_dir.hpp"

using namespace http;

namespace {

struct site {
  site() {
    dir.write("www/index.html", "<p>home</p>\n");
    dir.write("www/a b.txt", "0123456789");
    dir.write("www/sub/index.html", "sub");
    dir.write("www/bare/x", "x");
    dir.write("secret", "secret");
    REQUIRE(::symlink((dir / "secret").c_str(), (dir / "www/leak").c_str()) == 0);
  }
  [[nodiscard]] settings of() const {
    settings made;
    made.root = dir / "www";
    return made;
  }
  tokiod::test::temp_dir dir;
};

std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}

}  // namespace

TEST_CASE("a file comes with its type, its tag and its date, and a folder with its index") {
  const site s;
  bench b(s.of());
  const auto got = only_answer(b.ask(get("/a%20b.txt")));
  CHECK(got.status == 200);
  CHECK(got.body == "0123456789");
  CHECK(says(got, "Content-Type: text/plain; charset=utf-8"));
  CHECK(says(got, "Accept-Ranges: bytes"));
  CHECK(got.head.find("\r\nETag: \"") != std::string::npos);
  CHECK(got.head.find("\r\nLast-Modified: ") != std::string::npos);
  CHECK(only_answer(b.ask(get("/"))).body == "<p>home</p>\n");
  CHECK(only_answer(b.ask(get("/sub/"))).body == "sub");
  CHECK(only_answer(b.ask(get("/health"))).body == "ok\n");  // routes come first
}

TEST_CASE("HEAD gives the head of GET") {
  const site s;
  bench b(s.of());
  const auto whole = only_answer(b.ask(get("/a%20b.txt")));
  const auto head = only_answer(b.ask("HEAD /a%20b.txt HTTP/1.1\r\nHost: a\r\n\r\n"), true);
  CHECK(head.head == whole.head);
}

TEST_CASE("a client that has the file gets no body, and one that wants a part gets it") {
  const site s;
  bench b(s.of());
  const auto whole = only_answer(b.ask(get("/a%20b.txt")));
  const auto at = whole.head.find("ETag: ") + 6;
  const auto tag = whole.head.substr(at, whole.head.find("\r\n", at) - at);
  const auto same = only_answer(b.ask(get("/a%20b.txt", "If-None-Match: " + tag + "\r\n")), true);
  CHECK(same.status == 304);
  CHECK(says(same, "ETag: " + tag));
  CHECK(same.head.find("Content-Length") == std::string::npos);
  const auto part = only_answer(b.ask(get("/a%20b.txt", "Range: bytes=2-4\r\n")));
  CHECK(part.status == 206);
  CHECK(part.body == "234");
  CHECK(says(part, "Content-Range: bytes 2-4/10"));
  const auto beyond = only_answer(b.ask(get("/a%20b.txt", "Range: bytes=10-\r\n")));
  CHECK(beyond.status == 416);
  CHECK(says(beyond, "Content-Range: bytes */10"));
  CHECK(beyond.body.empty());
}

TEST_CASE("what is not below the folder is not there") {
  const site s;
  bench b(s.of());
  for (const char* const path : {"/leak", "/none", "/bare/", "/a%20b.txt/", "/%2e", "/..%5csecret"})
    CHECK_MESSAGE((only_answer(b.ask(get(path))).status == (std::string(path) == "/%2e" ? 200 : 404)), path);
  CHECK(only_answer(b.ask(get("/%2e%2e/secret"))).status == 400);
}

TEST_CASE("a folder without its slash is told where it is, and nothing but reading is allowed") {
  const site s;
  bench b(s.of());
  const auto moved = only_answer(b.ask(get("/sub")));
  CHECK(moved.status == 301);
  CHECK(says(moved, "Location: /sub/"));
  CHECK(says(only_answer(b.ask(get("/sub?a=b"))), "Location: /sub/?a=b"));
  const auto refused = only_answer(b.ask("DELETE /a%20b.txt HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(refused.status == 405);
  CHECK(says(refused, "Allow: GET, HEAD"));
}

TEST_CASE("where a thread may not block a job reads, and no descriptor is left of either") {
  const site s;
  for (const bool one_thread : {false, true}) {
    bench b(s.of());
    b.shared.one_thread = one_thread;
    const auto before = tokiod::test::open_descriptors();
    CHECK(only_answer(b.ask(get("/a%20b.txt"))).body == "0123456789");
    CHECK(only_answer(b.ask(get("/none"))).status == 404);
    CHECK(tokiod::test::open_descriptors() == before);
  }
}
