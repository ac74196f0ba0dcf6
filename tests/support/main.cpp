// The main function of every doctest program. It writes line by line, so that what a test said before it hung is seen.
#include <cstdio>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

int main(int argc, char** argv) {
  (void)std::setvbuf(stdout, nullptr, _IOLBF, 0);  // std::cout writes through it
  return doctest::Context(argc, argv).run();
}
