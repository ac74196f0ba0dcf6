// expect: task<T>: the destructor of T may throw, and nobody could catch it.
#include "tokio/task.hpp"
struct throws {
  ~throws() noexcept(false) {}
};
tokio::task<throws> give() { co_return throws(); }
