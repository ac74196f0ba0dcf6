#include "control/tar.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace tokiod::control {
namespace {

constexpr std::size_t block = 512;

// A field of a header: where it begins, and how long it is.
struct field {
  std::size_t at, size;
};
constexpr field name_at{0, 100}, mode_at{100, 8}, uid_at{108, 8}, gid_at{116, 8}, size_at{124, 12}, time_at{136, 12},
    sum_at{148, 8}, kind_at{156, 1}, magic_at{257, 8};

class header {
 public:
  header() { bytes_.fill('\0'); }
  void text(field where, std::string_view words) {
    std::memcpy(bytes_.data() + where.at, words.data(), std::min(words.size(), where.size));
  }
  // In octal digits, with a zero behind them.
  void number(field where, std::uint64_t value) {
    for (std::size_t i = where.size - 1; i-- > 0; value /= 8) bytes_[where.at + i] = static_cast<char>('0' + value % 8);
  }
  // Of all bytes, with spaces where it stands itself.
  void seal() {
    text(sum_at, "        ");
    std::uint64_t sum = 0;
    for (const char each : bytes_) sum += static_cast<unsigned char>(each);
    number({sum_at.at, sum_at.size - 1}, sum);
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, block> bytes_{};
};

}  // namespace

void tar_archive::add(std::string_view name, std::string_view content) {
  header head;
  head.text(name_at, name);
  head.number(mode_at, 0600);
  head.number(uid_at, 0);
  head.number(gid_at, 0);
  head.number(size_at, content.size());
  head.number(time_at, static_cast<std::uint64_t>(std::max<std::int64_t>(time_, 0)));
  head.text(kind_at, "0");
  head.text(magic_at, std::string_view("ustar\00000", 8));
  head.seal();
  bytes_.append(head.view()).append(content);
  bytes_.append((block - content.size() % block) % block, '\0');
}

std::string tar_archive::finish() && {
  bytes_.append(2 * block, '\0');
  return std::move(bytes_);
}

}  // namespace tokiod::control
