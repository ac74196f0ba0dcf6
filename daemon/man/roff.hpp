// A manual page, written part by part in the man(7) macros.
// Invariant: text is text: nothing that a caller gives is read as a macro or an escape.
// Threads:   one owner.
#pragma once
#include <string>
#include <string_view>

namespace tokiod::man {

class page {
 public:
  // `section` is 1..8, `date` as 2026-01-31.
  page(std::string_view name, int section, std::string_view summary, std::string_view date);

  page& heading(std::string_view title);     // "OPTIONS"
  page& subheading(std::string_view title);  // within one
  page& paragraph(std::string_view text);
  page& item(std::string_view tag, std::string_view text);  // the tag in bold, the text beside or below it
  page& lines(std::string_view text);                       // as they are: an example
  page& indent();
  page& outdent();

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  // What divides a paragraph from what is before it; nothing below a heading.
  [[nodiscard]] std::string_view apart() const;

  std::string text_;
};

[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace tokiod::man
