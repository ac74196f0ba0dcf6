#include "outbox.hpp"

#include <algorithm>

#include "tokio/io.hpp"
#include "tokio/time.hpp"

namespace http {

void outbox::begin(const response_head& head, bool silent) {
  framing_ = head.body;
  unsent_ = head.length;
  silent_ = silent;
  whole_ = false;
  append_head(out_, head);
}

void outbox::add_body(std::string_view bytes) {
  if (!silent_) out_ += bytes;
  unsent_ = 0;
  end();
}

tokio::task<bool> outbox::send(std::string_view bytes) {
  if (silent_ || bytes.empty()) co_return !lost_;
  if (framing_ == framing::sized) bytes = bytes.substr(0, unsent_);
  unsent_ -= std::min<std::uint64_t>(unsent_, bytes.size());
  const bool chunked = framing_ == framing::chunked;
  if (chunked) append_chunk_begin(out_, bytes.size());
  if (bytes.size() < gathered_bytes) {
    out_ += bytes;
  } else if (!co_await flush() || !co_await put(bytes)) {  // much is not gathered, so it is not copied
    co_return false;
  }
  if (chunked) out_ += chunk_end;
  if (!is_full()) co_return !lost_;
  co_return co_await flush();
}

void outbox::end() {
  whole_ = silent_ || unsent_ == 0;  // less than was promised is half an answer
  if (framing_ == framing::chunked && !silent_) out_ += last_chunk;
}

tokio::task<bool> outbox::flush() {
  if (lost_) co_return false;
  if (out_.empty()) co_return true;
  const bool sent = co_await put(out_);
  out_.clear();
  co_return sent;
}

// Who reads slowly has time, who does not read at all has not.
tokio::task<bool> outbox::put(std::string_view bytes) {
  while (!bytes.empty()) {
    auto sent = co_await tokio::time::timeout(within_, tokio::io::write(client_, bytes));
    if (!sent || !*sent || **sent == 0) {
      lost_ = true;
      co_return false;
    }
    bytes.remove_prefix(**sent);
  }
  co_return true;
}

}  // namespace http
