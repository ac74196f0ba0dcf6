// Names that this machine's own file knows: looked up through the system, and found without a question to anybody else.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "on_host.hpp"
#include "tokio/net.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using addresses_of_names = std::map<std::string, std::vector<ip_address>>;

addresses_of_names names_of(const std::string& path) {
  addresses_of_names all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    if (!(words >> word)) continue;
    const auto address = ip_address::parse(word);
    while (address && words >> word) all[word].push_back(*address);
  }
  return all;
}

task<bool> is_found(std::string name, std::vector<ip_address> addresses) {
  const auto found = co_await lookup_host(target(name, 4711));
  co_return found&& std::ranges::any_of(*found, [&](const socket_address& one) {
    return one.port() == 4711 && std::ranges::find(addresses, one.ip()) != addresses.end();
  });
}

}  // namespace

TEST_CASE("[NT-01] every name of /etc/hosts is found, with an address and the port that was asked for") {
  const auto names = names_of("/etc/hosts");
  REQUIRE_FALSE(names.empty());
  test::on_host real;
  for (const auto& [name, addresses] : names) CHECK_MESSAGE(real.run(is_found(name, addresses)), name);
}
