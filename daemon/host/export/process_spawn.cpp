// tokio.process/1: spawn. What the plugin wants is checked and copied, the standard streams are made, launch.cpp makes
// the child, and what is left becomes a handle.
#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/export/child.hpp"
#include "host/export/common.hpp"
#include "host/export/io_handle.hpp"
#include "host/export/launch.hpp"
#include "host/export/process.hpp"
#include "host/orphans.hpp"

namespace tokiod::host {
namespace {

constexpr std::uint32_t known_flags = TOKIO_PROC_KILL_ON_DROP | TOKIO_PROC_CLEAR_ENV | TOKIO_PROC_UID | TOKIO_PROC_GID |
                                      TOKIO_PROC_GROUPS | TOKIO_PROC_GROUP;

// ---- what the plugin says

tokio_status check_text(const char* what, tokio_str text, std::size_t& total) {
  if (view(text).find('\0') != std::string_view::npos) return fail(TOKIO_EINVAL, "spawn: ", what, " contains a NUL");
  if (text.len > TOKIO_PROC_MAX_STRING)
    return fail(TOKIO_EINVAL, "spawn: ", what, " has ", text.len, " bytes; one may have ", TOKIO_PROC_MAX_STRING);
  total += text.len + 1;
  return TOKIO_OK;
}

tokio_status check_texts(const char* what, const tokio_str* texts, std::size_t n, std::size_t& total) {
  if (n > TOKIO_PROC_MAX_STRINGS || (texts == nullptr && n != 0))
    return fail(TOKIO_EINVAL, "spawn: ", n, " times ", what, "; there may be ", TOKIO_PROC_MAX_STRINGS);
  for (std::size_t i = 0; i < n; ++i)
    if (const auto status = check_text(what, texts[i], total); status != TOKIO_OK) return status;
  return TOKIO_OK;
}

tokio_status check(const tokio_proc_params& params) {
  if ((params.flags & ~known_flags) != 0)
    return fail(TOKIO_EINVAL, "tokio_proc_params.flags has unknown bits: ", params.flags & ~known_flags);
  if (params.program.len == 0 || params.argc == 0) return fail(TOKIO_EINVAL, "spawn needs a program and its argv[0]");
  if (params.groupc > TOKIO_PROC_MAX_GROUPS || (params.groups == nullptr && params.groupc != 0))
    return fail(TOKIO_EINVAL, "spawn: ", params.groupc, " groups; there may be ", TOKIO_PROC_MAX_GROUPS);
  std::size_t total = 0;
  for (const auto& [what, text] : {std::pair{"the program", params.program}, {"the directory", params.cwd}})
    if (const auto status = check_text(what, text, total); status != TOKIO_OK) return status;
  if (const auto status = check_texts("an argument", params.argv, params.argc, total); status != TOKIO_OK)
    return status;
  if (const auto status = check_texts("a variable", params.env, params.envc, total); status != TOKIO_OK) return status;
  if (total > TOKIO_PROC_MAX_BYTES)
    return fail(TOKIO_EINVAL, "spawn: arguments and environment have ", total, " bytes; they may have ",
                TOKIO_PROC_MAX_BYTES);
  return TOKIO_OK;
}

std::string_view key_of_variable(std::string_view one) { return one.substr(0, one.find('=', 1)); }

// This process's environment, or none, and what the plugin changes of it.
std::vector<std::string> environment_of(const tokio_proc_params& params) {
  std::map<std::string_view, std::string_view> all;
  if ((params.flags & TOKIO_PROC_CLEAR_ENV) == 0)
    for (char** at = environ; at != nullptr && *at != nullptr; ++at) all.emplace(key_of_variable(*at), *at);
  for (std::size_t i = 0; i < params.envc; ++i) {
    const auto change = view(params.env[i]);
    const auto key = key_of_variable(change);
    all.erase(key);
    if (key.size() != change.size()) all.emplace(key, change);
  }
  std::vector<std::string> texts;
  for (const auto& [key, text] : all) texts.emplace_back(text);
  return texts;
}

launch_plan plan_of(const tokio_proc_params& params) {
  launch_plan plan;
  for (std::size_t i = 0; i < params.argc; ++i) plan.arguments.emplace_back(view(params.argv[i]));
  plan.environment = environment_of(params);
  plan.programs = places_of(std::string(view(params.program)), plan.environment);
  plan.directory = view(params.cwd);
  if ((params.flags & TOKIO_PROC_UID) != 0) plan.user = params.uid;
  if ((params.flags & TOKIO_PROC_GID) != 0) plan.group = params.gid;
  if ((params.flags & TOKIO_PROC_GROUPS) != 0) plan.groups.emplace(params.groups, params.groups + params.groupc);
  if ((params.flags & TOKIO_PROC_GROUP) != 0) plan.process_group = params.process_group;
  plan.pre_exec = params.pre_exec;
  plan.pre_exec_user = params.user;
  return plan;
}

// ---- descriptors

// In the child 0, 1 and 2 are replaced one after the other, so what replaces them lies above.
tokio_status move_above_stdio(const tokio_plugin& p, unique_fd& fd) {
  if (fd.get() > 2) return TOKIO_OK;
  unique_fd above(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!above) return no_descriptor(p, "fcntl", -errno);
  fd = std::move(above);
  return TOKIO_OK;
}

tokio_status make_pipe(tokio_plugin& p, unique_fd& from, unique_fd& to) {
  int fds[2] = {-1, -1};
  const int first = p.descriptors.make(-1, [&] { return ::pipe2(fds, O_CLOEXEC) == 0 ? fds[0] : -errno; });
  unique_fd second(fds[1]);
  if (first < 0) return no_descriptor(p, "pipe2", first);
  from.reset(first);
  if (const int kept = p.descriptors.keep(second.release()); kept < 0) return no_descriptor(p, "pipe2", kept);
  to.reset(fds[1]);
  return TOKIO_OK;
}

// The child's end goes into the plan, ours becomes a handle.
tokio_status make_stdio_pipe(tokio_plugin& p, std::size_t which, launch_plan& plan, tokio_io** ours) {
  unique_fd from, to;
  if (const auto status = make_pipe(p, from, to); status != TOKIO_OK) return status;
  auto& mine = which == 0 ? to : from;
  plan.stdio[which] = std::move(which == 0 ? from : to);
  if (const auto done = set_nonblocking(mine.get()); !done) return fail(done.error());
  const auto interest = which == 0 ? io::interest::write : io::interest::read;
  const auto status = new_io(p, mine.get(), {.socket = false, .interest = interest}, ours);
  if (status == TOKIO_OK) (void)mine.release();  // the handle's now
  return status;
}

tokio_status make_stdio(tokio_plugin& p, std::size_t which, const tokio_stdio& wanted, launch_plan& plan,
                        tokio_io** ours) {
  auto& theirs = plan.stdio[which];
  switch (wanted.kind) {
    case TOKIO_STDIO_INHERIT: return TOKIO_OK;
    case TOKIO_STDIO_PIPE:
      if (const auto status = make_stdio_pipe(p, which, plan, ours); status != TOKIO_OK) return status;
      break;
    case TOKIO_STDIO_NULL:
      theirs.reset(::open("/dev/null", (which == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
      if (!theirs) return no_descriptor(p, "open of /dev/null", -errno);
      break;
    case TOKIO_STDIO_FD:
      theirs.reset(::fcntl(wanted.fd, F_DUPFD_CLOEXEC, 3));
      if (!theirs) return no_descriptor(p, "fcntl of the descriptor of a standard stream", -errno);
      break;
    default: return fail(TOKIO_EINVAL, "there is no kind of standard stream ", wanted.kind);
  }
  return move_above_stdio(p, theirs);
}

// ---- the handle

tokio_status launch_into(tokio_plugin& p, launch_plan& plan, tokio_proc& child) {
  unique_fd from, to;
  if (const auto status = make_pipe(p, from, to); status != TOKIO_OK) return status;
  if (const auto status = move_above_stdio(p, to); status != TOKIO_OK) return status;
  auto made = launch(plan, std::move(from), std::move(to));
  if (!made) {
    const auto& why = made.error();
    if (why.code == EMFILE && !why.in_child) return no_descriptor(p, "a descriptor of the child", -EMFILE);
    // In this contract E2BIG is about a struct.
    return fail(why.code == E2BIG ? TOKIO_EINVAL : -why.code, "spawn: ", why.sentence);
  }
  child.process = std::move(*made);
  return TOKIO_OK;
}

tokio_status make_all(tokio_plugin& p, const tokio_proc_params& params, tokio_proc& child) {
  auto plan = plan_of(params);
  for (std::size_t which = 0; which < 3; ++which) {
    const auto status = make_stdio(p, which, params.stdio[which], plan, &child.pipes[which]);
    if (status != TOKIO_OK) return status;
  }
  return launch_into(p, plan, child);
}

// Before the first child there is somebody to reap those that are dropped.
tokio_status spawn_checked(tokio_plugin& p, const tokio_proc_params& params, tokio_proc** out) {
  if (const auto ready = orphans::prepare(); !ready) return no_descriptor(p, ready.error().what, -ready.error().code);
  auto* const child = handle_pool<tokio_proc>::take(&p);
  if (child == nullptr) return fail(TOKIO_ENOMEM, "no memory for a child");
  child->status = 0;  // nothing to reap, until there is
  child->kill_on_drop = (params.flags & TOKIO_PROC_KILL_ON_DROP) != 0;
  p.count(entry::children, 1);
  tokio_status status = TOKIO_ENOMEM;
  try {
    status = make_all(p, params, *child);
  } catch (const std::bad_alloc&) {
    (void)fail(TOKIO_ENOMEM, "no memory for a child");
  }
  if (status != TOKIO_OK) {
    free_child(*child, p);
    return status;
  }
  child->status.reset();
  *out = child;
  return TOKIO_OK;
}

}  // namespace

tokio_status process_spawn(tokio_plugin* p, const tokio_proc_params* given, tokio_proc** out) noexcept {
  tokio_proc_params params;
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "spawn: a null pointer");
  if (const auto status = take_params(given, "tokio_proc_params", params); status != TOKIO_OK) return status;
  if (const auto status = refused_new_io(*p); status != TOKIO_OK) return status;
  if (const auto status = check(params); status != TOKIO_OK) return status;
  return spawn_checked(*p, params, out);
}

}  // namespace tokiod::host
