#!/usr/bin/env bash
# Every header of the C ABI compiles alone, without a warning, as C11, C17, C++17 and C++23, with gcc and clang.
#   each_header.sh INCLUDE_DIR
set -u
include=$1 failed=0 count=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
for header in "$include"/tokio/abi.h "$include"/tokio/abi/*.h; do
  name=tokio/${header#"$include"/tokio/}
  printf '#include "%s"\n#include "%s"\ntypedef int each_header_is_not_empty;\n' "$name" "$name" | tee "$work/one.c" >"$work/one.cpp"
  for compile in "gcc -std=c11" "gcc -std=c17" "clang-19 -std=c11" "clang-19 -std=c17" \
                 "g++ -std=c++17" "g++ -std=c++23" "clang++-19 -std=c++17" "clang++-19 -std=c++23"; do
    case $compile in *++*) source=$work/one.cpp ;; *) source=$work/one.c ;; esac
    count=$((count + 1))
    $compile "${warnings[@]}" -I"$include" -fsyntax-only "$source" || { echo "FAIL $compile $name"; failed=$((failed + 1)); }
  done
done
echo "$count compilations, $failed failed"
[ "$failed" = 0 ] && [ "$count" -gt 100 ]
