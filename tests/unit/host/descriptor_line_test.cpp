#include "host/descriptor_line.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "support/descriptor_hog.hpp"

using namespace tokiod;
using namespace tokiod::host;
using tokiod::test::descriptor_hog;

namespace {

int another() {
  const int fd = ::dup(0);
  return fd >= 0 ? fd : -errno;
}

// Makes descriptors until there is none.
std::vector<unique_fd> all_of(descriptor_line& line) {
  std::vector<unique_fd> made;
  for (;;) {
    const int fd = line.make(0, another);
    if (fd < 0) {
      CHECK(fd == -EMFILE);
      return made;
    }
    made.emplace_back(fd);
  }
}

}  // namespace

TEST_CASE("plugins get all but the last descriptors, and those below again when they are free") {
  descriptor_hog hog(256);
  const auto free = hog.give_back(100);
  descriptor_line line(40);
  CHECK(line.look().line == 216);
  auto made = all_of(line);
  const auto below = std::ranges::count_if(free, [](int number) { return number < 216; });
  CHECK(static_cast<std::ptrdiff_t>(made.size()) == below);
  CHECK(line.look().refused == 1);
  CHECK(unique_fd(another()));  // the kernel still has some: those are the daemon's
  made.resize(made.size() - 3);
  CHECK(all_of(line).size() == 3);
}

TEST_CASE("a hole far below the line does not hide that there is no room beside it") {
  descriptor_hog hog(256);
  hog.give_back(100);
  descriptor_line line(40);
  auto made = all_of(line);
  made.erase(made.begin());
  made.emplace_back(line.make(0, another));
  REQUIRE(made.back());
  int calls = 0;
  CHECK(line.make(0, [&] { return ++calls, another(); }) == -EMFILE);
  CHECK(calls == 0);  // so a connection stays in the backlog
}

TEST_CASE("a call that can be taken back is made and closed") {
  descriptor_hog hog(256);
  auto numbers = hog.give_back(60);
  descriptor_line line(40);
  const auto made = all_of(line);
  const auto above = std::ranges::find_if(numbers, [](int number) { return number >= 216; });
  REQUIRE(above != numbers.end());
  CHECK(line.make(-1, another) == -EMFILE);
  CHECK(line.keep(another()) == -EMFILE);
  const unique_fd free(another());
  CHECK(free.get() == *above);
}

TEST_CASE("a call that has a place keeps its descriptor, whatever others take while it waits") {
  descriptor_hog hog(256);
  hog.give_back(100);
  descriptor_line line(40);
  std::vector<unique_fd> others;
  int waited_with = -1;
  const unique_fd made(line.make_with_place([&] {
    others = all_of(line);
    return waited_with = another();
  }));
  REQUIRE(made);
  CHECK(waited_with >= line.look().line);
  CHECK(made.get() < line.look().line);
  CHECK(::fcntl(made.get(), F_GETFD) == FD_CLOEXEC);
  CHECK(::fcntl(waited_with, F_GETFD) == -1);
}

TEST_CASE("a call that needs a place is not begun without one, nor with the last one") {
  descriptor_hog hog(256);
  hog.give_back(100);
  descriptor_line line(40);
  auto made = all_of(line);
  int calls = 0;
  const auto call = [&] { return ++calls, another(); };
  CHECK(line.make_with_place(call) == -EMFILE);
  made.pop_back();
  CHECK(line.make_with_place(call) == -EMFILE);  // it would wait with one of the daemon's
  CHECK(calls == 0);
  made.pop_back();
  CHECK(unique_fd(line.make_with_place(call)).get() < line.look().line);
  CHECK(line.make_with_place([] { return -ENOENT; }) == -ENOENT);
}

TEST_CASE("what is kept is at most a quarter, and a limit that is raised later counts") {
  descriptor_hog hog(256);
  descriptor_line line(4000);
  CHECK(line.look().line == 192);
  CHECK(line.make(-1, another) == -EMFILE);
  rlimit more{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &more) == 0);
  more.rlim_cur = 400;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &more) == 0);
  CHECK(unique_fd(line.make(-1, another)));
  CHECK(line.look().line == 300);
  CHECK(line.look().limit == 400);
}

TEST_CASE("an error of the call goes through as it is") {
  descriptor_line line(40);
  CHECK(line.make(-1, [] { return -EACCES; }) == -EACCES);
  CHECK(line.look().refused == 0);
}
