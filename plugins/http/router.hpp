// A table of routes: a method and a pattern give a handler, whatever a handler is.
//   router<handler> routes;
//   routes.add(method::get, "/users/:id", show);         // ":id" is one segment, kept under that name
//   routes.add(method::get, "/assets/*path", assets);    // "*path" is all that is left, at least one byte of it
//   auto found = routes.find(method::get, "/users/7");   // found.handler, found.parameter("id") == "7"
// The pattern that names more wins: at the first segment in which two differ, text beats ':', which beats '*'. GET
// answers HEAD too.
// Invariant: what find() gives views the path that it was asked for, and the table.
// Threads:   filled by one, then read by any.
#pragma once
#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "request.hpp"

namespace http {

template <class Handler>
class router {
 public:
  using parameters = std::vector<std::pair<std::string_view, std::string_view>>;

  struct found {
    const Handler* handler = nullptr;
    parameters named{};
    std::string allowed{};  // without a handler: the methods that the path has, "GET, HEAD"; empty: no such path
  };

  // Throws when the pattern does not begin with '/', has '*' before its end, or is there already for this method.
  void add(method verb, std::string_view pattern, Handler handler) {
    route made{verb, segments_of(pattern), std::move(handler)};
    const auto star = std::ranges::find_if(made.pattern, [](const auto& one) { return one.starts_with('*'); });
    if (!pattern.starts_with('/') || (star != made.pattern.end() && star + 1 != made.pattern.end()))
      throw std::invalid_argument("a route must begin with '/', and have '*' at its end only, got " +
                                  std::string(pattern));
    const auto at = std::ranges::find_if(routes_, [&](const route& one) { return !beats(one.pattern, made.pattern); });
    if (std::ranges::any_of(routes_, [&](const route& one) { return one.verb == verb && one.pattern == made.pattern; }))
      throw std::invalid_argument("there is a route already for " + std::string(pattern));
    routes_.insert(at, std::move(made));
  }

  [[nodiscard]] found find(method verb, std::string_view path) const {
    found best;
    for (const route& one : routes_) {
      parameters named;
      if (!matches(one.pattern, path, named)) continue;
      if (one.verb == verb || (one.verb == method::get && verb == method::head))
        return {&one.handler, std::move(named), {}};
      note(best.allowed, one.verb);
    }
    return best;
  }

 private:
  struct route {
    method verb;
    std::vector<std::string> pattern;
    Handler handler;
  };

  static std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    for (std::size_t at = 0; at < path.size();) {
      const auto end = std::min(path.find('/', at + 1), path.size());
      segments.emplace_back(path.substr(at + 1, end - at - 1));
      at = end;
    }
    return segments;
  }
  static int kind_of(std::string_view segment) {
    return segment.starts_with('*') ? 2 : segment.starts_with(':') ? 1 : 0;
  }
  // Whether `a` stands before `b`: it names more in the first segment where they differ.
  static bool beats(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
      if (kind_of(a[i]) != kind_of(b[i])) return kind_of(a[i]) < kind_of(b[i]);
    return true;
  }
  static bool matches(const std::vector<std::string>& pattern, std::string_view path, parameters& named) {
    for (const auto& segment : pattern) {
      if (path.empty()) return false;
      path.remove_prefix(1);  // the '/'
      const auto end = segment.starts_with('*') ? path.size() : std::min(path.find('/'), path.size());
      const auto text = path.substr(0, end);
      if (kind_of(segment) == 0 ? text != segment : text.empty()) return false;
      if (kind_of(segment) != 0) named.emplace_back(std::string_view(segment).substr(1), text);
      path.remove_prefix(end);
    }
    return path.empty();
  }
  static void note(std::string& allowed, method verb) {
    const std::string text(verb == method::get ? "GET, HEAD" : name_of(verb));
    if (!allowed.contains(text)) allowed += (allowed.empty() ? "" : ", ") + text;
  }

  std::vector<route> routes_;
};

}  // namespace http
