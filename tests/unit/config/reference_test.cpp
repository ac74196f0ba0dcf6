#include "config/reference.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "base/fd.hpp"
#include "config/load.hpp"

using namespace tokiod;

namespace {

// With TOKIOD_UPDATE_REFERENCE set, the checked-in file is rewritten instead of compared.
void compare(const std::string& name, const std::string& expected) {
  const std::string path = std::string(TOKIOD_CONFIG_DIR) + "/" + name;
  if (std::getenv("TOKIOD_UPDATE_REFERENCE")) std::ofstream(path) << expected;
  const auto text = read_file(path, config::file_limit_bytes);
  REQUIRE(text);
  CHECK_MESSAGE(*text == expected, path,
                " is not what the table of settings says; run this test with "
                "TOKIOD_UPDATE_REFERENCE=1 and look at the difference");
}

}  // namespace

TEST_CASE("config/tokiod.json and its schema are what the table of settings says") {
  compare("tokiod.json", config::reference_text());
  compare("tokiod.schema.json", wire::dump_indented(config::schema()) + "\n");
}

TEST_CASE("the reference configuration changes nothing") {
  const auto reference = config::load_text("tokiod.json", config::reference_text());
  const auto nothing = config::load_text("none", "{}");
  REQUIRE(reference);
  REQUIRE(nothing);
  CHECK(reference->document == nothing->document);
}

TEST_CASE("every default passes its own check") {
  config::faults found;
  config::check_document({"defaults", config::default_document(), {}, {}}, found);
  for (const auto& f : found) MESSAGE(text_of(f));
  CHECK(found.empty());
}

TEST_CASE("the schema describes every row: a type, a description, and whether a change is live") {
  const auto schema = config::schema();
  for (const auto& row : config::settings()) {
    CAPTURE(row.pattern);
    const wire::json* at = &schema;
    std::string_view rest = row.pattern;
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const std::string token(rest.substr(0, rest.find('/')));
      rest.remove_prefix(token.size());
      at = token == "#"   ? &at->at("items")
           : token == "*" ? &at->at("additionalProperties")
                          : &at->at("properties").at(token);
    }
    CHECK(at->contains("type"));
    CHECK(!at->at("description").get<std::string>().empty());
    CHECK(at->contains("x-apply"));
  }
}
