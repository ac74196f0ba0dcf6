#include "app/stuck_report.hpp"

#include <doctest/doctest.h>

using namespace tokiod;

namespace {

app::stuck_report some_report() {
  app::stuck_report report;
  report.found.worker = 1;
  report.found.task = 7;
  report.found.lasted = 12 * millisecond;
  report.instance = "echo";
  return report;
}

}  // namespace

TEST_CASE("a frame is the file's name, the offset in it, and the function as people write it") {
  CHECK(app::text_of({"/proc/self/fd/7", 0x1a2b, "_ZN4echo4readEv"}, "/usr/lib/tokiod/plugins/echo.so") ==
        "echo.so+0x1a2b echo::read()");
  CHECK(app::text_of({"", 0x10, ""}, "") == "tokiod+0x10");
  CHECK(app::text_of({"/lib/libc.so.6", 0x10, "read"}, "/lib/libc.so.6") == "libc.so.6+0x10 read");
}

TEST_CASE("what is not known of a stuck poll is left out of its event") {
  const auto told = some_report().event();
  CHECK(told.at("task") == "t-7");
  CHECK(told.at("lasted_ms") == 12);
  for (const char* key : {"name", "location", "stack", "stack_missing"}) CHECK_FALSE(told.contains(key));
}

TEST_CASE("the name, the place of the spawn and the stack are told where they are known") {
  auto report = some_report();
  report.label = {"echo", "serve", "echo.cpp", 12};
  report.stack = {"libc.so.6+0x10 read", "echo.so+0x20"};
  CHECK(report.event().at("name") == "serve");
  CHECK(report.event().at("location") == "echo.cpp:12");
  CHECK(report.event().at("stack").size() == 2);
  CHECK(report.stack_line() == "libc.so.6+0x10 read < echo.so+0x20");
}

TEST_CASE("a stack that is missing says why, in the event and in the log") {
  auto report = some_report();
  report.found.stack.missing = "the thread has not answered in time";
  CHECK(report.event().at("stack_missing") == "the thread has not answered in time");
  CHECK(report.stack_line() == "the thread has not answered in time");
}
