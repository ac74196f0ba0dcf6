#include "response.hpp"

#include <charconv>
#include <cstddef>

#include "date.hpp"

namespace http {
namespace {

template <class Number>
void append_number(std::string& out, Number value, int base = 10) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value, base).ptr);
}

}  // namespace

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

field_lines& field_lines::add(std::string_view name, std::string_view value) {
  (text_ += name) += ": ";
  for (const char c : value) text_ += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
  text_ += "\r\n";
  return *this;
}

void append_head(std::string& out, const response_head& head) {
  out += "HTTP/1.1 ";
  append_number(out, head.status);
  (((out += ' ') += reason_of(head.status)) += "\r\nServer: tokiod\r\nDate: ") += date_text(head.now);
  out += "\r\n";
  if (!head.type.empty()) ((out += "Content-Type: ") += head.type) += "\r\n";
  out += head.more.text();
  if (head.body == framing::sized) {
    out += "Content-Length: ";
    append_number(out, head.length);
    out += "\r\n";
  }
  if (head.body == framing::chunked) out += "Transfer-Encoding: chunked\r\n";
  if (head.close) out += "Connection: close\r\n";
  if (!head.close && head.says_keep_alive) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

void append_chunk_begin(std::string& out, std::size_t bytes) {
  append_number(out, bytes, 16);
  out += "\r\n";
}

}  // namespace http
