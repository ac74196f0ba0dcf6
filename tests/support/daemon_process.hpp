// A program of ours (tokiod, tokioctl, a client) as a child of a test: started in a folder of its own, its output kept,
// its end awaited with a limit, and killed when the test gives up on it.
// Invariant: only the process started here is ever signalled; none outlives its object.
// Threads:   one.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/rpc_client.hpp"
#include "support/temp_dir.hpp"

namespace tokiod::test {

// The built programs and plugins, told to the tests by CMake.
[[nodiscard]] std::string tokiod_path();
[[nodiscard]] std::string tokioctl_path();
[[nodiscard]] std::string plugin_dir();
[[nodiscard]] std::string fixture(const std::string& name);  // path of a plugin made for tests

class process {
 public:
  // Standard output and error go to files in `dir`; `variables` are added to a small clean environment. `descriptors`:
  // how many it may have; 0: as many as we.
  process(const temp_dir& dir, std::vector<std::string> words, const std::vector<std::string>& variables = {},
          rlim_t descriptors = 0);
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The exit code, or 128 + signal; nothing when it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(30));
  [[nodiscard]] bool running();
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  std::string out_path_, err_path_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// What a command prints and how it ends.
struct finished {
  int code = -1;
  std::string out, err;
};
[[nodiscard]] finished run(const temp_dir& dir, std::vector<std::string> words,
                           const std::vector<std::string>& variables = {});

// tokiod with sockets and a configuration in its own folder, and no file of the system.
class daemon_process {
 public:
  // `config` is the text of its configuration file. Returns once the daemon runs.
  explicit daemon_process(const std::string& config = "{}", std::vector<std::string> more_words = {},
                          const std::vector<std::string>& variables = {}, rlim_t descriptors = 0);

  [[nodiscard]] process& child() { return child_; }
  [[nodiscard]] const temp_dir& dir() const { return dir_; }
  [[nodiscard]] std::string socket() const { return dir_ / "control.sock"; }
  [[nodiscard]] std::string observe_socket() const { return dir_ / "observe.sock"; }
  [[nodiscard]] rpc_client connect() const { return rpc_client(socket()); }
  void write_config(const std::string& text) const { (void)dir_.write("tokiod.json", text); }
  // SIGTERM, and the exit code.
  int stop();

 private:
  temp_dir dir_;
  process child_;
};

}  // namespace tokiod::test
