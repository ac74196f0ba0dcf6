#include "ctl/exit_code.hpp"

#include "wire/get.hpp"

namespace tokiod::ctl {
namespace {

constexpr int invalid_params_code = -32602;
constexpr int parse_error_code = -32700;

}  // namespace

exit_code exit_code_of(const wire::rpc_error& error) {
  if (error.code == rpc_code(kind::permission_denied)) return exit_code::permission;
  if (error.code == rpc_code(kind::method_not_found)) return exit_code::usage;
  if (error.code == rpc_code(kind::invalid_config)) return exit_code::configuration;
  if (error.code == rpc_code(kind::internal)) return exit_code::internal;
  if (error.code == invalid_params_code || error.code == parse_error_code) return exit_code::bad_input;
  if (wire::boolean_or(error.data, "retryable", false)) return exit_code::temporary;
  return exit_code::failed;
}

}  // namespace tokiod::ctl
