// What `tokioctl top` shows and how keys change it: a sample, and a tab with its order, filter and selected row, become
// the lines of a screen. Knows no terminal.
// Invariant: a frame has at most as many lines as the screen, none wider than it, and no control characters.
// Threads:   one owner.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ctl/top/filter.hpp"
#include "ctl/top/tab.hpp"
#include "wire/json.hpp"

namespace tokiod::ctl {

enum class look : std::uint8_t { plain, title, head, selected, warning, faint };

struct line {
  std::string text;
  look how = look::plain;
};

struct screen_size {
  std::size_t lines = 24, columns = 80;
};

// Keys beside characters.
enum class key : int {
  up = -1,
  down = -2,
  left = -3,
  right = -4,
  page_up = -5,
  page_down = -6,
  home = -7,
  end = -8,
  enter = -9,
  escape = -10,
  erase = -11
};

// What a key asks of the daemon, or of the loop.
struct wish {
  enum class what : std::uint8_t { nothing, quit, redraw, sample_now, detail, cancel, stacks } kind = what::nothing;
  std::string id;  // of detail and cancel: the row; of stacks: a worker's number, empty: all of them
};

class top_view {
 public:
  explicit top_view(std::size_t tab = 0);

  // Fails: invalid_params, with a sentence.
  [[nodiscard]] outcome<void> sort_by(std::string_view title);
  [[nodiscard]] outcome<void> filter_by(std::string_view text);
  void reverse() { order_[tab_].descending = !order_[tab_].descending; }

  // While it is paused, samples are not taken.
  void show(json sample);
  void show_detail(std::string text);
  void say(std::string sentence) { said_ = std::move(sentence); }

  [[nodiscard]] wish press(int pressed);
  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] std::vector<line> frame(const screen_size& size);
  // The rows of the tab, filtered and in order.
  [[nodiscard]] const std::vector<json>& rows() const { return rows_; }
  [[nodiscard]] const tab& now() const { return tabs()[tab_]; }
  [[nodiscard]] std::string summary() const;

 private:
  struct order {
    std::size_t column = 0;
    bool descending = false;
  };
  enum class mode : std::uint8_t { list, filter, detail, confirm };

  [[nodiscard]] wish press_in_list(int pressed);
  [[nodiscard]] wish press_in_filter(int pressed);
  [[nodiscard]] wish press_in_detail(int pressed);
  [[nodiscard]] wish press_in_confirm(int pressed);
  [[nodiscard]] bool move(int pressed, std::size_t many);
  void go_to(std::size_t tab);
  void arrange();
  [[nodiscard]] std::string selected_id() const;
  [[nodiscard]] std::string selected_subject() const;
  [[nodiscard]] std::string selected_worker() const;
  [[nodiscard]] std::string tab_bar() const;
  [[nodiscard]] std::string status() const;
  void add_rows(std::vector<line>& into, const screen_size& size);
  void add_detail(std::vector<line>& into, const screen_size& size) const;

  std::size_t tab_;
  std::vector<order> order_;
  std::vector<std::string> filters_;
  std::vector<row_filter> read_filters_;
  json sample_ = json::object();
  std::vector<json> rows_;
  std::vector<std::string> detail_;
  std::string said_, typed_;
  std::string asked_;  // the task that is to be cancelled, wherever its row is now
  std::size_t selected_ = 0, top_ = 0, page_ = 10;
  mode mode_ = mode::list;
  bool paused_ = false;
};

}  // namespace tokiod::ctl
