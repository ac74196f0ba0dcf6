// Lists of CPUs as texts, and what the kernel makes of them.
#include "base/cpu_list.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace tokiod;

TEST_CASE("a list of CPUs is read as the kernel writes it, and written the same") {
  for (const char* text : {"0", "7", "0-1", "0-3,6", "2,4,6-9", "1023"}) {
    const auto cpus = cpus_named(text);
    REQUIRE(cpus);
    CHECK(text_of(*cpus) == text);
  }
  CHECK(text_of(*cpus_named("3,1,2,0")) == "0-3");
  CHECK(text_of(cpu_list()).empty());
}

TEST_CASE("what is no list of CPUs is not taken for one") {
  for (const char* text :
       {"", "a", "-1", "1-", "3-1", "0,", ",0", "0 1", "0x1", "1024", "99999999999999999999", "0-1024"})
    CHECK_MESSAGE(!cpus_named(text), text);
}

TEST_CASE("a thread is asked for its CPUs and told others; none that is there is an error") {
  const auto mine = cpus_of_thread(0);
  REQUIRE(mine);
  CHECK_FALSE(text_of(*mine).empty());
  REQUIRE(run_thread_on(0, *mine));
  CHECK(*cpus_of_thread(0) == *mine);
  CHECK(run_thread_on(0, cpu_list()).error().code == EINVAL);
}
