#include "base/error.hpp"

#include <array>
#include <system_error>

namespace tokiod {
namespace {

struct row {
  kind id;
  std::string_view name;
  int code;
};

// In the order of the enumeration; error_test checks that.
constexpr auto rows = std::to_array<row>({
    {kind::parse_error, "parse_error", -32700},
    {kind::invalid_request, "invalid_request", -32600},
    {kind::method_not_found, "method_not_found", -32601},
    {kind::invalid_params, "invalid_params", -32602},
    {kind::missing_param, "missing_param", -32602},
    {kind::unknown_param, "unknown_param", -32602},
    {kind::wrong_type, "wrong_type", -32602},
    {kind::out_of_range, "out_of_range", -32602},
    {kind::bad_enum, "bad_enum", -32602},
    {kind::internal, "internal", -32603},
    {kind::permission_denied, "permission_denied", -32001},
    {kind::wrong_state, "wrong_state", -32002},
    {kind::too_large, "too_large", -32003},
    {kind::too_deep, "too_deep", -32004},
    {kind::too_many_clients, "too_many_clients", -32005},
    {kind::rate_limited, "rate_limited", -32006},
    {kind::timeout, "timeout", -32007},
    {kind::draining, "draining", -32008},
    {kind::cancelled, "cancelled", -32009},
    {kind::busy, "busy", -32010},
    {kind::slow_consumer, "slow_consumer", -32011},
    {kind::not_found, "not_found", 1001},
    {kind::conflict, "conflict", 1002},
    {kind::invalid_config, "invalid_config", 1003},
    {kind::refused, "refused", 1004},
    {kind::needs_restart, "needs_restart", 1005},
    {kind::io_error, "io_error", 1006},
    {kind::bad_plugin, "bad_plugin", 1100},
    {kind::abi_mismatch, "abi_mismatch", 1101},
    {kind::missing_dependency, "missing_dependency", 1102},
    {kind::init_failed, "init_failed", 1103},
    {kind::in_use, "in_use", 1104},
    {kind::drain_timeout, "drain_timeout", 1105},
    {kind::not_trusted, "not_trusted", 1106},
    {kind::quarantined, "quarantined", 1107},
    {kind::plugin_error, "plugin_error", 1108},
    {kind::quota_exceeded, "quota_exceeded", 1109},
    {kind::unsupported, "unsupported", 1200},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].id) != i) return false;
  return true;
}
static_assert(in_order(), "rows follow the enumeration, so that a kind is its own index");

}  // namespace

std::string_view name(kind k) { return rows[static_cast<std::size_t>(k)].name; }

int rpc_code(kind k) { return rows[static_cast<std::size_t>(k)].code; }

std::string error::text() const { return std::string(what) + ": " + std::generic_category().message(code); }

}  // namespace tokiod
