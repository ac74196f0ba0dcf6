#include "base/page_block.hpp"

#include <sys/mman.h>

namespace tokiod {

result<page_block> page_block::take(std::size_t bytes) {
  if (bytes == 0) return page_block();
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return std::unexpected(error::last("mmap"));
  return page_block(std::span(static_cast<std::byte*>(at), bytes));
}

page_block::~page_block() {
  if (!held_.empty()) ::munmap(held_.data(), held_.size());
}

}  // namespace tokiod
