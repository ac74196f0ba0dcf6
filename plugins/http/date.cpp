#include "date.hpp"

#include <chrono>
#include <ctime>

namespace http {
namespace {

constexpr std::string_view days[] = {"Sun, ", "Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, "};
constexpr std::string_view months[] = {" Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ",
                                       " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec "};

void two_digits(std::string& out, unsigned value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

}  // namespace

// Without gmtime_r(), which takes a lock of the whole process each time.
std::string date_text(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  std::string out(days[std::chrono::weekday(day).c_encoding()]);
  out.reserve(32);
  two_digits(out, static_cast<unsigned>(date.day()));
  out += months[static_cast<unsigned>(date.month()) - 1];
  out += std::to_string(static_cast<int>(date.year()));
  out += ' ';
  two_digits(out, static_cast<unsigned>(clock.hours().count()));
  out += ':';
  two_digits(out, static_cast<unsigned>(clock.minutes().count()));
  out += ':';
  two_digits(out, static_cast<unsigned>(clock.seconds().count()));
  return out += " GMT";
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  const std::string zero_ended(text);
  for (const char* const form : {"%a, %d %b %Y %H:%M:%S GMT", "%a, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm at{};
    const char* const end = ::strptime(zero_ended.c_str(), form, &at);
    if (end != nullptr && *end == '\0') return ::timegm(&at);
  }
  return std::nullopt;
}

}  // namespace http
