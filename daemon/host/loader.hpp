// From a file to a mapped image with a checked descriptor: inspect, copy, open, compare with what was inspected.
// Invariant: no code of the file has run when one of the gate's reasons refuses it.
// Threads:   [any]; waits for the image's constructors until the deadline.
#pragma once
#include "host/image.hpp"

namespace tokiod::host {

// Opens a copy of `file`. On a refusal nothing stays mapped, unless a constructor has not returned by the deadline:
// then its thread is left behind, or the system has no thread to close it on: the sentence says so.
[[nodiscard]] outcome<image_facts> open_image(const plugin_file& file, const copy_place& place, own_threads& threads,
                                              instant_ns deadline);

// What the gate and the descriptor's own words say of a plugin that is linked in.
[[nodiscard]] outcome<void> adopt_linked(const tokio_plugin_desc& d, image& into);

}  // namespace tokiod::host
