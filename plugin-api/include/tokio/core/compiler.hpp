// The compiler floor of everything that contains a coroutine, and the few words that differ between compilers.
// Invariant: a compiler that is known to destroy temporaries of co_await expressions twice, or to cache thread-local
//            addresses across a suspension, never builds a plugin by accident.
#pragma once

#if defined(__clang__)
#if __clang_major__ < 19 && !defined(TOKIO_ALLOW_UNSAFE_COMPILER)
#error "tokio needs clang >= 19: older ones miscompile coroutines; define TOKIO_ALLOW_UNSAFE_COMPILER to go on anyway."
#endif
#define TOKIO_SYMMETRIC 1
#elif defined(__GNUC__)
#if __GNUC__ < 13 && !defined(TOKIO_ALLOW_UNSAFE_COMPILER)
#error "tokio needs GCC >= 13: older ones miscompile co_await; define TOKIO_ALLOW_UNSAFE_COMPILER to go on anyway."
#endif
#define TOKIO_SYMMETRIC 1
#endif

#if defined(__cplusplus) && __cplusplus < 202100L
#error "tokio needs C++23: compile with -std=c++23."
#endif

// One copy for each image, whatever the visibility flags of its build are.
#define TOKIO_HIDDEN __attribute__((visibility("hidden")))

// A function that a hot one calls now and then. The hot one keeps its values in registers across the call, so it saves
// none of its own caller's when it does not make the call. Such a function is noexcept. Hidden: who binds a symbol late
// keeps fewer registers than this promises. Under a name of its own: a compiler that does not know the promise may have
// compiled another object of the image.
#if defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
#define TOKIO_ASIDE [[gnu::noinline, clang::preserve_most, gnu::visibility("hidden"), gnu::abi_tag("tokio_aside")]]
#else
#define TOKIO_ASIDE [[gnu::noinline, gnu::visibility("hidden")]]
#endif
