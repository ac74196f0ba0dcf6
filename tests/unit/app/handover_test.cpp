#include "app/handover.hpp"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "app/instance_lock.hpp"
#include "app/maintenance.hpp"
#include "app/successor.hpp"
#include "app/trusted_program.hpp"
#include "support/in_child.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;
using app::handover_channel;

namespace {

std::string program(const test::temp_dir& dir, const std::string& text, mode_t mode = 0755) {
  const auto path = dir.write("program", text);
  REQUIRE(::chmod(path.c_str(), mode) == 0);
  return path;
}

kind trust(const std::string& path) {
  const auto got = app::trusted_program(path);
  return got ? kind::internal : got.error().why;
}

std::string stage_of(const std::string& path, duration_ns patience, const std::function<bool()>& given_up = nullptr,
                     app::upgrade_failure* seen = nullptr, bool orphan = false) {
  app::successor_order order;
  order.orphan = orphan;
  order.program = path;
  order.words = {path};
  auto started = app::successor::start(std::move(order));
  if (!started) return started.error().stage;
  const auto ready = (*started)->wait_ready(steady_clock().now() + patience, given_up);
  if (ready) return "ready after all";
  if (seen != nullptr) *seen = ready.error();
  return ready.error().stage;
}

// As a manager does: whoever is left to this process is reaped at once.
void reap_for_good() {
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  std::thread([] {
    for (;;) (void)::waitpid(-1, nullptr, 0);
  }).detach();
}

}  // namespace

TEST_CASE("a channel carries whole objects, and tells that the other side is gone") {
  auto ends = handover_channel::pair();
  REQUIRE(ends);
  CHECK(ends->first.say({{"ready", true}}));
  CHECK(ends->first.say({{"failed", "x"}}));
  const auto far = steady_clock().now() + 60 * second;
  CHECK(ends->second.hear(far) == wire::json{{"ready", true}});
  CHECK(ends->second.hear(far) == wire::json{{"failed", "x"}});
  CHECK(!ends->second.hear(0));
  ends->first.take().reset();
  CHECK(!ends->second.hear(far));
  CHECK(!ends->second.say({{"go", true}}));
}

TEST_CASE("a process that nobody handed anything to inherits nothing") {
  const auto nothing = app::inherit();
  REQUIRE(nothing);
  CHECK(!nothing->has_value());
}

TEST_CASE("only programs that nobody else can have put there are trusted") {
  const test::temp_dir dir;
  const auto path = program(dir, "#!/bin/sh\n");
  CHECK(app::trusted_program(path).value_or("") == path);
  CHECK(trust("program") == kind::not_trusted);
  CHECK(trust(dir.path()) == kind::not_trusted);
  CHECK(trust(dir / "none") == kind::not_found);
  CHECK(trust(program(dir, "", 0775)) == kind::not_trusted);
  CHECK(trust(program(dir, "", 0757)) == kind::not_trusted);
  (void)program(dir, "");
  REQUIRE(::chmod(dir.path().c_str(), 0777) == 0);
  CHECK(trust(path) == kind::not_trusted);
  REQUIRE(::chmod(dir.path().c_str(), 0700) == 0);
  CHECK(app::own_program());
}

TEST_CASE("a successor that does not become ready is ended, and the step and its last words are told") {
  const test::temp_dir dir;
  app::upgrade_failure said;
  CHECK(stage_of(dir / "none", second) == "spawn");
  CHECK(stage_of(program(dir, "#!/bin/sh\necho sorry >&2\nexit 3\n"), 60 * second, nullptr, &said) == "start");
  CHECK(said.why == "it ended with the code 3");
  CHECK(said.standard_error == "sorry\n");
  CHECK(stage_of(program(dir, "#!/bin/sh\nkill -SEGV $$\n"), 60 * second) == "start");
  const auto hangs = program(dir, "#!/bin/sh\nexec sleep 1000\n");
  CHECK(stage_of(hangs, 50 * millisecond) == "ready");
  CHECK(stage_of(hangs, 60 * second, [] { return true; }) == "ready");
}

TEST_CASE("internal: nobody's successors end at once" * doctest::skip()) {
  test::child_begins();
  reap_for_good();
  const test::temp_dir dir;
  const auto ends = program(dir, "#!/bin/sh\necho sorry >&2\n");
  for (int n = 0; n < 50; ++n) {
    app::upgrade_failure said;
    CHECK(stage_of(ends, 60 * second, nullptr, &said, true) == "start");
    CHECK(said.why == "it ended");
    CHECK(said.standard_error == "sorry\n");
  }
  CHECK(stage_of(dir / "none", second, nullptr, nullptr, true) == "spawn");
}

TEST_CASE("a successor that is nobody's child may end and be reaped before anybody looks at it") {
  CHECK(test::passes_in_child("internal: nobody's successors end at once"));
}

TEST_CASE("a successor finds its state and its channel where it is told") {
  const test::temp_dir dir;
  app::upgrade_failure said;
  // Without a JSON parser: the state begins at descriptor 3, and only what is named is there.
  const auto path = program(dir, "#!/bin/sh\ncat <&3 >&2\nls /proc/self/fd | wc -l >&2\nexit 1\n");
  CHECK(stage_of(path, 60 * second, nullptr, &said) == "start");
  CHECK(said.standard_error.find(R"("descriptors":["channel","stderr"])") != std::string::npos);
}

TEST_CASE("one owner for each state directory") {
  const test::temp_dir dir;
  const auto first = app::lock_instance(dir.path());
  REQUIRE((first && *first));
  CHECK(app::lock_instance(dir.path()).error().why == kind::in_use);
  CHECK(app::lock_instance("").has_value());
  CHECK(app::lock_instance(dir / "none").error().why == kind::io_error);
}

TEST_CASE("maintenance ends by the clock, or when somebody ends it") {
  manual_clock time;
  time.advance(second);
  app::maintenance upkeep(time);
  CHECK(!upkeep.now().on);
  CHECK(upkeep.begin(5 * second, "disks").left == 5 * second);
  time.advance(4 * second);
  CHECK(upkeep.now().reason == "disks");
  time.advance(second);
  CHECK(!upkeep.now().on);
  upkeep.begin(std::nullopt, "");
  time.advance(1000 * second);
  CHECK(upkeep.now().on);
  CHECK(!upkeep.now().left);
  upkeep.end();
  CHECK(!upkeep.now().on);
}
