// The error of mutex::try_lock, rwlock::try_read and rwlock::try_write.
#pragma once

namespace tokio::sync {

struct try_lock_error {
  static constexpr const char* text = "the lock is held, or promised to somebody who waits";
};

}  // namespace tokio::sync
