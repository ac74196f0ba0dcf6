#include "ctl/batch.hpp"

#include <sstream>
#include <utility>

#include "ctl/value.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"

namespace tokiod::ctl {
namespace {

outcome<batch_request> read_object(const std::string& line) {
  auto object = wire::parse(line);
  if (!object) return std::unexpected(object.error());
  batch_request request;
  request.method = wire::text_or(*object, "method");
  if (request.method.empty()) return refuse(kind::wrong_type, "a request needs a member method");
  if (const json* params = wire::find(*object, "params")) request.params = *params;
  return request;
}

outcome<batch_request> read_words(const std::string& line) {
  std::istringstream from(line), nothing;
  batch_request request;
  std::vector<std::string> words;
  from >> request.method;
  for (std::string word; from >> word;) words.push_back(word);
  auto params = pairs(words, wire::find_method(request.method), nothing);
  if (!params) return std::unexpected(params.error());
  request.params = std::move(*params);
  return request;
}

}  // namespace

outcome<std::vector<batch_request>> read_batch(std::string_view text) {
  std::vector<batch_request> all;
  std::istringstream lines{std::string(text)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    auto request = line[begin] == '{' ? read_object(line) : read_words(line);
    if (!request) {
      request.error().sentence.insert(0, "line " + std::to_string(number) + ": ");
      return std::unexpected(request.error());
    }
    request->line = number;
    all.push_back(std::move(*request));
  }
  return all;
}

}  // namespace tokiod::ctl
