// Takes a system call away from this process, as a sandbox or an older kernel does.
// Threads: the first one, before those that are to go without it are made.
#pragma once

namespace tokiod::test {

// From now on the call of this number fails with `code`. Throws when the kernel has no filters of system calls.
void deny_call(long number, int code);

void deny_ring();    // io_uring_setup: EPERM, as in a sandbox
void deny_pidfds();  // pidfd_open: ENOSYS, as before Linux 5.3

}  // namespace tokiod::test
