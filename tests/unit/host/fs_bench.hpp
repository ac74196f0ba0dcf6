// The host, and operations on files that are polled by hand, as a plugin in C would do them.
// Threads: the test's.
#pragma once
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <string_view>

#include "support/eventually.hpp"
#include "support/in_process_host.hpp"

namespace fs_test {

inline const tokio_host* const host = tokiod::test::in_process_host::table();

inline tokio_str str(std::string_view text) { return {text.data(), text.size()}; }

inline std::string last_error() {
  const auto text = host->last_error();
  return {text.ptr, text.len};
}

// The host, and operations that are polled by hand: whoever waits for one looks again.
struct bench {
  explicit bench(tokiod::test::host_options options = {}) : in(std::move(options)) {}
  tokiod::test::in_process_host in;
  const tokio_fs_ext* fs = in.extension<tokio_fs_ext>(TOKIO_EXT_FS);

  tokio_fs_req ask(std::uint32_t op, std::string_view path = {}, tokio_file* file = nullptr) const {
    tokio_fs_req asked{};
    asked.size = sizeof asked;
    asked.op = op;
    asked.path = str(path);
    asked.file = file;
    return asked;
  }
  tokio_buf buffer(std::size_t bytes, std::string_view text = {}) const {
    tokio_buf made{};
    REQUIRE(host->buf_alloc(in.plugin(), bytes, &made) == TOKIO_OK);
    if (!text.empty()) std::memcpy(made.ptr, text.data(), text.size());
    made.len = text.size();
    return made;
  }
  tokio_op* begin(const tokio_fs_req& asked) const {
    tokio_op* op = nullptr;
    REQUIRE_MESSAGE(fs->submit(in.plugin(), &asked, &op) == TOKIO_OK, last_error());
    return op;
  }
  tokio_res poll(tokio_op* op) const {
    std::int32_t budget = INT32_MAX;
    tokio_cx cx{sizeof cx, 0, &budget, {}, 0, host, in.plugin(), 0};
    return host->op_poll(op, &cx);
  }
  bool ended(tokio_op* op) const { return poll(op) != TOKIO_PENDING; }
  tokio_res wait(tokio_op* op) const {
    tokio_res got = TOKIO_PENDING;
    tokiod::test::eventually("the operation ends", [&] { return (got = poll(op)) != TOKIO_PENDING; });
    return got;
  }
  tokio_res run(const tokio_fs_req& asked) const {
    tokio_op* const op = begin(asked);
    const auto got = wait(op);
    host->op_drop(op);
    return got;
  }
  tokio_file* open(const std::string& path, std::uint32_t flags = TOKIO_O_READ | TOKIO_O_WRITE) const {
    auto asked = ask(TOKIO_FS_OPEN, path);
    asked.oflags = flags;
    asked.mode = 0600;
    tokio_op* const op = begin(asked);
    REQUIRE(wait(op) == 0);
    tokio_file* file = nullptr;
    REQUIRE(host->op_take(op, nullptr, &file) == TOKIO_OK);
    host->op_drop(op);
    REQUIRE(file != nullptr);
    return file;
  }
  tokio_op* begin_write(tokio_file* file, std::string_view text) const {
    auto asked = ask(TOKIO_FS_WRITE, {}, file);
    asked.off = TOKIO_FS_HERE;
    asked.buf = buffer(text.size(), text);
    return begin(asked);
  }
  tokio_status refused(const tokio_fs_req& asked) const {
    tokio_op* op = nullptr;
    const auto status = fs->submit(in.plugin(), &asked, &op);
    CHECK(op == nullptr);
    return status;
  }
  tokio_usage usage() const {
    tokio_usage now{};
    now.size = sizeof now;
    REQUIRE(in.extension<tokio_account_ext>(TOKIO_EXT_ACCOUNT)->usage(in.plugin(), &now) == TOKIO_OK);
    return now;
  }
};

}  // namespace fs_test
