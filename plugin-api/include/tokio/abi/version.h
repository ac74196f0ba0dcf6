/* The version of the contract, and when a plugin and a host fit each other. */
#ifndef TOKIO_ABI_VERSION_H
#define TOKIO_ABI_VERSION_H

#include <stdint.h>

/* Major 0 is not frozen: a plugin fits a host only if major, minor and fingerprint are equal. From major 1 on, equal
 * majors fit when plugin minor_min <= host minor, and a break means a new symbol (tokio_plugin_v1) beside the old one.
 */
#define TOKIO_ABI_MAJOR 0u
#define TOKIO_ABI_MINOR 1u
/* First 8 bytes of the SHA-256 of tests/abi/golden/v0.txt; the layout test refuses a change of the layout that forgot
 * it. */
#define TOKIO_ABI_FINGERPRINT UINT64_C(0x126e84c936132c0a)

static inline int tokio_abi_fits(uint32_t host_major, uint32_t host_minor, uint64_t host_fingerprint, uint32_t major,
                                 uint32_t minor, uint32_t minor_min, uint64_t fingerprint) {
  if (major != host_major) return 0;
  if (major == 0) return minor == host_minor && fingerprint == host_fingerprint;
  return minor_min <= host_minor;
}

#endif /* TOKIO_ABI_VERSION_H */
