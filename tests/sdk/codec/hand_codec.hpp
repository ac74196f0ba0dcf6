// A codec whose pieces may be too long, and its buffer; what a call gives, as text.
// Threads: the test's.
#pragma once

#include <string>

#include "tokio/codec/delimited.hpp"
#include "tokio/codec/traits.hpp"

namespace tokio::test {

template <class C>
struct hand_codec {
  C by;
  codec::buffer bytes{};
  std::string decode(io::byte_view more = {}) {
    bytes.append(more);
    return text_of(by.decode(bytes));
  }
  std::string at_end() { return text_of(by.decode_eof(bytes)); }

 private:
  static std::string text_of(const codec::decoded<C>& got) {
    if (!got) return got.error().is_max_length_exceeded() ? "too long" : std::string(got.error().message());
    return *got ? "<" + **got + ">" : "none";
  }
};

}  // namespace tokio::test
