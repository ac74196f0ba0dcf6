// TOKIOD_ASIDE: a function that a hot one calls now and then, and that must not slow it down at other times. The caller
// keeps its values in registers across the call, so it saves none of its own caller's when it does not make the call.
// The function must be noexcept.
// No threads of its own.
#pragma once

#if defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
#define TOKIOD_ASIDE [[gnu::noinline, clang::preserve_most]]
#else
#define TOKIOD_ASIDE [[gnu::noinline]]
#endif
