// tokiod run: one plugin in the foreground.
#include <doctest/doctest.h>

#include <csignal>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod::test;

TEST_CASE("tokiod run ends with the status of the plugin") {
  const temp_dir dir;
  CHECK(run(dir, {tokiod_path(), "run", fixture("plain")}).code == 5);
}

TEST_CASE("tokiod run of a plugin that serves ends cleanly on SIGTERM, and its log was seen") {
  const temp_dir dir;
  process child(dir, {tokiod_path(), "run", "hello_c", "--plugin-dir", plugin_dir()});
  eventually("a greeting", [&] { return child.err().find("greeting 1") != std::string::npos; });
  child.signal(SIGTERM);
  CHECK(child.wait() == 0);
}

TEST_CASE("a plugin that does not start is one sentence and exit code 1") {
  const temp_dir dir;
  const auto refused = run(dir, {tokiod_path(), "run", fixture("init_fails")});
  CHECK(refused.code == 1);
  const auto missing = run(dir, {tokiod_path(), "run", dir / "none.so"});
  CHECK(missing.code == 1);
  CHECK(missing.err.find("none.so") != std::string::npos);
}

TEST_CASE("tokiod run checks TOKIO_WORKER_THREADS too") {
  const temp_dir dir;
  CHECK(run(dir, {tokiod_path(), "run", fixture("plain")}, {"TOKIO_WORKER_THREADS=none"}).code == 78);
}
