#include "base/accounts.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace tokiod {
namespace {

// What a lookup says when there is no such name; glibc passes on what its sources said.
bool unknown(int said) { return said == 0 || said == ENOENT || said == ESRCH || said == EBADF || said == EPERM; }

// `look(entry, strings, size, found)` is one of the getxxnam_r. Its strings may need much room: all members of a group.
template <class Entry, class Id, class Look>
outcome<std::optional<Id>> look_up(const char* what, const std::string& name, Id Entry::* id, Look look) {
  constexpr std::size_t most_bytes = std::size_t{4} << 20;
  std::vector<char> strings(16 * 1024);
  for (;;) {
    Entry entry{};
    Entry* found = nullptr;
    const int said = look(name.c_str(), &entry, strings.data(), strings.size(), &found);
    if (found != nullptr) return found->*id;
    if (said == EINTR) continue;
    if (unknown(said)) return std::optional<Id>();
    if (said != ERANGE || strings.size() >= most_bytes)
      return refuse(kind::io_error, "cannot look up the ", what, " ", name, ": ", std::strerror(said));
    strings.resize(strings.size() * 2);
  }
}

}  // namespace

outcome<std::optional<uid_t>> uid_named(const std::string& name) {
  return look_up("user", name, &passwd::pw_uid, ::getpwnam_r);
}
outcome<std::optional<gid_t>> gid_named(const std::string& name) {
  return look_up("group", name, &group::gr_gid, ::getgrnam_r);
}

}  // namespace tokiod
