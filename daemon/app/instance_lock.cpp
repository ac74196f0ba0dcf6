#include "app/instance_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace tokiod::app {

outcome<unique_fd> lock_instance(const std::string& state_directory) {
  if (state_directory.empty()) return unique_fd();
  unique_fd folder(::open(state_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return refuse(kind::io_error, "the state directory ", state_directory, ": ", error::last("open").text());
  if (retry_eintr([&] { return ::flock(folder.get(), LOCK_EX | LOCK_NB); }) == 0) return folder;
  if (errno == EWOULDBLOCK) return refuse(kind::in_use, "another daemon uses the state directory ", state_directory);
  return refuse(kind::io_error, "the state directory ", state_directory, ": ", error::last("flock").text());
}

}  // namespace tokiod::app
