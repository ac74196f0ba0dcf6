// Changes of a JSON document that are documents themselves: a merge patch (RFC 7396: objects merge, null deletes,
// everything else replaces) and a list of operations (RFC 6902).
// Invariant: merged(a, merge_diff(a, b)) is b, but for members of b that are null, which a merge patch cannot say.
// Threads:   pure functions [any]; they recurse as deep as the document, which parse() bounds.
#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::wire {

// Objects that differ only in the order of their members are the same.
[[nodiscard]] bool same(const json& a, const json& b);

[[nodiscard]] json merged(json target, const json& patch);
// One patch for two, as far as a patch can say it: an object over a null of the first one merges with what the null
// would have deleted.
[[nodiscard]] json composed(json first, const json& then);
// What makes `to` of `from`; both are objects.
[[nodiscard]] json merge_diff(const json& from, const json& to);
// `patch` as it is without what `other` speaks of. Objects that become empty go.
[[nodiscard]] json without(json patch, const json& other);

// {"a": {"b": value}} of "/a/b" or "a.b". Fails: invalid_params, for what is no path of a member.
[[nodiscard]] outcome<json> patch_at(std::string_view path, json value);

// "runtime.worker_threads" and "/runtime/worker_threads" are the same member.
[[nodiscard]] std::string pointer_of(std::string_view path_or_name);

// Fails: invalid_params (no list of operations), not_found (a path leads nowhere), refused (a test did not hold).
[[nodiscard]] outcome<json> operated(const json& target, const json& operations);

}  // namespace tokiod::wire
