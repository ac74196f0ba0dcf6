/* What the bindings for Rust are generated from: the whole contract, and the constants that a macro hides from the
 * generator. */
#ifndef TOKIO_RUST_ABI_H
#define TOKIO_RUST_ABI_H

#include "tokio/abi.h"

static const tokio_res TOKIO_PENDING_RESULT = TOKIO_PENDING;
static const uint64_t TOKIO_FINGERPRINT = TOKIO_ABI_FINGERPRINT;

#endif /* TOKIO_RUST_ABI_H */
