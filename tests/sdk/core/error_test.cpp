// Errors as values.
#include "tokio/core/error.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <iterator>
#include <set>
#include <string>
#include <utility>

using tokio::error;
using tokio::error_kind;

TEST_CASE("a status of the host becomes an error with its kind, code and sentence") {
  auto refused = error::from_status(-ECONNREFUSED);
  CHECK(refused.kind() == error_kind::connection_refused);
  CHECK(refused.raw_os_error() == ECONNREFUSED);
  CHECK(refused.message() == "connection refused");
  auto quota = error::from_status(TOKIO_EQUOTA);
  CHECK(quota.kind() == error_kind::resource_exhausted);
  CHECK(quota.raw_os_error() == 0);
  CHECK(quota.code() == TOKIO_EQUOTA);
}

TEST_CASE("a status that nobody knows is an operating system error with its number") {
  auto odd = error::from_status(-ENOTTY);
  CHECK(odd.kind() == error_kind::other);
  CHECK(odd.raw_os_error() == ENOTTY);
}

TEST_CASE("what a file system says has a kind of its own") {
  constexpr std::pair<int, error_kind> kinds[] = {
      {EXDEV, error_kind::crosses_devices},         {ENOTDIR, error_kind::not_a_directory},
      {EISDIR, error_kind::is_a_directory},         {EFBIG, error_kind::file_too_large},
      {ENOSPC, error_kind::storage_full},           {EROFS, error_kind::read_only_filesystem},
      {ENAMETOOLONG, error_kind::invalid_filename}, {ENOTEMPTY, error_kind::directory_not_empty},
  };
  std::set<std::string> sentences;
  for (const auto& [code, kind] : kinds) {
    CHECK(error::from_status(-code).kind() == kind);
    CHECK(error::from_status(-code).raw_os_error() == code);
    sentences.insert(std::string(error::from_status(-code).message()));
  }
  CHECK(sentences.size() == std::size(kinds));
  CHECK_FALSE(sentences.contains("operating system error"));
}

TEST_CASE("every code of the contract has a sentence of its own") {
  std::set<std::string> sentences;
  int codes = 0;
  for (int status :
       {TOKIO_EPERM,    TOKIO_ENOENT,    TOKIO_EINTR,        TOKIO_EIO,        TOKIO_E2BIG,        TOKIO_EBADF,
        TOKIO_EAGAIN,   TOKIO_ENOMEM,    TOKIO_EACCES,       TOKIO_EBUSY,      TOKIO_EEXIST,       TOKIO_EINVAL,
        TOKIO_EMFILE,   TOKIO_EPIPE,     TOKIO_ENOTSUP,      TOKIO_EADDRINUSE, TOKIO_ECONNABORTED, TOKIO_ECONNRESET,
        TOKIO_ENOTCONN, TOKIO_ETIMEDOUT, TOKIO_ECONNREFUSED, TOKIO_ECANCELED,  TOKIO_EGONE,        TOKIO_ESHUTDOWN,
        TOKIO_EQUOTA,   TOKIO_EMISUSE,   TOKIO_EVERSION,     TOKIO_EREVOKED}) {
    sentences.insert(std::string(error::from_status(status).message()));
    ++codes;
  }
  CHECK(sentences.size() == static_cast<std::size_t>(codes));
  CHECK_FALSE(sentences.contains("operating system error"));
}

TEST_CASE("errors compare by kind and code, and results by errors") {
  CHECK(error(error_kind::timed_out, "a") == error(error_kind::timed_out, "b"));
  CHECK_FALSE(error::from_status(-EPIPE) == error(error_kind::broken_pipe, "made here"));
  CHECK(tokio::to_result(0).has_value());
  CHECK(tokio::to_result(5).has_value());
  CHECK(tokio::to_result(-EPIPE).error().kind() == error_kind::broken_pipe);
}

TEST_CASE("a panic carries its sentence") {
  CHECK_THROWS_WITH_AS(tokio::panic("a sentence"), "a sentence", tokio::panic_error);
}
