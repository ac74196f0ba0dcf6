// What is run, with what, as whom: `command("sort").arg("-r").stdin_(stdio::piped()).spawn()`.
// spawn() returns when the program runs, or with what kept it from that: a program that does not exist, a directory
// that cannot be entered, what pre_exec said. status() and output() spawn at once, too, and give a future of the rest.
// A command may be spawned again and again.
// Threads: one at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokio/process/child.hpp"

namespace tokio::process {

class command {
 public:
  // A name without a '/' is looked for in the PATH that the child will have.
  explicit command(std::string_view program) : program_(program) {}

  command& arg(std::string_view text) {
    arguments_.emplace_back(text);
    return *this;
  }
  template <std::ranges::input_range R>
    requires std::convertible_to<std::ranges::range_reference_t<R>, std::string_view>
  command& args(R&& texts) {
    for (auto&& text : texts) arg(text);
    return *this;
  }
  command& args(std::initializer_list<std::string_view> texts) { return args<>(texts); }
  // What the child finds in argv[0] instead of the program.
  command& arg0(std::string_view text) {
    arg0_ = text;
    return *this;
  }

  // The environment is this process's, with these changes.
  command& env(std::string_view key, std::string_view value) {
    variables_[std::string(key)] = value;
    return *this;
  }
  template <std::ranges::input_range R>
  command& envs(R&& pairs) {
    for (auto&& [key, value] : pairs) env(key, value);
    return *this;
  }
  command& env_remove(std::string_view key) {
    variables_[std::string(key)] = std::nullopt;
    return *this;
  }
  // Nothing of this process's, and none of the changes so far.
  command& env_clear() {
    variables_.clear();
    clear_ = true;
    return *this;
  }

  // Whether a relative program is meant from there is not specified.
  command& current_dir(std::string_view directory) {
    directory_ = directory;
    return *this;
  }
  // Without groups() of its own, a child of root that becomes somebody else has none.
  command& uid(std::uint32_t id) noexcept {
    uid_ = id;
    return *this;
  }
  command& gid(std::uint32_t id) noexcept {
    gid_ = id;
    return *this;
  }
  command& groups(std::vector<std::uint32_t> ids) noexcept {
    groups_ = std::move(ids);
    return *this;
  }
  // 0: a new group, with the child's number.
  command& process_group(std::int32_t group) noexcept {
    process_group_ = group;
    return *this;
  }
  // Called in the child before the program is run, in the order in which they were given: 0, or an errno that spawn()
  // then gives (EINVAL for what is none). The child is a copy of one thread: only async-signal-safe calls, no memory,
  // no locks.
  template <class Fn>
    requires std::is_invocable_r_v<int, Fn&>
  command& pre_exec(Fn fn) {
    before_.emplace_back(std::move(fn));
    return *this;
  }

  // Inherited when nothing is said.
  command& stdin_(stdio from) noexcept { return stream(0, std::move(from)); }
  command& stdout_(stdio to) noexcept { return stream(1, std::move(to)); }
  command& stderr_(stdio to) noexcept { return stream(2, std::move(to)); }

  command& kill_on_drop(bool kill) noexcept {
    kill_on_drop_ = kill;
    return *this;
  }
  bool get_kill_on_drop() const noexcept { return kill_on_drop_; }
  const std::string& get_program() const noexcept { return program_; }
  const std::vector<std::string>& get_args() const noexcept { return arguments_; }
  const std::optional<std::string>& get_current_dir() const noexcept { return directory_; }

  // Panics where there is no runtime, or one without I/O. would_block: the system can make no process now.
  result<child> spawn(call_site at = call_site::current());

  // Our ends of its pipes are closed at once. A future that is dropped kills the child only with kill_on_drop.
  status_future status(call_site at = call_site::current()) {
    auto made = spawn(at);
    if (made) {
      made->stdin_.reset();
      made->stdout_.reset();
      made->stderr_.reset();
    }
    return status_future(std::move(made));
  }
  // Its stdout and stderr are pipes, whatever was said. A future that is dropped loses the child and what it wrote.
  output_future output(call_site at = call_site::current()) {
    stdout_(stdio::piped());
    stderr_(stdio::piped());
    auto made = spawn(at);
    return made ? std::move(*made).wait_with_output() : output_future(made.error());
  }

 private:
  command& stream(std::size_t which, stdio how) noexcept {
    streams_[which] = std::move(how);
    return *this;
  }
  // "K=V", or "K" for what goes.
  result<std::vector<std::string>> changes() const;
  static std::vector<tokio_str> to_strs(const std::vector<std::string>& texts) {
    std::vector<tokio_str> all;
    for (const auto& text : texts) all.push_back(to_str(text));
    return all;
  }
  tokio_proc_params params(const std::vector<tokio_str>& argv, const std::vector<tokio_str>& env) noexcept;
  static std::int32_t run_before(void* self) noexcept {
    for (auto& fn : static_cast<command*>(self)->before_)
      if (const int code = fn(); code != 0) return code;
    return 0;
  }
  static result<child> adopt(tokio_proc* raw);

  std::string program_;
  std::vector<std::string> arguments_;
  std::optional<std::string> arg0_, directory_;
  std::map<std::string, std::optional<std::string>> variables_;
  bool clear_ = false;
  std::optional<std::uint32_t> uid_, gid_;
  std::optional<std::vector<std::uint32_t>> groups_;
  std::optional<std::int32_t> process_group_;
  std::vector<std::function<int()>> before_;
  stdio streams_[3] = {stdio::inherit(), stdio::inherit(), stdio::inherit()};
  bool kill_on_drop_ = false;
};

inline result<std::vector<std::string>> command::changes() const {
  std::vector<std::string> all;
  for (const auto& [key, value] : variables_) {
    if (key.empty() || key.find('=') != std::string::npos)
      return std::unexpected(error(error_kind::invalid_input, "the name of a variable is empty or contains '='"));
    all.push_back(value ? key + "=" + *value : key);
  }
  return all;
}

inline tokio_proc_params command::params(const std::vector<tokio_str>& argv,
                                         const std::vector<tokio_str>& env) noexcept {
  tokio_proc_params all{};
  all.size = sizeof all;
  const auto flag = [&](bool set, std::uint32_t bit) { all.flags |= set ? bit : 0; };
  flag(kill_on_drop_, TOKIO_PROC_KILL_ON_DROP);
  flag(clear_, TOKIO_PROC_CLEAR_ENV);
  flag(uid_.has_value(), TOKIO_PROC_UID);
  flag(gid_.has_value(), TOKIO_PROC_GID);
  flag(groups_.has_value(), TOKIO_PROC_GROUPS);
  flag(process_group_.has_value(), TOKIO_PROC_GROUP);
  all.program = to_str(program_);
  all.argv = argv.data();
  all.argc = argv.size();
  all.env = env.data();
  all.envc = env.size();
  if (directory_) all.cwd = to_str(*directory_);
  for (std::size_t i = 0; i < 3; ++i) all.stdio[i] = streams_[i].raw();
  all.uid = uid_.value_or(0);
  all.gid = gid_.value_or(0);
  if (groups_) all.groups = groups_->data();
  if (groups_) all.groupc = groups_->size();
  all.process_group = process_group_.value_or(0);
  if (!before_.empty()) all.pre_exec = &run_before;
  all.user = this;
  return all;
}

inline result<child> command::adopt(tokio_proc* raw) {
  child made(raw);
  tokio_io* ends[3] = {};
  for (std::uint32_t i = 0; i < 3; ++i) (void)host.process->take_stdio(raw, i, &ends[i]);  // an error: it is no pipe
  if (ends[0]) made.stdin_.emplace(net::socket(ends[0]));
  if (ends[1]) made.stdout_.emplace(net::socket(ends[1]));
  if (ends[2]) made.stderr_.emplace(net::socket(ends[2]));
  return made;
}

inline result<child> command::spawn(call_site at) {
  auto* const instance =
      current_instance("there is no reactor running: a child process needs a task or an instance_scope", at);
  if (!host.process)
    return std::unexpected(error(error_kind::unsupported, "this host offers no processes (tokio.process/1)"));
  const auto variables = changes();
  if (!variables) return std::unexpected(variables.error());
  auto argv = to_strs(arguments_);
  argv.insert(argv.begin(), to_str(arg0_ ? *arg0_ : program_));
  const auto env = to_strs(*variables);
  const auto wanted = params(argv, env);
  tokio_proc* raw = nullptr;
  const auto status = host.process->spawn(instance, &wanted, &raw);
  // What went wrong in the child may have any number; its sentence begins with "spawn".
  if (status == TOKIO_ENOTSUP && !to_view(host.core->last_error()).starts_with("spawn"))
    panic("there is no reactor running: enable_io() was not called", at);
  if (status == TOKIO_EAGAIN)
    return std::unexpected(error(error_kind::would_block, status, "the system can make no process now"));
  if (status != TOKIO_OK) return std::unexpected(error::from_status(status));
  return adopt(raw);
}

}  // namespace tokio::process
