#include "host/plugin_state.hpp"

#include <doctest/doctest.h>

using namespace tokiod::host;

TEST_CASE("an image that is gone, resident or refused never comes back") {
  constexpr image_state all[] = {image_state::loading,  image_state::loaded,   image_state::unloading,
                                 image_state::unloaded, image_state::resident, image_state::quarantined,
                                 image_state::failed};
  for (const auto to : all) {
    CHECK_FALSE(allowed(image_state::unloaded, to));
    CHECK_FALSE(allowed(image_state::resident, to));
    CHECK_FALSE(allowed(image_state::failed, to));
    CHECK_FALSE(allowed(to, to));
  }
}

TEST_CASE("an instance runs only after starting and stops only through draining") {
  using enum instance_state;
  for (const auto from : {running, draining, stopped, failed, quarantined}) CHECK_FALSE(allowed(from, running));
  CHECK(allowed(starting, running));
  CHECK_FALSE(allowed(running, stopped));
  CHECK_FALSE(allowed(running, starting));
  CHECK(allowed(running, draining));
  CHECK(allowed(draining, stopped));
  CHECK(allowed(stopped, starting));
  CHECK(allowed(failed, starting));
  CHECK_FALSE(allowed(quarantined, starting));
}

TEST_CASE("states have the names that the control protocol shows") {
  CHECK(name(image_state::unloaded) == "unloaded");
  CHECK(name(image_state::failed) == "failed");
  CHECK(name(instance_state::starting) == "starting");
  CHECK(name(instance_state::quarantined) == "quarantined");
}
