/* What the bindings for Rust are generated from: the whole contract, and the constants that a macro hides from the
 * generator. */
#ifndef TOKIO_RUST_ABI_H
#define TOKIO_RUST_ABI_H

#include "tokio/abi.h"

static const tokio_res TOKIO_PENDING_RESULT = TOKIO_PENDING;
/* In halves: this bindgen takes a constant with the highest of 64 bits set for a variable. */
static const uint32_t TOKIO_FINGERPRINT_LOW = (uint32_t)TOKIO_ABI_FINGERPRINT;
static const uint32_t TOKIO_FINGERPRINT_HIGH = (uint32_t)(TOKIO_ABI_FINGERPRINT >> 32);

#endif /* TOKIO_RUST_ABI_H */
