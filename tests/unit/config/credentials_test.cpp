#include "config/credentials.hpp"

#include <doctest/doctest.h>

#include "config/diff.hpp"
#include "config/load.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;
using wire::json;

namespace {

struct fixture {
  explicit fixture(const std::string& config) {
    from.vendor_dir = from.conf_dir = "";
    from.file =
        dir.write("tokiod.json", R"({"plugins": {"instances": {"one": {"plugin": "p", "config": )" + config + "}}}}");
    from.credentials_dir = dir / "credentials";
    (void)dir.write("credentials/password", "planted-secret\n");
  }
  [[nodiscard]] std::string given() const {
    const auto all = config::load(from);
    REQUIRE(all);
    return all->values.plugins.instances.at("one").config;
  }
  [[nodiscard]] std::string fault() const {
    const auto all = config::load(from);
    REQUIRE_FALSE(all);
    REQUIRE(all.error().size() == 1);
    return text_of(all.error().front());
  }
  test::temp_dir dir;
  config::sources from;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a plugin gets the text of a credential, and nobody else does") {
  const fixture f(R"({"key": {"$credential": "password"}, "list": [{"$credential": "password"}], "port": 1})");
  CHECK(f.given() == R"({"key":"planted-secret","list":["planted-secret"],"port":1})");
  const auto all = config::load(f.from);
  CHECK_FALSE(has(wire::dump(all->document), "planted"));
  CHECK_FALSE(has(wire::dump(all->said), "planted"));
  CHECK(all->credentials == std::set<std::string>{"planted-secret"});
  json view = {{"key", "planted-secret"}, {"list", {"x", "planted-secret"}}};
  config::hide_credentials(view, all->credentials);
  CHECK(view == json({{"key", "***"}, {"list", {"x", "***"}}}));
}

TEST_CASE("a credential that cannot be had is a fault that names it") {
  CHECK(has(fixture(R"({"key": {"$credential": "missing"}})").fault(), "the credential missing: open: "));
  CHECK(has(fixture(R"({"key": {"$credential": "../password"}})").fault(), "with the name of a file alone"));
  CHECK(has(fixture(R"({"key": {"$credential": "password", "more": 1}})").fault(), "must be {\"$credential\""));
  fixture large(R"({"key": {"$credential": "large"}})");
  (void)large.dir.write("credentials/large", std::string(config::credential_limit_bytes + 1, 'x'));
  CHECK(has(large.fault(), "larger than 65536 bytes"));
  fixture bytes(R"({"key": {"$credential": "bytes"}})");
  (void)bytes.dir.write("credentials/bytes", "\xff\xfe");
  CHECK(has(bytes.fault(), "which is no text"));
  fixture nowhere(R"({"key": {"$credential": "password"}})");
  nowhere.from.credentials_dir = "";
  CHECK(has(nowhere.fault(), "there is no $CREDENTIALS_DIRECTORY"));
}

TEST_CASE("another text behind the same name is a change of the instance") {
  const fixture f(R"({"key": {"$credential": "password"}})");
  const auto before = config::load(f.from);
  CHECK(config::diff(*before, *config::load(f.from)).empty());
  (void)f.dir.write("credentials/password", "planted-other");
  const auto changes = config::diff(*before, *config::load(f.from));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].path == "/plugins/instances/one");
  CHECK_FALSE(has(wire::dump(changes[0].to), "planted"));
}
