// What metrics.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto metrics = std::to_array<result_shape>({
    {"metric_family", "{name: text, type: text, unit: text, help: text, samples: [metric_sample]}"},
    // A histogram has buckets, count and sum, all others a value; null is what is no number.
    {"metric_sample",
     "{labels?: {*: text}, value?: number | null, buckets?: [{le: number | null, count: integer}], count?: integer, "
     "sum?: number | null}"},
    {"metrics.describe", "{metrics: [{name: text, type: text, unit: text, help: text, labels: [text]}]}"},
    {"metrics.expose", "{content_type: text, text: text}"},
    {"metrics.get", "{ts: number, since?: number, families: [metric_family]}"},
    {"metrics.mark", "{mark: text, ts: number}"},
});

}  // namespace tokiod::wire::results
