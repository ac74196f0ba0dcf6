#include "app/crash_report.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "app/safe_text.hpp"
#include "base/alternate_stack.hpp"
#include "base/build_id.hpp"
#include "base/code_place.hpp"
#include "base/log.hpp"
#include "base/policy.hpp"
#include "host/crash_scene.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {
namespace {

struct fault {
  int number;
  const char* name;
  struct sigaction before;
};
constinit fault faults[] = {{SIGSEGV, "SIGSEGV", {}}, {SIGBUS, "SIGBUS", {}}, {SIGABRT, "SIGABRT", {}},
                            {SIGILL, "SIGILL", {}},   {SIGFPE, "SIGFPE", {}}, {SIGTRAP, "SIGTRAP", {}},
                            {SIGSYS, "SIGSYS", {}}};

constinit int folder = -1;  // where reports go
constinit int spare = -1;   // given up for the report's descriptor
// No model: the first who sets it writes, everybody else leaves.
constinit std::atomic<int> writer{0};

// No model: one number, and a pointer that is taken away before what it points at goes.
constinit std::atomic<std::uint64_t> config_revision{1};
constinit std::atomic<const runtime*> shown_runtime{nullptr};

using text = safe_text<16 * 1024>;
constexpr std::size_t longest_path = 256, longest_symbol = 120;
constexpr std::size_t most_records = 64, most_fields = 12, longest_message = 1024, longest_value = 256;
constexpr std::size_t longest_line =
    32 * 1024;  // of the log, and of the workers: a report stays small enough to be read
constexpr std::size_t most_of_frames = 15 * 1024;  // past it no whole frame may fit any more

void put(int fd, std::string_view words) { (void)!::write(fd, words.data(), words.size()); }

// Sent by somebody, and not by this process itself: then nobody's code is to blame.
bool sent_from_outside(const siginfo_t& info) {
  return info.si_code == SI_USER || info.si_code == SI_QUEUE || (info.si_code == SI_TKILL && info.si_pid != ::getpid());
}

void tell_owner(text& out, const host::crash_scene& scene) {
  out << "\"instance\":";
  out.quoted(scene.instance.substr(0, longest_value)) << ",\"plugin\":";
  out.quoted(scene.plugin.substr(0, longest_value));
}

void tell_task(text& out, const host::crash_scene& scene) {
  out << ",\"task\":\"t-";
  out.number(scene.task) << "\",\"name\":";
  out.quoted(scene.name.substr(0, longest_value)) << ",\"file\":";
  out.quoted(scene.file.substr(0, longest_path)) << ",\"line\":";
  out.number(scene.line);
}

void tell_facts(text& out, const fault& what, const siginfo_t& info, const host::crash_scene& scene, long now) {
  out << "{\"time\":";
  out.number(static_cast<std::uint64_t>(now)) << ",\"pid\":";
  out.number(static_cast<std::uint64_t>(::getpid())) << ",\"thread\":";
  out.number(static_cast<std::uint64_t>(::gettid()))
      << ",\"version\":\"" TOKIOD_VERSION "\",\"signal\":\"" << what.name;
  out << "\",\"config_revision\":";
  out.number(config_revision.load(relaxed)) << ",\"sent\":" << (sent_from_outside(info) ? "true" : "false");
  if (info.si_code > 0) {
    out << ",\"address\":\"0x";
    out.number(reinterpret_cast<std::uintptr_t>(info.si_addr), 16) << "\"";
  }
  if (!scene.instance.empty()) {
    out << ",";
    tell_owner(out, scene);
  }
  if (scene.task != 0) tell_task(out, scene);
  if (scene.worker >= 0) {
    out << ",\"worker\":";
    out.number(static_cast<std::uint64_t>(scene.worker));
  }
  out << "}\n";
}

// ---- the stack

struct walk {
  explicit walk(const host::crash_scene& of) : scene(of) {}

  const host::crash_scene& scene;
  text out;
  bool past_handler = false;  // what comes before is the handler's own
  unsigned frames = 0;
};

// The file that has the code: of a plugin not the copy that is mapped, which ends with the process.
std::string_view file_of(const code_place& found, const host::crash_scene& scene) {
  if (found.module == nullptr) return "no file";
  const std::string_view module = found.module;
  if (module.empty()) return "tokiod";
  return module == scene.image ? scene.image_file : module;
}

_Unwind_Reason_Code tell_frame(_Unwind_Context* frame, void* of) {
  auto& all = *static_cast<walk*>(of);
  int interrupted = 0;
  const std::uintptr_t at = _Unwind_GetIPInfo(frame, &interrupted);
  all.past_handler = all.past_handler || interrupted != 0;
  if (at == 0 || all.frames == 64 || all.out.view().size() > most_of_frames) return _URC_END_OF_STACK;
  if (!all.past_handler) return _URC_NO_REASON;
  const code_place found = locate(interrupted != 0 ? at : at - 1);
  all.out << (all.frames++ == 0 ? "" : ",") << "{\"module\":";
  all.out.quoted(file_of(found, all.scene).substr(0, longest_path)) << ",\"offset\":\"0x";
  all.out.number(found.offset, 16) << "\",\"symbol\":";
  all.out.quoted(found.symbol.substr(0, longest_symbol));
  if (const auto id = build_id_at(at); !id.view().empty()) all.out << ",\"build_id\":\"" << id.view() << "\"";
  all.out << "}";
  return _URC_NO_REASON;
}

void tell_stack(int fd, const host::crash_scene& scene) {
  walk all(scene);
  all.out << "{\"frames\":[";
  (void)_Unwind_Backtrace(tell_frame, &all);
  all.out << "]}\n";
  put(fd, all.out.view());
}

// ---- the log, and the other workers

// An array that is written piece by piece, because it may be longer than what the handler has room for. What is past
// its bound is left out.
struct long_line {
  int fd;
  std::size_t used = 0;

  void add(const text& piece) {
    if (used + piece.view().size() > longest_line) return;
    put(fd, used == 0 ? "" : ",");
    put(fd, piece.view());
    used += piece.view().size();
  }
};

// The records of the log, of which the oldest give way.
struct record_list {
  long_line line;
  std::size_t to_come = 0;  // bytes

  void add(const text& piece) {
    const bool fits = to_come <= longest_line;
    to_come -= std::min(to_come, piece.view().size());
    if (fits) line.add(piece);
  }
};

void put_record(text& out, const log::record& r) {
  out << "{\"time_ms\":";
  out.number(static_cast<std::uint64_t>(r.wall_ns / 1'000'000)) << ",\"level\":\"" << log::name(r.severity);
  out << "\",\"target\":";
  out.quoted(std::string_view(r.target).substr(0, longest_value)) << ",\"message\":";
  out.quoted(std::string_view(r.message).substr(0, longest_message)) << ",\"fields\":{";
  for (std::size_t i = 0; i < std::min(r.fields.size(), most_fields); ++i) {
    out << (i == 0 ? "" : ",");
    out.quoted(std::string_view(r.fields[i].key).substr(0, longest_value)) << ":";
    out.quoted(std::string_view(r.fields[i].value).substr(0, longest_value));
  }
  out << "}}";
}

void count_record(void* into, const log::record& r) {
  text out;
  put_record(out, r);
  static_cast<record_list*>(into)->to_come += out.view().size();
}

void tell_record(void* into, const log::record& r) {
  text out;
  put_record(out, r);
  static_cast<record_list*>(into)->add(out);
}

void tell_log(int fd) {
  put(fd, crash_report_log);
  put(fd, "[");
  record_list records{{fd}};
  log::visit_last(most_records, count_record, &records);
  log::visit_last(most_records, tell_record, &records);
  put(fd, "]}\n");
}

void tell_workers(int fd) {
  const runtime* const all = shown_runtime.load(acquire);  // pairs with tell_crash_report_workers()
  if (all == nullptr) return;
  put(fd, "{\"workers\":[");
  long_line workers{fd};
  for (std::uint32_t i = 0; i < all->most_workers_ever(); ++i) {
    const auto scene = host::scene_on(*all, i);
    if (scene.worker < 0) continue;
    text out;
    out << "{\"worker\":";
    out.number(i) << ",";
    tell_owner(out, scene);
    tell_task(out, scene);
    workers.add(out << "}");
  }
  put(fd, "]}\n");
}

// ---- the report

void tell_person(const fault& what, const host::crash_scene& scene, std::string_view file) {
  safe_text<1024> line;
  line << "tokiod: " << what.name;
  if (!scene.instance.empty()) line << " in instance " << scene.instance << " of " << scene.plugin;
  if (scene.task != 0) {
    line << ", task t-";
    line.number(scene.task) << " (" << scene.name;
    if (!scene.file.empty()) (line << " at " << scene.file << ":").number(scene.line);
    line << ")";
  }
  line << (file.empty() ? "" : ", report ") << file << "\n";
  put(STDERR_FILENO, line.view());
}

// Not part of the handler's own frame, which a fault in here needs once more.
[[gnu::noinline]] void report(const fault& what, const siginfo_t& info) {
  const auto scene = sent_from_outside(info) ? host::crash_scene{} : host::scene_here();
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  safe_text<64> name;
  name << "new-";
  name.number(static_cast<std::uint64_t>(now.tv_sec)) << "-";
  name.number(static_cast<std::uint64_t>(::getpid())) << ".json" << std::string_view("", 1);
  ::close(spare);
  const int fd = folder < 0 ? -1 : ::openat(folder, name.view().data(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  text facts;
  tell_facts(facts, what, info, scene, now.tv_sec);
  if (fd >= 0) put(fd, facts.view());
  tell_person(what, scene, fd < 0 ? "" : name.view().substr(0, name.view().size() - 1));
  if (fd < 0) return;
  tell_stack(fd, scene);
  tell_log(fd);
  tell_workers(fd);
}

// The first one writes. Others wait until it has ended the process; one that faults in the report gives it up.
void on_fault(int number, siginfo_t* info, void*) {
  int nobody = 0;
  for (fault& one : faults) {
    if (one.number != number) continue;
    if (writer.compare_exchange_strong(nobody, ::gettid(), std::memory_order_relaxed))
      report(one, *info);
    else if (nobody != ::gettid())
      for (;;) ::pause();
    // The instruction is run again, and its fault goes to whoever came before us; what was sent is sent again.
    ::sigaction(number, &one.before, nullptr);
    if (info->si_code <= 0) ::syscall(SYS_tgkill, ::getpid(), ::gettid(), number);
  }
}

int open_folder(const std::string& state) {
  const std::string path = state + "/crash";
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return -1;
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

void tell_crash_report_revision(std::uint64_t revision) { config_revision.store(revision, relaxed); }
void tell_crash_report_workers(const runtime* of) { shown_runtime.store(of, release); }  // pairs with tell_workers()

std::string state_directory() {
  const char* const given = std::getenv("STATE_DIRECTORY");
  const std::string all = given == nullptr ? "" : given;
  return all.substr(0, all.find(':'));
}

void install_crash_report(const std::string& state) {
  if (!state.empty()) folder = open_folder(state);
  spare = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  (void)_Unwind_Backtrace([](_Unwind_Context*, void*) { return _URC_NO_REASON; }, nullptr);  // prepares its tables
  log::visit_last(0, nullptr, nullptr);  // the log is there from here on
  alternate_stack::want();
  static const alternate_stack of_main;
  struct sigaction ours{};
  ours.sa_sigaction = on_fault;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (fault& one : faults) ::sigaction(one.number, &ours, &one.before);
}

}  // namespace tokiod::app
