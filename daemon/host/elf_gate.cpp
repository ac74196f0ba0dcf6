#include "host/elf_gate.hpp"

#include <algorithm>
#include <sstream>

#include "tokio/abi/plugin.h"

namespace tokiod::host {
namespace {

constexpr std::string_view entry_symbol = "tokio_plugin_v0";

class findings {
 public:
  template <class... Parts>
  void add(verdict weight, const char* rule, const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    const bool abi = std::string_view(rule) == "abi";
    const auto place = std::ranges::upper_bound(list_, weight, {}, &finding::weight);
    list_.insert(place, {weight, abi ? kind::abi_mismatch : kind::bad_plugin, rule, std::move(text).str()});
  }
  std::vector<finding> take() { return std::move(list_); }

 private:
  std::vector<finding> list_;
};

// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > shown) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::vector<std::string> imports_among(const elf_facts& facts, std::initializer_list<std::string_view> wanted) {
  std::vector<std::string> found;
  for (const auto& name : facts.imports)
    if (std::ranges::find(wanted, name) != wanted.end()) found.push_back(name);
  return found;
}

bool valid_id(std::string_view id) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
  return !id.empty() && std::ranges::all_of(id, good);
}

void check_note(const plugin_note& note, findings& out) {
  if (!tokio_abi_fits(TOKIO_ABI_MAJOR, TOKIO_ABI_MINOR, TOKIO_ABI_FINGERPRINT, note.abi_major, note.abi_minor,
                      note.abi_minor_min, note.fingerprint)) {
    std::ostringstream theirs, ours;
    theirs << note.abi_major << '.' << note.abi_minor << " (" << std::hex << note.fingerprint << ')';
    ours << TOKIO_ABI_MAJOR << '.' << TOKIO_ABI_MINOR << " (" << std::hex << TOKIO_ABI_FINGERPRINT << ')';
    out.add(verdict::refuse, "abi", "is built for ABI ", theirs.str(), ", this daemon speaks ", ours.str());
  }
  if (!valid_id(note.id))
    out.add(verdict::refuse, "id", "has the id '", note.id, "' in its note; an id is made of a-z, 0-9, '.' and '-'");
  if ((note.flags & ~TOKIO_PF_ALL) != 0)
    out.add(verdict::refuse, "flags", "has the flags ", note.flags, " in its note; this daemon knows only ",
            TOKIO_PF_ALL);
  if ((note.flags & TOKIO_PF_OWN_THREADS) != 0)
    out.add(verdict::resident, "own_threads", "says that it creates threads of its own");
  if ((note.flags & TOKIO_PF_UNLOADABLE) == 0)
    out.add(verdict::resident, "not_unloadable", "does not carry the flag TOKIO_PF_UNLOADABLE");
}

void check_entry(const elf_facts& facts, findings& out) {
  if (!facts.note) {
    out.add(verdict::refuse, "no_note", "has no note .note.tokiod: it is not a tokiod plugin");
    return;
  }
  check_note(*facts.note, out);
  if (std::ranges::find(facts.exports, entry_symbol) == facts.exports.end())
    out.add(verdict::refuse, "no_entry", "does not export ", entry_symbol);
  std::vector<std::string> others;
  std::ranges::copy_if(facts.exports, std::back_inserter(others), [](const auto& s) { return s != entry_symbol; });
  if (!others.empty())
    out.add(verdict::warning, "exports", "exports more than ", entry_symbol, ": ", some_of(others),
            "; build with the version script of tokiod_add_plugin()");
}

void check_image(const elf_facts& facts, findings& out) {
  if (facts.position_independent_executable)
    out.add(verdict::refuse, "executable", "is a program, not a shared object");
  if (facts.executable_stack)
    out.add(verdict::refuse, "executable_stack", "asks for an executable stack; link with -z noexecstack");
  if (facts.writable_code) out.add(verdict::refuse, "writable_code", "has a segment that is writable and executable");
  if (facts.text_relocations) out.add(verdict::refuse, "text_relocations", "has text relocations; compile with -fPIC");
  if (facts.static_tls)
    out.add(verdict::refuse, "static_tls",
            "uses initial-exec thread-locals (DF_STATIC_TLS), of which a process has about 1.7 KB for all; "
            "compile without -ftls-model=initial-exec");
  if (!facts.unique.empty())
    out.add(verdict::resident, "gnu_unique",
            "defines GNU-unique symbols, which glibc never unmaps: ", some_of(facts.unique),
            "; compile with -fno-gnu-unique");
  if (facts.no_delete) out.add(verdict::resident, "no_delete", "is linked with -z nodelete");
  if (facts.go) out.add(verdict::resident, "go", "contains a Go runtime, which cannot be unloaded");
  if (!facts.ifuncs.empty())
    out.add(verdict::warning, "ifunc",
            "defines indirect functions, whose resolvers run while it is loaded: ", some_of(facts.ifuncs));
}

void check_imports(const elf_facts& facts, findings& out) {
  const auto threads =
      imports_among(facts, {"pthread_create", "thrd_create",
                            "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE"});
  if (!threads.empty())
    out.add(verdict::resident, "creates_threads", "imports ", some_of(threads), ": it can create threads of its own");
  const auto destructors =
      imports_among(facts, {"__cxa_thread_atexit", "__cxa_thread_atexit_impl", "pthread_key_create", "tss_create"});
  if (!destructors.empty())
    out.add(verdict::rotate, "thread_destructors", "imports ", some_of(destructors),
            ": its threads leave destructors behind, so they are replaced before it is unmapped");
  if (facts.note && (facts.note->flags & TOKIO_PF_RAW_SYSCALLS) == 0) {
    const auto raw =
        imports_among(facts, {"socket", "connect", "accept", "accept4", "epoll_create", "epoll_create1", "epoll_wait",
                              "poll", "select", "clock_gettime", "getrandom", "io_uring_setup"});
    if (!raw.empty())
      out.add(verdict::warning, "raw_syscalls", "imports ", some_of(raw),
              " without the flag TOKIO_PF_RAW_SYSCALLS; "
              "the host's own sockets, clocks and randomness are accounted for and can be simulated");
  }
  const auto process = imports_among(facts, {"fork", "vfork", "sigaction", "signal", "sigprocmask", "atexit", "exit"});
  if (!process.empty())
    out.add(verdict::warning, "process_wide", "imports ", some_of(process), ", which act on the whole daemon");
}

const finding* first(const std::vector<finding>& list, verdict weight) {
  const auto found = std::ranges::find(list, weight, &finding::weight);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::string_view name(verdict v) {
  constexpr std::string_view names[] = {"refuse", "resident", "rotate", "warning"};
  return names[static_cast<unsigned>(v)];
}

std::vector<finding> lint(const elf_facts& facts) {
  findings out;
  check_entry(facts, out);
  check_image(facts, out);
  check_imports(facts, out);
  return out.take();
}

const finding* inspection::refused() const { return first(findings, verdict::refuse); }
const finding* inspection::resident() const { return first(findings, verdict::resident); }
bool inspection::needs_rotation() const { return first(findings, verdict::rotate) != nullptr; }

}  // namespace tokiod::host
