// What a shared library does with the handles of a runtime that the program made.
// Threads: the test's.
#pragma once

#include <cstddef>
#include <string>

#include "tokio/runtime.hpp"
#include "tokio/task.hpp"

namespace other_image {

[[gnu::visibility("default")]] bool current_is_missing();
[[gnu::visibility("default")]] tokio::join_handle<int> spawn_seven(const tokio::runtime::handle& into);
[[gnu::visibility("default")]] std::string name_of(const tokio::runtime::handle& of);
[[gnu::visibility("default")]] std::size_t workers_of(const tokio::runtime::metrics& of);
[[gnu::visibility("default")]] int block_on_eight(const tokio::runtime::handle& of);

// A copy that is let go of by the next one.
[[gnu::visibility("default")]] void keep(const tokio::runtime::handle& kept);
[[gnu::visibility("default")]] std::string name_of_kept();
[[gnu::visibility("default")]] bool spawn_into_kept_is_cancelled();

}  // namespace other_image
