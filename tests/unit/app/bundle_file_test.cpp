#include "app/diag/bundle_file.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "app/crash_report.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;

TEST_CASE("what goes into a bundle of a crash is all but the records of the log") {
  const test::temp_dir dir;
  std::filesystem::create_directory(dir / "crash");
  const std::string facts = R"({"signal":"SIGSEGV"})", frames = R"({"frames":[]})", workers = R"({"workers":[]})";
  const std::string log = std::string(app::crash_report_log) + R"([{"message":"token=secret"}]})";
  (void)dir.write("crash/crash-1-1.json", facts + "\n" + frames + "\n" + log + "\n" + workers + "\n");
  (void)dir.write("crash/crash-2-2.json", facts + "\n" + frames + "\n" + log.substr(0, log.size() - 5));  // cut short
  const auto found = app::crash_reports_in(dir.path());
  REQUIRE(found.size() == 2);
  CHECK(found[0].first == "crash-1-1.json");
  CHECK(found[0].second == facts + "\n" + frames + "\n" + workers + "\n");
  CHECK(found[1].second == facts + "\n" + frames + "\n");
}
