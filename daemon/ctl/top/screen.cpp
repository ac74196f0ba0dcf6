#include "ctl/top/screen.hpp"

#include <curses.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <utility>

namespace tokiod::ctl {
namespace {

constexpr short warning_pair = 1, head_pair = 2;

attr_t attributes_of(look how, bool color) {
  switch (how) {
    case look::title: return A_BOLD;
    case look::head: return color ? A_BOLD | static_cast<attr_t>(COLOR_PAIR(head_pair)) : A_BOLD;
    case look::selected: return A_REVERSE;
    case look::warning: return color ? static_cast<attr_t>(COLOR_PAIR(warning_pair)) : A_UNDERLINE;
    case look::faint: return A_DIM;
    case look::plain: break;
  }
  return A_NORMAL;
}

int meaning_of(int read) {
  switch (read) {
    case KEY_UP: return static_cast<int>(key::up);
    case KEY_DOWN: return static_cast<int>(key::down);
    case KEY_LEFT: return static_cast<int>(key::left);
    case KEY_RIGHT: return static_cast<int>(key::right);
    case KEY_PPAGE: return static_cast<int>(key::page_up);
    case KEY_NPAGE: return static_cast<int>(key::page_down);
    case KEY_HOME: return static_cast<int>(key::home);
    case KEY_END: return static_cast<int>(key::end);
    case KEY_ENTER:
    case '\r':
    case '\n': return static_cast<int>(key::enter);
    case KEY_BACKSPACE:
    case 0x7f:
    case '\b': return static_cast<int>(key::erase);
    case 0x1b: return static_cast<int>(key::escape);
    default: return read;
  }
}

// Nobody will press a key any more: then curses does not wait, and says the same as when none came.
bool has_hung_up() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0) return false;
  int waiting = 0;
  const bool at_end = (input.revents & POLLIN) != 0 && ::ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0;
  return at_end || (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace

outcome<screen> screen::open(bool color) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1)
    return refuse(kind::unsupported, "top needs a terminal; --once and --batch need none");
  std::setlocale(LC_CTYPE, "");
  if (::newterm(nullptr, stdout, stdin) == nullptr) {
    const char* term = std::getenv("TERM");
    return refuse(kind::unsupported, "curses knows no terminal ", term == nullptr ? "(TERM is not set)" : term,
                  "; --once and --batch need none");
  }
  if (const char* const moves = ::tigetstr("cup"); moves == nullptr || moves == reinterpret_cast<const char*>(-1)) {
    ::endwin();
    return refuse(kind::unsupported, "this terminal cannot move its cursor; --once and --batch need not");
  }
  ::cbreak();
  ::noecho();
  ::curs_set(0);
  ::set_escdelay(50);
  ::keypad(stdscr, true);
  color = color && ::has_colors();
  if (color) {
    ::start_color();
    ::use_default_colors();
    ::init_pair(warning_pair, COLOR_YELLOW, -1);
    ::init_pair(head_pair, COLOR_CYAN, -1);
  }
  return screen(color);
}

screen::~screen() {
  if (open_) ::endwin();
}

screen_size screen::size() const {
  return {static_cast<std::size_t>(std::max(1, ::getmaxy(stdscr))),
          static_cast<std::size_t>(std::max(1, ::getmaxx(stdscr)))};
}

void screen::draw(std::span<const line> frame) {
  ::werase(stdscr);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    ::wattrset(stdscr, static_cast<int>(attributes_of(frame[i].how, color_)));
    // A text that turned out wider than it was taken for went on into this line.
    ::wmove(stdscr, static_cast<int>(i), 0);
    ::wclrtoeol(stdscr);
    ::mvwaddnstr(stdscr, static_cast<int>(i), 0, frame[i].text.data(), static_cast<int>(frame[i].text.size()));
  }
  ::wattrset(stdscr, A_NORMAL);
  ::wrefresh(stdscr);
}

std::optional<int> screen::read_key(duration_ns wait) {
  ::wtimeout(stdscr, static_cast<int>(wait / millisecond));
  const int read = ::wgetch(stdscr);
  if (read == ERR && has_hung_up()) return 'q';
  if (read == ERR || read == KEY_RESIZE) return std::nullopt;
  return meaning_of(read);
}

}  // namespace tokiod::ctl
