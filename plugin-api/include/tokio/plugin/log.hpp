// Log records with fields: log::info("accepted", {"peer", text}, {"bytes", 512}).
// A record below the host's level costs one load. Its text and fields are copied by the host before the call returns.
// Threads: [any] that works for an instance; elsewhere a record is dropped.
#pragma once

#include <array>
#include <concepts>
#include <new>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "tokio/core/host.hpp"

namespace tokio::log {

enum class level : std::uint32_t {
  trace = TOKIO_LOG_TRACE,
  debug = TOKIO_LOG_DEBUG,
  info = TOKIO_LOG_INFO,
  warn = TOKIO_LOG_WARN,
  error = TOKIO_LOG_ERROR,
};

// One key and value. The value is text, a number or a bool.
class field {
 public:
  constexpr field() noexcept = default;  // none
  constexpr field(std::string_view key, std::string_view text) noexcept : kv_(named(key, TOKIO_KV_STR)) {
    kv_.v.s = to_str(text);
  }
  constexpr field(std::string_view key, const char* text) noexcept : field(key, std::string_view(text)) {}
  template <std::same_as<bool> B>
  constexpr field(std::string_view key, B value) noexcept : kv_(named(key, TOKIO_KV_BOOL)) {
    kv_.v.u = value ? 1 : 0;
  }
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  constexpr field(std::string_view key, I value) noexcept
      : kv_(named(key, std::signed_integral<I> ? TOKIO_KV_I64 : TOKIO_KV_U64)) {
    if constexpr (std::signed_integral<I>)
      kv_.v.i = value;
    else
      kv_.v.u = value;
  }
  constexpr field(std::string_view key, double value) noexcept : kv_(named(key, TOKIO_KV_F64)) { kv_.v.f = value; }

  constexpr bool empty() const noexcept { return kv_.key.len == 0; }
  constexpr const tokio_kv& raw() const noexcept { return kv_; }

 private:
  static constexpr tokio_kv named(std::string_view key, std::uint32_t type) noexcept {
    return {to_str(key), type, 0, {}};
  }
  tokio_kv kv_{};
};

// A message, and where it was written.
struct message {
  template <std::convertible_to<std::string_view> Text>
  constexpr message(const Text& words, std::source_location at = std::source_location::current()) noexcept
      : text(words), where(at) {}
  std::string_view text;
  std::source_location where;
};

inline bool enabled(level at) noexcept {
  return this_thread.instance && tokio_log_on(host.log, static_cast<std::uint32_t>(at)) != 0;
}

// What is around the records of a thread; a span is one (tracing/span.hpp).
class scope {
 public:
  virtual std::string_view name() const noexcept = 0;
  virtual const scope* outer() const noexcept = 0;
  virtual void add_to(std::vector<tokio_kv>& fields) const = 0;  // those that add_unless_there() takes

 protected:
  ~scope() = default;
};
// The innermost one.
TOKIO_HIDDEN inline constinit thread_local const scope* scope_here = nullptr;

// What is further in says more: of two fields with one key the first stays.
inline void add_unless_there(std::vector<tokio_kv>& fields, const tokio_kv& one) {
  for (const auto& each : fields)
    if (to_view(each.key) == to_view(one.key)) return;
  fields.push_back(one);
}

// With the fields of all scopes around it, and their names, the outermost first: span=request:query.
[[gnu::cold, gnu::noinline]] inline void write_in_scope(tokio_log_rec record) noexcept {
  std::vector<tokio_kv> all;
  std::string names;
  try {
    all.assign(record.kv, record.kv + record.nkv);
    for (const auto* in = scope_here; in; in = in->outer()) {
      in->add_to(all);
      names.insert(0, names.empty() ? "" : ":").insert(0, in->name());
    }
    add_unless_there(all, field("span", names).raw());
    record.kv = all.data();
    record.nkv = static_cast<std::uint32_t>(all.size());
  } catch (const std::bad_alloc&) {
    // Then it is written without them.
  }
  host.log->log(this_thread.instance, this_thread.cx, &record);
}

template <std::same_as<field>... Fields>
void write(level at, const message& what, const Fields&... fields) noexcept {
  if (!enabled(at)) return;
  std::array<tokio_kv, sizeof...(Fields) + 1> kept{};
  std::uint32_t count = 0;
  ((fields.empty() ? void() : void(kept[count++] = fields.raw())), ...);
  tokio_log_rec record{sizeof(tokio_log_rec),
                       static_cast<std::uint32_t>(at),
                       {},
                       to_str(what.text),
                       to_str(what.where.file_name()),
                       what.where.line(),
                       count,
                       kept.data()};
  if (scope_here) return write_in_scope(record);
  host.log->log(this_thread.instance, this_thread.cx, &record);
}

inline void trace(const message& what, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) noexcept {
  write(level::trace, what, a, b, c, d, e);
}
inline void debug(const message& what, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) noexcept {
  write(level::debug, what, a, b, c, d, e);
}
inline void info(const message& what, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) noexcept {
  write(level::info, what, a, b, c, d, e);
}
inline void warn(const message& what, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) noexcept {
  write(level::warn, what, a, b, c, d, e);
}
inline void error(const message& what, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) noexcept {
  write(level::error, what, a, b, c, d, e);
}

}  // namespace tokio::log
