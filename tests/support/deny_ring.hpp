// Takes io_uring_setup away from this process, as a sandbox does: EPERM.
// Threads: the first one, before the others are made.
#pragma once

namespace tokiod::test {

void deny_ring();  // throws when the kernel has no filters of system calls

}  // namespace tokiod::test
