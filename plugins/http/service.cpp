#include "service.hpp"

namespace http {

service::service(const settings& given)
    : with(given),
      root(given.root.empty() ? nullptr : std::make_shared<const folder>(given.root)),
      connections_("connections_total", "clients that were served"),
      turned_away_("turned_away_total", "clients for whom no place was left"),
      requests_("requests_total", "requests whose head was read and whose target is a path"),
      refused_("refused_total", "requests that broke the protocol, a limit or a timeout") {}

}  // namespace http
