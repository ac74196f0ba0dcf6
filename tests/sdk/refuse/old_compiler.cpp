// expect: tokio needs clang >= 19: older ones miscompile coroutines; define TOKIO_ALLOW_UNSAFE_COMPILER to go on
// anyway.
#undef __clang_major__
#define __clang_major__ 18
#include "tokio/task.hpp"
