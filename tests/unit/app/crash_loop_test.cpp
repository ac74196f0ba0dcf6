#include "app/crash_loop.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "app/safe_text.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;
using app::crash_loop;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t noon = 1'700'000'000;

struct state {
  test::temp_dir dir;
  config::plugins_settings plugins;

  state() {
    fs::create_directory(dir / "crash");
    plugins.instances["web"].plugin = "http";
    plugins.instances["own"].plugin = "/opt/my.so";
  }
  // A report as the handler writes it.
  void crashed(const std::string& instance, std::int64_t ago, int pid) const {
    (void)dir.write("crash/new-" + std::to_string(noon - ago) + "-" + std::to_string(pid) + ".json",
                    "{\"time\":" + std::to_string(noon - ago) + R"(,"signal":"SIGSEGV","instance":")" + instance +
                        R"(","plugin":"x.y","task":"t-4","name":"serve","file":"a.cpp","line":7,"worker":1})" +
                        "\n{\"frames\":[]}\n");
  }
  [[nodiscard]] std::map<std::string, std::string> held_back(std::int64_t at = noon) const {
    crash_loop loop(dir.path());
    loop.look(plugins, at);
    return loop.held_back();
  }
  [[nodiscard]] std::size_t files(const std::string& prefix) const {
    std::size_t count = 0;
    for (const auto& one : fs::directory_iterator(dir / "crash"))
      count += one.path().filename().string().starts_with(prefix);
    return count;
  }
};

}  // namespace

TEST_CASE(
    "the last crash is the latest of earlier processes, whether it led to a quarantine or not; there may be none") {
  const state s;
  crash_loop none(s.dir.path());
  none.look(s.plugins, noon);
  CHECK(none.last() == nullptr);
  s.crashed("web", 500, 1);
  s.crashed("gone", 400, 2);
  crash_loop loop(s.dir.path());
  loop.look(s.plugins, noon);
  REQUIRE(loop.last() != nullptr);
  CHECK(loop.last()->instance == "gone");
  CHECK(loop.last()->time == noon - 400);
  CHECK(loop.last()->file.find("/crash/crash-") != std::string::npos);  // as it is called now
}

TEST_CASE("what an instance did wrong holds its plugin back from the next start on, if that can be kept") {
  const state s;
  const crash_loop loop(s.dir.path());
  const auto why = loop.quarantine_for_faults("http", "web", 3, noon);
  REQUIRE(why);
  CHECK(*why ==
        "instance web panicked or broke a rule 3 times, and on_fault was quarantine; plugin.clear_quarantine has it "
        "started again");
  CHECK(s.held_back() == std::map<std::string, std::string>{{"http", *why}});
  CHECK(loop.clear("http"));
  CHECK(s.held_back().empty());
  CHECK(crash_loop("").quarantine_for_faults("http", "web", 3, noon).error().why == kind::unsupported);
  fs::create_directories(s.dir / "quarantine/own.json");  // in the way
  CHECK(loop.quarantine_for_faults("own", "own", 1, noon).error().why == kind::io_error);
  CHECK_FALSE(fs::exists(s.dir / "quarantine/own.json.new"));
}

TEST_CASE("a plugin that ended the process three times in ten minutes is held back, until its file is removed") {
  const state s;
  s.crashed("web", 500, 1);
  s.crashed("web", 300, 2);
  CHECK(s.held_back().empty());
  CHECK(s.files("new-") == 0);  // it was told
  CHECK(s.files("crash-") == 2);
  s.crashed("web", 10, 3);
  const auto held = s.held_back();
  REQUIRE(held.size() == 1);
  CHECK(held.begin()->first == "http");
  CHECK(held.begin()->second ==
        "it ended the daemon 3 times, the last time by SIGSEGV in instance web, task t-4 (serve at a.cpp:7); "
        "plugin.clear_quarantine has it started again");
  CHECK(s.held_back(noon + 100'000).size() == 1);  // also later
  CHECK(crash_loop(s.dir.path()).clear("http"));
  CHECK(s.held_back().empty());  // what has led to it does not count again
  CHECK(s.files("held-") == 3);
}

TEST_CASE("what is long ago, of the future, of others or of nobody does not add up") {
  const state s;
  s.crashed("web", 601, 1);
  s.crashed("web", -50, 2);
  s.crashed("web", 1, 3);
  s.crashed("web", 2, 4);
  s.crashed("own", 3, 5);
  s.crashed("own", 4, 6);
  for (int pid = 10; pid < 15; ++pid) s.crashed("gone", 5, pid);
  for (int pid = 20; pid < 25; ++pid) s.crashed("", 5, pid);
  CHECK(s.held_back().empty());
  s.crashed("own", 5, 7);
  CHECK(s.held_back().contains("my"));
}

TEST_CASE("reports are listed with their frames, the latest first, whatever became of them") {
  const state s;
  for (int n = 3; n > 0; --n) s.crashed("web", n, n);
  CHECK(s.held_back().size() == 1);
  (void)s.dir.write(
      "crash/new-1700000009-9.json",
      R"({"time":1700000009,"signal":"SIGBUS"})"
      "\n"
      R"({"frames":[{"module":"a.so","offset":"0x1f","symbol":"serve"},7,{"module":"b","offset":"0x2"}]})");
  const auto all = crash_loop(s.dir.path()).latest(100);
  REQUIRE(all.size() == 4);
  CHECK(all[0].signal == "SIGBUS");
  CHECK(all[0].frames == std::vector<std::string>{"a.so+0x1f serve", "b+0x2"});
  CHECK(all[0].module == "a.so");
  CHECK(!all[0].held);
  CHECK(all[1].time == noon - 1);
  CHECK(all[1].held);
  CHECK(crash_loop(s.dir.path()).latest(2).size() == 2);
  CHECK(crash_loop("").latest(2).empty());
}

TEST_CASE("files that are no reports are passed over, and reports do not add up for ever") {
  const state s;
  (void)s.dir.write("crash/new-1-1.json", "");
  (void)s.dir.write("crash/new-2-1.json", "[1]");
  (void)s.dir.write("crash/new-3-1.json", R"({"time":"x","signal":3,"worker":"y"})");
  (void)s.dir.write("crash/README", "not ours");
  fs::create_directory(s.dir / "quarantine");
  (void)s.dir.write("quarantine/odd.json", "{");
  CHECK(s.held_back().at("odd").find("an unknown fault") != std::string::npos);
  for (int pid = 0; pid < 100; ++pid) s.crashed("", 5, pid);
  (void)s.held_back();
  CHECK(s.files("") == app::crash_reports_kept + 1);
  CHECK(s.files("README") == 1);
}

TEST_CASE("without a state directory nothing is known") {
  crash_loop loop("");
  loop.look({}, noon);
  CHECK(loop.held_back().empty());
}

TEST_CASE("text for a signal handler: what does not fit is left out") {
  app::safe_text<8> small;
  small << "ab";
  small.number(18446744073709551615u) << "cd";
  CHECK(small.view() == "ab184467");
  app::safe_text<64> words;
  words.quoted("a\"b\\\n\xC3\xA9") << " ";
  words.number(255, 16);
  CHECK(words.view() == "\"a\\\"b\\\\???\" ff");
}

TEST_CASE("a plugin's name is its file's") {
  CHECK(app::plugin_name("redis") == "redis");
  CHECK(app::plugin_name("/usr/lib/tokiod/plugins/redis.so") == "redis");
}
