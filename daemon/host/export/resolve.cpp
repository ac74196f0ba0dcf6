// tokio.resolve/1: getaddrinfo on the blocking pool. A lookup that nobody waits for any more runs to its end there.
#include <netdb.h>

#include <memory>

#include "host/export/address.hpp"
#include "host/export/common.hpp"
#include "host/export/operation.hpp"
#include "host/export/tables.hpp"
#include "runtime/blocking/job.hpp"

namespace tokiod::host {
namespace {

// What getaddrinfo says, in the contract's numbers.
tokio_status status_of(int code) {
  switch (code) {
    case 0: return TOKIO_OK;
    case EAI_SYSTEM: return -errno;
    case EAI_MEMORY: return TOKIO_ENOMEM;
    case EAI_AGAIN: return TOKIO_EAGAIN;
    case EAI_FAMILY:
    case EAI_SERVICE: return TOKIO_EINVAL;
    default: return TOKIO_ENOENT;
  }
}

class lookup_job final : public blocking::job {
 public:
  lookup_job(std::shared_ptr<operation> work, std::string host, std::uint16_t port, int family)
      : job(blocking::at_stop::drop), work_(std::move(work)), host_(std::move(host)), port_(port), family_(family) {}

  void run() noexcept override { end(resolve()); }
  void drop() noexcept override { end(TOKIO_ECANCELED); }

 private:
  tokio_res resolve() noexcept try {
    addrinfo hints{};
    hints.ai_family = family_;
    hints.ai_socktype = SOCK_STREAM;  // one entry per address, not one per protocol
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(host_.c_str(), std::to_string(port_).c_str(), &hints, &found);
    if (code != 0) return status_of(code);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
    for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
      system_address address;
      address.length = std::min<socklen_t>(one->ai_addrlen, sizeof address.storage);
      std::memcpy(&address.storage, one->ai_addr, address.length);
      work_->addresses.push_back(from_system(address.storage, address.length));
    }
    return static_cast<tokio_res>(work_->addresses.size());
  } catch (const std::bad_alloc&) {
    return TOKIO_ENOMEM;
  }
  void end(tokio_res result) noexcept {
    work_->result = result;
    wake_if_any(work_->done.finish());
    delete this;
  }

  std::shared_ptr<operation> work_;
  std::string host_;
  std::uint16_t port_;
  int family_;
};

int wanted_family(std::uint32_t family) {
  switch (family) {
    case TOKIO_AF_NONE: return AF_UNSPEC;
    case TOKIO_AF_INET: return AF_INET;
    case TOKIO_AF_INET6: return AF_INET6;
    default: return -1;
  }
}

tokio_status lookup(tokio_plugin* p, tokio_str host, uint16_t port, uint32_t family, tokio_op** out) noexcept try {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "lookup: a null pointer");
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  const int system = wanted_family(family);
  if (system < 0) return fail(TOKIO_EINVAL, "lookup takes family 0, INET or INET6, got ", family);
  if (view(host).empty() || view(host).find('\0') != std::string_view::npos)
    return fail(TOKIO_EINVAL, "lookup: the name is empty or contains a NUL");
  const auto work = std::make_shared<operation>();
  auto job = std::make_unique<lookup_job>(work, std::string(view(host)), port, system);
  tokio_op* made = nullptr;
  if (const auto status = new_op(*p, work, &made); status != TOKIO_OK) return status;
  const sched::host_entry inside;
  if (const auto submitted = p->rt.submit(*job); !submitted) {
    drop_op(*made, *p);
    return fail(submitted.error());
  }
  (void)job.release();  // it ends itself
  *out = made;
  return TOKIO_OK;
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for a lookup");
}

}  // namespace

const tokio_resolve_ext resolve_table = {.size = sizeof(tokio_resolve_ext), .flags = 0, .lookup = lookup};

}  // namespace tokiod::host
