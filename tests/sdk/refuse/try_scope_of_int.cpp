// expect: try_scope<E> takes a function of try_scope_children<E>& that gives a task of std::expected<T, E>.
#include "tokio/task/scope.hpp"
tokio::task<> f() {
  (void)co_await tokio::try_scope<int>([](tokio::try_scope_children<int>&) -> tokio::task<int> { co_return 1; });
}
