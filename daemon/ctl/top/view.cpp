#include "ctl/top/view.hpp"

#include <algorithm>

#include "ctl/print.hpp"
#include "wire/get.hpp"

namespace tokiod::ctl {
namespace {

constexpr std::string_view keys_help =
    "q quit  Tab/1-6 tab  s/S sort  r reverse  / filter  Enter detail  d stacks  k cancel task  p pause";

// Cut at so many code points.
std::string cut(std::string_view text, std::size_t columns) {
  std::size_t at = 0, seen = 0;
  while (at < text.size() && (seen < columns || (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) ++seen;
    ++at;
  }
  return std::string(text.substr(0, at));
}

bool is_number(const json& row, const column& of) {
  const json* value = value_at(row, of.pointer);
  return value != nullptr && value->is_number();
}

// Numbers by their value, and before everything else, which is compared as text.
bool before(const json& one, const json& other, const column& by) {
  const bool number = is_number(one, by);
  if (number != is_number(other, by)) return number;
  if (number) return value_at(one, by.pointer)->get<double>() < value_at(other, by.pointer)->get<double>();
  return cell(one, by) < cell(other, by);
}

bool looks_wrong(const json& row) {
  const json* warnings = value_at(row, "/stats/warning_count");
  if (warnings != nullptr && *warnings != 0) return true;
  for (const std::string_view bad : {"stuck", "failed", "quarantined"})
    if (wire::text_or(row, "state") == bad) return true;
  return false;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(clean(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string count_at(const json& from, std::string_view pointer) {
  return cell(from, column{"", pointer, format::count});
}

}  // namespace

top_view::top_view(std::size_t tab) : tab_(tab), filters_(tabs().size()), read_filters_(tabs().size()) {
  for (const auto& each : tabs()) {
    const auto* sorted = column_named(each, each.sorted_by);
    order_.push_back({static_cast<std::size_t>(sorted - each.columns.data()), each.descending});
  }
}

outcome<void> top_view::sort_by(std::string_view title) {
  const auto* found = column_named(now(), title);
  if (found == nullptr)
    return refuse(kind::invalid_params, "the tab ", now().title, " has no column ", title, " to sort by");
  order_[tab_].column = static_cast<std::size_t>(found - now().columns.data());
  arrange();
  return {};
}

outcome<void> top_view::filter_by(std::string_view text) {
  auto made = row_filter::read(text, now());
  if (!made) return std::unexpected(made.error());
  read_filters_[tab_] = std::move(*made);
  filters_[tab_] = text;
  arrange();
  return {};
}

void top_view::show(json sample) {
  sample_ = std::move(sample);
  arrange();
}

void top_view::show_detail(std::string text) {
  detail_ = lines_of(text);
  mode_ = mode::detail;
  top_ = 0;
}

// The selected row stays the selected one, wherever it is now.
void top_view::arrange() {
  const auto selected = selected_id();
  std::vector<const json*> found;
  if (const json* all = wire::find(sample_, now().rows))
    for (const auto& row : *all)
      if (read_filters_[tab_].passes(row, now())) found.push_back(&row);
  const auto& by = now().columns[order_[tab_].column];
  const bool down = order_[tab_].descending;
  std::ranges::sort(found, [&](const json* a, const json* b) {
    const bool numbers = is_number(*a, by) && is_number(*b, by);
    const bool turned = down && (numbers || is_number(*a, by) == is_number(*b, by));  // what is no number stays last
    if (before(*a, *b, by)) return !turned;
    if (before(*b, *a, by)) return turned;
    return a < b;  // of one list: as the daemon gave them
  });
  rows_.clear();
  for (const json* row : found) rows_.push_back(*row);
  for (std::size_t i = 0; i < rows_.size() && !selected.empty(); ++i)
    if (wire::text_or(rows_[i], "id") == selected) selected_ = i;
  selected_ = std::min(selected_, rows_.empty() ? 0 : rows_.size() - 1);
}

std::string top_view::selected_id() const {
  return selected_ < rows_.size() ? wire::text_or(rows_[selected_], "id") : std::string();
}

// What its detail tells of: itself, or the task that waits for it.
std::string top_view::selected_subject() const {
  const auto id = selected_id();
  if (!id.empty() || selected_ >= rows_.size()) return id;
  const json* const task = value_at(rows_[selected_], "/waiter/task");
  return task != nullptr && task->is_string() ? task->get<std::string>() : std::string();
}

// That of the row, or that polls the row's task now.
std::string top_view::selected_worker() const {
  const json* const worker = selected_ < rows_.size() ? wire::find(rows_[selected_], "worker") : nullptr;
  return worker != nullptr && worker->is_number_integer() ? std::to_string(worker->get<std::int64_t>()) : std::string();
}

// ---- keys

wish top_view::press(int pressed) {
  said_.clear();
  switch (mode_) {
    case mode::list: return press_in_list(pressed);
    case mode::filter: return press_in_filter(pressed);
    case mode::detail: return press_in_detail(pressed);
    case mode::confirm: return press_in_confirm(pressed);
  }
  return {};
}

bool top_view::move(int pressed, std::size_t many) {
  const std::size_t last = many == 0 ? 0 : many - 1;
  std::size_t& at = mode_ == mode::detail ? top_ : selected_;
  switch (pressed) {
    case static_cast<int>(key::up): at -= std::min<std::size_t>(at, 1); return true;
    case 'j':
    case static_cast<int>(key::down): at = std::min(at + 1, last); return true;
    case static_cast<int>(key::page_up): at -= std::min(at, page_); return true;
    case static_cast<int>(key::page_down): at = std::min(at + page_, last); return true;
    case static_cast<int>(key::home): at = 0; return true;
    case static_cast<int>(key::end): at = last; return true;
    default: return false;
  }
}

void top_view::go_to(std::size_t tab) {
  tab_ = tab % tabs().size();
  selected_ = top_ = 0;
  rows_.clear();
  arrange();
}

wish top_view::press_in_list(int pressed) {
  const wish redraw{wish::what::redraw, {}};
  if (move(pressed, rows_.size())) return redraw;
  if (pressed >= '1' && pressed < '1' + static_cast<int>(tabs().size())) {
    go_to(static_cast<std::size_t>(pressed - '1'));
    return redraw;
  }
  auto& by = order_[tab_];
  switch (pressed) {
    case 'q': return {wish::what::quit, {}};
    case '\t':
    case static_cast<int>(key::right): go_to(tab_ + 1); return redraw;
    case static_cast<int>(key::left): go_to(tab_ + tabs().size() - 1); return redraw;
    case 's': by.column = (by.column + 1) % now().columns.size(); break;
    case 'S': by.column = (by.column + now().columns.size() - 1) % now().columns.size(); break;
    case 'r': reverse(); break;
    case 'p': paused_ = !paused_; return redraw;
    case '/':
      mode_ = mode::filter;
      typed_ = filters_[tab_];
      return redraw;
    case ' ': return {wish::what::sample_now, {}};
    case static_cast<int>(key::enter):
      if (const auto subject = selected_subject(); !subject.empty()) return {wish::what::detail, subject};
      say("a row of this tab has no detail");
      return redraw;
    case 'd': return {wish::what::stacks, selected_worker()};
    case 'k':
      if (now().rows != "tasks" || selected_id().empty()) return {};
      asked_ = selected_id();
      mode_ = mode::confirm;
      return redraw;
    default: return {};
  }
  arrange();
  return redraw;
}

wish top_view::press_in_filter(int pressed) {
  switch (pressed) {
    case static_cast<int>(key::escape): mode_ = mode::list; break;
    case static_cast<int>(key::erase):
      while (!typed_.empty() && (static_cast<unsigned char>(typed_.back()) & 0xC0) == 0x80) typed_.pop_back();
      if (!typed_.empty()) typed_.pop_back();
      break;
    case static_cast<int>(key::enter):
      if (const auto read = filter_by(typed_); !read)
        say(read.error().sentence);
      else
        mode_ = mode::list;
      break;
    default:
      if (pressed >= ' ' && pressed < 0x7f && typed_.size() < 200) typed_ += static_cast<char>(pressed);
  }
  return {wish::what::redraw, {}};
}

wish top_view::press_in_detail(int pressed) {
  if (!move(pressed, detail_.size()) &&
      (pressed == 'q' || pressed == static_cast<int>(key::escape) || pressed == static_cast<int>(key::enter))) {
    mode_ = mode::list;
    top_ = 0;
  }
  return {wish::what::redraw, {}};
}

wish top_view::press_in_confirm(int pressed) {
  mode_ = mode::list;
  if (pressed == 'y') return {wish::what::cancel, asked_};
  return {wish::what::redraw, {}};
}

// ---- the screen

std::string top_view::summary() const {
  const json* info = wire::find(sample_, "info");
  if (info == nullptr) return "waiting for the daemon";
  const json* found = wire::find(sample_, "findings");
  return count_at(*info, "/workers/total") + " workers, " + count_at(*info, "/workers/parked") + " parked, " +
         count_at(*info, "/workers/stuck") + " stuck; " + count_at(*info, "/tasks/live") + " tasks, " +
         count_at(*info, "/tasks/spawned") + " spawned; " + count_at(*info, "/global_queue_depth") +
         " in global queue; " + count_at(*info, "/blocking/threads") + " blocking threads, " +
         count_at(*info, "/blocking/queue") + " jobs queued; " + count_at(*info, "/timers/active") + " timers; " +
         count_at(*info, "/io/sources") + " sockets; " + std::to_string(found == nullptr ? 0 : found->size()) +
         " warnings";
}

std::string top_view::tab_bar() const {
  std::string bar;
  for (std::size_t i = 0; i < tabs().size(); ++i) {
    const std::string name = std::to_string(i + 1) + " " + std::string(tabs()[i].title);
    bar += i == tab_ ? "[" + name + "] " : " " + name + "  ";
  }
  return bar + (paused_ ? " paused" : "");
}

std::string top_view::status() const {
  if (!said_.empty()) return clean(said_);
  switch (mode_) {
    case mode::filter: return "filter: " + typed_ + "_";
    case mode::confirm: return "cancel task " + clean(asked_) + "? y/n";
    case mode::detail: return "Esc back";
    case mode::list: break;
  }
  const auto& by = order_[tab_];
  std::string shown = std::to_string(rows_.size()) + " rows by " + std::string(now().columns[by.column].title) +
                      (by.descending ? " descending" : "");
  if (!filters_[tab_].empty()) shown += ", filter " + filters_[tab_];
  return shown + "  |  " + std::string(keys_help);
}

void top_view::add_rows(std::vector<line>& into, const screen_size& size) {
  page_ = size.lines > into.size() + 2 ? size.lines - into.size() - 2 : 1;
  top_ = std::min(top_, selected_);
  if (selected_ >= top_ + page_) top_ = selected_ - page_ + 1;
  json shown = json::array();
  for (std::size_t i = top_; i < std::min(rows_.size(), top_ + page_); ++i) shown.push_back(rows_[i]);
  const auto text = lines_of(table(shown, now().columns, {}));
  for (std::size_t i = 0; i < text.size(); ++i) {
    look how = i == 0 ? look::head : i - 1 + top_ == selected_ ? look::selected : look::plain;
    if (how == look::plain && looks_wrong(shown[i - 1])) how = look::warning;
    into.push_back({text[i], how});
  }
}

void top_view::add_detail(std::vector<line>& into, const screen_size& size) const {
  for (std::size_t i = top_; i < detail_.size() && into.size() + 1 < size.lines; ++i)
    into.push_back({detail_[i], look::plain});
}

std::vector<line> top_view::frame(const screen_size& size) {
  std::vector<line> all = {{"tokiod: " + summary(), look::title}, {tab_bar(), look::head}};
  if (mode_ == mode::detail)
    add_detail(all, size);
  else
    add_rows(all, size);
  if (all.size() + 1 > size.lines) all.resize(size.lines > 1 ? size.lines - 1 : 0);
  while (all.size() + 1 < size.lines) all.push_back({});
  all.push_back({status(), look::faint});
  for (auto& each : all) each.text = cut(each.text, size.columns);
  return all;
}

}  // namespace tokiod::ctl
