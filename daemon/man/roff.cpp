#include "man/roff.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace tokiod::man {
namespace {

std::string in_capitals(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

constexpr std::string_view begin_of_indent = ".RS\n";

// An argument of a macro, whatever blanks and quotes it has.
std::string quoted(std::string_view text) {
  std::string safe = "\"";
  for (const char c : escaped(text)) safe += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return safe + "\"";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const bool at_begin = safe.empty() || safe.back() == '\n';
    if (at_begin && (c == '.' || c == '\'')) safe += "\\&";
    if (c == '\\')
      safe += "\\e";
    else if (c == '-')
      safe += "\\-";
    else if (c == '`')
      safe += "\\(ga";
    else if (c == '\'')
      safe += "\\(aq";
    else if (c == '^')
      safe += "\\(ha";
    else if (c == '~')
      safe += "\\(ti";
    else
      safe += c;
  }
  return safe;
}

page::page(std::string_view name, int section, std::string_view summary, std::string_view date) {
  std::ostringstream head;
  head << ".TH " << quoted(in_capitals(name)) << ' ' << section << ' ' << date << " \"tokiod " TOKIOD_VERSION "\"\n"
       << ".SH NAME\n"
       << escaped(name) << " \\- " << escaped(summary) << '\n';
  text_ = std::move(head).str();
}

std::string_view page::apart() const {
  const auto last = text_.rfind('\n', text_.size() - 2) + 1;
  return text_.compare(last, 3, ".SH") == 0 || text_.compare(last, 3, ".SS") == 0 ? "" : ".PP\n";
}

page& page::heading(std::string_view title) {
  text_ += ".SH " + quoted(title) + "\n";
  return *this;
}

page& page::subheading(std::string_view title) {
  text_ += ".SS " + quoted(title) + "\n";
  return *this;
}

page& page::paragraph(std::string_view text) {
  text_ += std::string(apart()) + escaped(text) + "\n";
  return *this;
}

page& page::item(std::string_view tag, std::string_view text) {
  text_ += ".TP\n.B " + quoted(tag) + "\n" + escaped(text.empty() ? "." : text) + "\n";
  return *this;
}

page& page::lines(std::string_view text) {
  text_ += std::string(apart()) + ".nf\n" + escaped(text) + "\n.fi\n";
  return *this;
}

page& page::indent() {
  text_ += begin_of_indent;
  return *this;
}

page& page::outdent() {
  if (text_.ends_with(begin_of_indent))  // nothing is in it
    text_.resize(text_.size() - begin_of_indent.size());
  else
    text_ += ".RE\n";
  return *this;
}

}  // namespace tokiod::man
