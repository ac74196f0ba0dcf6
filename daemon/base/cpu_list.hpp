// Which CPUs a thread may run on, as the kernel writes it: "0-3,6".
// Threads: values [any]; what asks or tells the kernel about another thread is for who knows that it has not ended.
#pragma once
#include <sched.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tokiod {

struct cpu_list {
  cpu_set_t set{};
  friend bool operator==(const cpu_list& a, const cpu_list& b) { return CPU_EQUAL(&a.set, &b.set) != 0; }
};

[[nodiscard]] std::string text_of(const cpu_list& cpus);
// Nothing: it is no such list, names no CPU, or one past CPU_SETSIZE.
[[nodiscard]] std::optional<cpu_list> cpus_named(std::string_view text);

// `os_thread`: as the kernel numbers threads; 0: the calling one. Fails with what the kernel says: EINVAL (none of them
// is there, or may be used), EPERM (a filter of system calls), ESRCH.
[[nodiscard]] result<cpu_list> cpus_of_thread(int os_thread);
[[nodiscard]] result<void> run_thread_on(int os_thread, const cpu_list& cpus);

}  // namespace tokiod
