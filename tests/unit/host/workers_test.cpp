// The table behind a change of the number of workers: whom it refuses, and in which words.
#include <doctest/doctest.h>

#include <string>

#include "support/in_process_host.hpp"

using tokiod::test::in_process_host;

namespace {

const tokio_host* const host = in_process_host::table();

// The status; an operation that was made all the same is dropped.
tokio_status ask(in_process_host& in, std::uint32_t workers) {
  const auto* const table = in.extension<tokio_workers_ext>(TOKIO_EXT_WORKERS);
  REQUIRE(table != nullptr);
  tokio_op* made = nullptr;
  const auto status = table->resize(in.plugin(), workers, 0, &made);
  CHECK((made != nullptr) == (status == TOKIO_OK));
  if (made != nullptr) host->op_drop(made);
  return status;
}
std::string said() {
  const auto text = host->last_error();
  return {text.ptr, text.len};
}

}  // namespace

TEST_CASE("an instance without the right is told which setting is missing, whatever it asks for") {
  in_process_host in;
  for (const std::uint32_t workers : {0u, 2u, 5000u}) {
    CHECK(ask(in, workers) == TOKIO_EPERM);
    CHECK(said() == "instance test may not change the number of workers: may_resize is not set in its configuration");
  }
  CHECK(in.stop().clean());
}

TEST_CASE("an instance with the right is told the limits, and nothing once it has ended") {
  in_process_host in({.workers = 1, .may_resize = true});
  CHECK(ask(in, 0) == TOKIO_EINVAL);
  CHECK(said() == "worker_threads must be 1..1024, got 0");
  CHECK(ask(in, 1025) == TOKIO_EINVAL);
  CHECK(in.extension<tokio_workers_ext>(TOKIO_EXT_WORKERS)->resize(in.plugin(), 2, 0, nullptr) == TOKIO_EINVAL);
  CHECK(ask(in, 2) == TOKIO_OK);
  CHECK(in.stop().clean());
  CHECK(ask(in, 2) == TOKIO_EGONE);
}

TEST_CASE("a runtime of one thread has one worker") {
  in_process_host in({.workers = 0, .may_resize = true});
  CHECK(ask(in, 2) == TOKIO_ENOTSUP);
  CHECK(said() == "the flavor current_thread has exactly one worker, which cannot be changed");
  CHECK(in.stop().clean());
}
