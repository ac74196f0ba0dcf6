// Handles of a runtime in another image of the process, which has its own copy of the SDK and no runtime of its own.
#include "images/other.hpp"

#include <doctest/doctest.h>

#include "flavors.hpp"

using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;

TEST_CASE("[RR-16] a handle works in another image: what is spawned there, copies, numbers, a wait") {
  on_both([](auto& rt, bool one_thread) {
    CHECK(other_image::current_is_missing());
    auto spawned = other_image::spawn_seven(rt.handle());
    CHECK(rt.block_on(spawned).value() == 7);
    CHECK(other_image::name_of(rt.handle()).empty());
    CHECK(other_image::workers_of(rt.metrics()) == (one_thread ? 1u : 2u));
    CHECK(other_image::block_on_eight(rt.handle()) == 8);
  });
}

TEST_CASE("[RR-13] a handle that another image copied keeps the memory of a runtime that has ended") {
  auto rt = make(both(true).name("first"));
  other_image::keep(rt.handle());
  {
    auto ended = std::move(rt);
  }
  CHECK(other_image::name_of_kept() == "first");
  CHECK(other_image::spawn_into_kept_is_cancelled());
}
