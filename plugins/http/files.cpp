#include "files.hpp"

#include <algorithm>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "content_type.hpp"
#include "date.hpp"
#include "folder.hpp"
#include "precondition.hpp"
#include "tokio/fs.hpp"

namespace http {
namespace {

constexpr std::size_t small_bytes = 64 * 1024;
constexpr std::size_t piece_bytes = 64 * 1024;  // what a client that does not read makes the server keep

struct found_file {
  opened_file file;
  validators known_by;
  verdict is;
  std::string bytes{};  // of a small one, what is to be sent
};
using look_up = std::expected<found_file, open_fault>;

// What may block: opens, and reads what is small.
look_up find(const folder& in, const std::string& path, const request& asked) {
  auto opened = in.open(path);
  if (!opened) return std::unexpected(opened.error());
  constexpr std::int64_t ns_per_s = 1'000'000'000;
  found_file found{*std::move(opened), {}, {}};
  found.known_by = {etag_of(found.file.modified_ns, found.file.size), found.file.modified_ns / ns_per_s,
                    found.file.size};
  found.is = judge(asked, found.known_by);
  const auto count = found.is.bytes.count;
  if (asked.verb == method::get && count <= small_bytes)
    found.bytes = read_part(found.file.fd.get(), found.is.bytes.first, static_cast<std::size_t>(count));
  return found;
}

// Where this thread may not block a job does it, with its own copy of all it needs: it may outlive the connection.
tokio::task<look_up> find_somewhere(const service& from, std::string path, const request& asked) {
  if (!from.one_thread) co_return tokio::block_in_place([&] { return find(*from.root, path, asked); });
  auto job = [in = from.root, path = std::move(path), copy = asked] { return find(*in, path, copy); };
  auto done = co_await tokio::spawn_blocking<"http file">(std::move(job));
  if (!done) co_return std::unexpected(open_fault::exhausted);
  co_return *std::move(done);
}

std::string with_slash(const target& at) {
  return encode_path(at.path + "/") + (at.query.empty() ? "" : "?" + at.query);
}

void say_why_not(exchange& to, open_fault why) {
  const auto& path = to.at().path;
  switch (why) {
    case open_fault::is_folder:
      if (path.ends_with('/')) return to.answer(404, plain_text, "this folder has no index.html\n");
      return to.answer(301, plain_text, "it is a folder\n", field_lines().add("Location", with_slash(to.at())));
    case open_fault::forbidden: return to.answer(403, plain_text, "the server may not read this\n");
    case open_fault::exhausted: return to.answer(503, plain_text, "the server has no resources left\n");
    case open_fault::none_there: return to.answer(404, plain_text, "there is nothing of that name\n");
  }
}

field_lines fields_of(const found_file& found) {
  field_lines lines;
  const auto& [first, count] = found.is.bytes;
  const auto size = std::to_string(found.known_by.size);
  lines.add("ETag", found.known_by.etag).add("Last-Modified", date_text(found.known_by.modified));
  if (found.is.status == 200) lines.add("Accept-Ranges", "bytes");
  if (found.is.status == 206)
    lines.add("Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(first + count - 1) + "/" + size);
  if (found.is.status == 416) lines.add("Content-Range", "bytes */" + size);
  return lines;
}

// From the blocking pool, a piece at a time. A file that ends early leaves the answer short, which closes the
// connection.
tokio::task<> send_pieces(exchange& to, found_file found) {
  auto file = tokio::fs::file::from_fd(found.file.fd.get());
  if (!file) co_return;
  (void)found.file.fd.release();  // taken over
  file->set_max_buf_size(piece_bytes);
  if (!co_await file->seek(tokio::io::seek_from::start(found.is.bytes.first))) co_return;
  std::string piece(piece_bytes, '\0');
  for (auto left = found.is.bytes.count; left > 0;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    const auto got = co_await file->read(tokio::io::byte_span(piece.data(), wanted));
    if (!got || *got == 0) break;
    if (!co_await to.send(std::string_view(piece).substr(0, *got))) co_return;
    left -= *got;
  }
  to.end();
}

}  // namespace

tokio::task<> serve_file(const service& from, exchange& to) {
  const auto& asked = to.asked();
  if (asked.verb != method::get && asked.verb != method::head)
    co_return to.answer(405, plain_text, "a file can be read only\n", field_lines().add("Allow", "GET, HEAD"));
  const bool folder = to.at().path.ends_with('/');
  auto path = folder ? to.at().path + "index.html" : to.at().path;
  auto found = co_await find_somewhere(from, path, asked);
  if (!found) co_return say_why_not(to, found.error());
  const auto& is = found->is;
  const auto type = is.status == 304 || is.status == 416 ? std::string_view() : content_type(path);
  const bool wanted = to.begin(is.status, type, is.bytes.count, fields_of(*found));
  if (!wanted) co_return to.end();
  if (is.bytes.count > small_bytes) co_return co_await send_pieces(to, *std::move(found));
  if (co_await to.send(found->bytes)) to.end();
}

}  // namespace http
