// Folders are read entry by entry.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "files.hpp"
#include "sdk/task/bound_host.hpp"
#include "support/pipe_ends.hpp"
#include "support/temp_dir.hpp"
#include "tokio/stream/consume.hpp"
#include "tokio/stream/of_io.hpp"

namespace fs = tokio::fs;
using sdk_test::begin;
using sdk_test::bound_host;
using tokio::error_kind;
using tokio::task;
using tokiod::test::pipe_ends;
using tokiod::test::temp_dir;

namespace {

// Which one of this process is open on that path.
int descriptor_of(const std::string& path) {
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(one.path(), gone) == path) return std::stoi(one.path().filename());
  }
  return -1;
}

}  // namespace

TEST_CASE("[FS-17] every entry comes once, and then nothing") {
  bound_host host;
  const temp_dir dir;
  std::set<std::string> made;
  for (int i = 0; i < 200; ++i) {
    made.insert(std::string(static_cast<std::size_t>(i % 50 + 1), 'n') + std::to_string(i));
    dir.write(*std::next(made.begin(), 0), "x");
  }
  for (const auto& name : made) dir.write(name, "x");
  host.run([&]() -> task<> {
    auto entries = co_await fs::read_dir(dir.path());
    REQUIRE(entries);
    std::set<std::string> seen;
    while (auto entry = (co_await entries->next_entry()).value()) {
      CHECK(seen.insert(entry->file_name()).second);
      CHECK(entry->path() == dir / entry->file_name());
    }
    CHECK(seen == made);
    CHECK_FALSE((co_await entries->next_entry()).value());
    CHECK_FALSE((co_await entries->next_entry()).value());
    CHECK((co_await fs::create_dir(dir / "empty")));
    auto none = co_await fs::read_dir(dir / "empty");
    CHECK_FALSE((co_await none->next_entry()).value());
    CHECK((co_await fs::read_dir(dir / "none")).error().kind() == error_kind::not_found);
    CHECK((co_await fs::read_dir(dir / *made.begin())).error().kind() == error_kind::not_a_directory);
  });
  host.end();
}

TEST_CASE("[FS-17] a next_entry that is dropped has lost no entry") {
  bound_host host;
  const temp_dir dir;
  for (int i = 0; i < 100; ++i) dir.write("f" + std::to_string(i), "x");
  host.run([&]() -> task<> {
    auto entries = (co_await fs::read_dir(dir.path())).value();
    std::set<std::string> seen;
    for (;;) {
      {
        auto dropped = entries.next_entry();
        if (seen.size() % 32 == 0) CHECK(co_await begin(dropped));  // the operation is in flight now
      }
      auto entry = (co_await entries.next_entry()).value();
      if (!entry) break;
      CHECK(seen.insert(entry->file_name()).second);
    }
    CHECK(seen.size() == 100);
  });
  host.end();
}

TEST_CASE("[FS-17] one operation reads 32 entries") {
  bound_host host;
  const temp_dir dir;
  for (int i = 0; i < 70; ++i) dir.write("f" + std::to_string(i), "x");
  host.run([&]() -> task<> {
    auto entries = (co_await fs::read_dir(dir.path())).value();
    std::vector<int> waited_at;
    for (int i = 0; i < 70; ++i) {
      auto next = entries.next_entry();
      // A poll that has to ask cannot end without budget; one that finds an entry does, and the entry is lost here.
      if (co_await begin(next)) {
        waited_at.push_back(i);
        CHECK((co_await next).value());
      }
    }
    CHECK(waited_at == std::vector<int>{0, 32, 64});
  });
  host.end();
}

TEST_CASE("[FS-17] what is refused for now ends no listing") {
  bound_host host({.workers = 2, .max_bytes = 1 << 20, .max_jobs = 1});
  pipe_ends pipe;
  const temp_dir dir;
  for (int i = 0; i < 40; ++i) dir.write("f" + std::to_string(i), "x");
  host.run([&]() -> task<> {
    auto entries = (co_await fs::read_dir(dir.path())).value();
    {
      auto waits = fs::file::from_fd(pipe.read.release()).value();
      char byte = 0;
      auto reading = waits.read(tokio::io::byte_span(&byte, 1));
      CHECK(co_await begin(reading));  // it has the one place
      CHECK((co_await entries.next_entry()).error().kind() == error_kind::resource_exhausted);
      pipe.write.reset();
      CHECK(co_await reading == 0u);
    }
    {
      auto most = fs::lease::make(tokio::current_instance("in a task"), (1 << 20) - 8192);
      REQUIRE(most);
      CHECK((co_await entries.next_entry()).error().kind() == error_kind::resource_exhausted);
    }
    int seen = 0;
    while ((co_await entries.next_entry()).value()) ++seen;
    CHECK(seen == 40);
  });
  host.end();
}

TEST_CASE("[FS-17] an error of the folder comes after the entries before it, and ends the listing") {
  bound_host host;
  const temp_dir dir;
  for (int i = 0; i < 200; ++i) dir.write(std::string(200, 'n') + std::to_string(i), "");
  host.run([&]() -> task<> {
    auto entries = (co_await fs::read_dir(dir.path())).value();
    CHECK((co_await entries.next_entry()).value());
    const int folder = descriptor_of(dir.path());
    pipe_ends pipe;
    REQUIRE(::dup3(pipe.read.get(), folder, O_CLOEXEC) == folder);  // no folder any more
    int seen = 1;
    auto next = co_await entries.next_entry();
    for (; next && *next; next = co_await entries.next_entry()) ++seen;
    CHECK(seen > 32);
    CHECK(seen < 200);
    REQUIRE_FALSE(next);
    CHECK(next.error().kind() == error_kind::not_a_directory);
    CHECK_FALSE((co_await entries.next_entry()).value());
  });
  host.end();
}

TEST_CASE(
    "[FS-18] an entry knows its name, path, kind and number; its metadata is its own, not that of what it links to") {
  bound_host host;
  const temp_dir dir;
  dir.write("file", "0123456789");
  REQUIRE(::mkdir((dir / "folder").c_str(), 0700) == 0);
  REQUIRE(::symlink("file", (dir / "link").c_str()) == 0);
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  int seen = 0;
  host.run([&]() -> task<> {
    auto entries = (co_await fs::read_dir(dir.path() + "/")).value();
    while (auto entry = (co_await entries.next_entry()).value()) {
      ++seen;
      const auto kind = co_await entry->file_type();
      const auto facts = co_await entry->metadata();
      REQUIRE(kind);
      REQUIRE(facts);
      CHECK(facts->file_type() == *kind);
      CHECK(facts->ino() == entry->ino());
      CHECK(entry->path() == dir / entry->file_name());
      const auto& name = entry->file_name();
      CHECK(kind->is_file() == (name == "file"));
      CHECK(kind->is_dir() == (name == "folder"));
      CHECK(kind->is_symlink() == (name == "link"));
      CHECK(kind->is_fifo() == (name == "fifo"));
      if (name == "file") CHECK(facts->len() == 10);
      if (name == "link") CHECK(facts->len() == 4);  // of its own text
    }
  });
  CHECK(seen == 4);
  host.end();
}

TEST_CASE("[FS-18] an entry outlives the reader, and finds its file where the folder is now") {
  bound_host host;
  const temp_dir dir;
  dir.write("before/file", "0123456789");
  host.run([&]() -> task<> {
    std::optional<fs::dir_entry> entry;
    {
      auto entries = (co_await fs::read_dir(dir / "before")).value();
      entry = (co_await entries.next_entry()).value();
    }
    CHECK((co_await fs::rename(dir / "before", dir / "after")));
    CHECK((co_await entry->metadata())->len() == 10);
    auto late = entry->metadata();
    entry.reset();
    CHECK((co_await late)->len() == 10);
    auto gone = (co_await (co_await fs::read_dir(dir / "after"))->next_entry()).value();
    CHECK((co_await fs::remove_file(dir / "after/file")));
    CHECK((co_await gone->metadata()).error().kind() == error_kind::not_found);
    CHECK((co_await gone->file_type())->is_file());  // as it was read
  });
  host.end();
}

TEST_CASE("[ST-11] a folder as a stream gives its entries as results, and then ends") {
  bound_host host;
  const temp_dir dir;
  const std::set<std::string> made = {"one", "two", "three"};
  for (const auto& name : made) dir.write(name, "x");
  host.run([&]() -> task<> {
    auto entries = tokio::stream::of((co_await fs::read_dir(dir.path())).value());
    std::set<std::string> seen;
    while (auto entry = co_await entries.next()) seen.insert(entry->value().file_name());
    CHECK(seen == made);
    CHECK_FALSE((co_await entries.next()).has_value());
    auto none = tokio::stream::of((co_await fs::read_dir(dir.path())).value()).into_inner();
    CHECK((co_await none.next_entry()).value().has_value());
  });
  host.end();
}
