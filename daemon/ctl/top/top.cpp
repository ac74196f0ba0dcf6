#include "ctl/top/top.hpp"

#include <algorithm>

#include "ctl/print.hpp"
#include "ctl/stack_text.hpp"
#include "ctl/top/feed.hpp"
#include "ctl/top/screen.hpp"
#include "ctl/top/view.hpp"
#include "wire/parse.hpp"

namespace tokiod::ctl {
namespace {

constexpr duration_ns key_wait = 50 * millisecond;

outcome<top_view> view_for(const top_order& asked) {
  const auto which = tab_named(asked.tab);
  if (!which) return refuse(kind::bad_enum, "top has no tab ", asked.tab, "; it has ", titles_of(tabs()));
  top_view made(*which);
  if (!asked.sort.empty())
    if (auto sorted = made.sort_by(asked.sort); !sorted) return std::unexpected(sorted.error());
  if (auto filtered = made.filter_by(asked.filter); !filtered) return std::unexpected(filtered.error());
  if (asked.reverse) made.reverse();
  return made;
}

class top {
 public:
  top(client& daemon, top_view view, const top_order& asked, const top_style& style, const terminal& at)
      : feed_(daemon, asked.interval), view_(std::move(view)), asked_(asked), style_(style), at_(at) {}

  outcome<void> batch() {
    if (auto begun = feed_.begin(until_answer()); !begun) return begun;
    for (std::uint64_t shown = 0; at_.out && (asked_.count == 0 || shown < asked_.count); ++shown) {
      // Rates need two samples, so the first one is only counted from.
      if (shown == 0)
        if (auto taken = feed_.sample(view_.now().rows, until_answer()); !taken) return std::unexpected(taken.error());
      if (auto heard = feed_.listen(steady_clock().now() + asked_.interval); !heard) return heard;
      auto taken = feed_.sample(view_.now().rows, until_answer());
      if (!taken) return std::unexpected(taken.error());
      print(std::move(*taken));
    }
    return {};
  }

  outcome<void> interactive() {
    auto opened = screen::open(style_.color);
    if (!opened) return std::unexpected(opened.error());
    opened->draw(view_.frame(opened->size()));
    if (auto begun = feed_.begin(until_answer()); !begun) return begun;
    for (instant_ns next_sample = 0;;) {
      const auto now = steady_clock().now();
      if (auto heard = feed_.listen(now); !heard) return heard;
      if (next_sample == 0 || (now >= next_sample && !view_.paused())) {
        next_sample = now + asked_.interval;
        auto taken = feed_.sample(view_.now().rows, soon());
        if (auto kept = survives(taken); !kept) return kept;
        if (taken) view_.show(std::move(*taken));
      }
      opened->draw(view_.frame(opened->size()));
      const auto pressed = opened->read_key(key_wait);
      if (!pressed) continue;
      const auto wanted = view_.press(*pressed);
      if (wanted.kind == wish::what::quit) return {};
      if (wanted.kind == wish::what::sample_now) next_sample = 0;
      if (auto done = grant(wanted); !done) return done;
    }
  }

 private:
  [[nodiscard]] instant_ns until_answer() const { return steady_clock().now() + style_.answer_within; }

  // Keys wait for an answer, so not for long; one that comes later is passed over.
  [[nodiscard]] instant_ns soon() const {
    return steady_clock().now() + std::min<duration_ns>(style_.answer_within, 2 * second);
  }
  // What the daemon refuses, or is late with, is said on the screen; what ends the connection ends us.
  outcome<void> survives(const outcome<json>& answer) {
    if (answer) return {};
    const auto why = answer.error().why;
    if (why != kind::refused && why != kind::timeout) return std::unexpected(answer.error());
    view_.say(answer.error().sentence);
    return {};
  }
  outcome<void> show_stacks(const std::string& worker) {
    json params = {{"timeout_ms", 500}};
    if (!worker.empty()) params["worker"] = wire::parse(worker).value_or(0);
    auto answer = feed_.ask("diag.stacks", params, soon());
    if (answer) view_.show_detail(stacks_text(*answer));
    return survives(answer);
  }
  outcome<void> grant(const wish& wanted) {
    if (wanted.kind == wish::what::stacks) return show_stacks(wanted.id);
    if (wanted.kind != wish::what::detail && wanted.kind != wish::what::cancel) return {};
    const bool cancel = wanted.kind == wish::what::cancel;
    const bool task = wanted.id.starts_with("t-");
    json params = {{"id", wanted.id}};
    if (!cancel && task) params["histograms"] = true;
    const auto method = cancel ? "task.cancel" : task ? "task.get" : "resource.get";
    auto answer = feed_.ask(method, params, soon());
    if (!answer) return survives(answer);
    if (cancel)
      view_.say("task " + wanted.id + " ends at its next poll edge");
    else
      view_.show_detail(record(*answer, {}));
    return {};
  }

  void print(json sample) {
    const json info = sample["info"];
    view_.show(std::move(sample));
    if (style_.json_output) {
      at_.out << wire::dump({{"tab", view_.now().title}, {"info", info}, {"rows", view_.rows()}}) << std::endl;
      return;
    }
    at_.out << view_.summary() << "\n" << table(view_.rows(), view_.now().columns, {style_.color}) << std::endl;
  }

  top_feed feed_;
  top_view view_;
  const top_order& asked_;
  const top_style& style_;
  const terminal& at_;
};

}  // namespace

outcome<void> show_top(client& daemon, const top_order& asked, const top_style& style, const terminal& at) {
  auto view = view_for(asked);
  if (!view) return std::unexpected(view.error());
  top shown(daemon, std::move(*view), asked, style, at);
  return asked.batch ? shown.batch() : shown.interactive();
}

}  // namespace tokiod::ctl
