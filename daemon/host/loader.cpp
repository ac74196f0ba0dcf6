#include "host/loader.hpp"

#include <cstring>

#include "host/export/tables.hpp"
#include "host/own_thread.hpp"

namespace tokiod::host {
namespace {

bool fits(const tokio_plugin_desc& d) {
  return tokio_abi_fits(TOKIO_ABI_MAJOR, TOKIO_ABI_MINOR, TOKIO_ABI_FINGERPRINT, d.abi_major, d.abi_minor,
                        d.abi_minor_min, d.abi_fingerprint) != 0;
}

outcome<void> check_words(const tokio_plugin_desc& d, const std::string& path) {
  if (d.size != sizeof(tokio_plugin_desc))
    return refuse(kind::abi_mismatch, path, ": its descriptor has ", d.size, " bytes, this daemon's has ",
                  sizeof(tokio_plugin_desc));
  if (!fits(d))
    return refuse(kind::abi_mismatch, path, ": its descriptor is built for ABI ", d.abi_major, ".", d.abi_minor,
                  ", this daemon speaks ", TOKIO_ABI_MAJOR, ".", TOKIO_ABI_MINOR);
  if (d.id == nullptr || d.version == nullptr || d.description == nullptr || d.init == nullptr)
    return refuse(kind::bad_plugin, path, ": its descriptor lacks id, version, description or init");
  if ((d.flags & ~std::uint64_t{TOKIO_PF_ALL}) != 0)
    return refuse(kind::bad_plugin, path, ": its descriptor has the flags ", d.flags, "; this daemon knows only ",
                  TOKIO_PF_ALL);
  return {};
}

outcome<void> check_extensions(const tokio_plugin_desc& d, const std::string& path) {
  std::string missing;
  for (auto one = d.req_exts; one != nullptr && *one != nullptr; ++one)
    if (extension(*one) == nullptr) missing += (missing.empty() ? "" : ", ") + std::string(*one);
  if (missing.empty()) return {};
  return refuse(kind::missing_dependency, path, ": needs extensions that this daemon does not serve: ", missing);
}

outcome<void> check_against_note(const tokio_plugin_desc& d, const plugin_note& note, const std::string& path) {
  if (note.id != d.id)
    return refuse(kind::bad_plugin, path, ": its note says ", note.id, ", its descriptor says ", d.id);
  if (note.flags != d.flags)
    return refuse(kind::bad_plugin, path, ": its note has the flags ", note.flags, ", its descriptor ", d.flags);
  return {};
}

// Runs on a thread of its own, which may be left behind: everything it uses is in here.
struct opening {
  std::unique_ptr<library> code;
  outcome<void> mapped;
};

void keep_words(const tokio_plugin_desc& d, image_facts& into) {
  const auto names = [](const char* const* list) {
    std::vector<std::string> all;
    for (; list != nullptr && *list != nullptr; ++list) all.emplace_back(*list);
    return all;
  };
  into.descriptor = &d;
  into.id = d.id;
  into.version = d.version;
  into.description = d.description;
  into.config_schema = d.config_schema != nullptr ? d.config_schema : "";
  into.abi_major = d.abi_major;
  into.abi_minor = d.abi_minor;
  into.flags = d.flags;
  into.required_extensions = names(d.req_exts);
  into.optional_extensions = names(d.opt_exts);
}

refusal close_again(const std::shared_ptr<opening>& it, own_threads& threads, refusal why) {
  if (threads.run("tokio-unload", never, [it] { (void)it->code->close(); }) != own_thread_result::returned)
    why.sentence += "; it stays mapped, because the system has no thread to close it on";
  return why;
}

// What the gate says of the file, and once more of our copy of it, which nobody changes any more.
outcome<std::unique_ptr<library>> checked_copy(const plugin_file& file, const copy_place& place, inspection& seen) {
  const auto admit = [&](outcome<inspection> said) -> outcome<void> {
    if (!said) return std::unexpected(said.error());
    if (const auto* why = said->refused()) return refuse(why->why, file.path, ": ", why->sentence);
    seen = std::move(*said);
    return {};
  };
  if (const auto fine = admit(inspect_file(file)); !fine) return std::unexpected(fine.error());
  auto copy = library::copy(file, place);
  if (!copy) return refuse(copy.error().why, file.path, ": ", copy.error().sentence);
  if (const auto fine = admit((*copy)->inspect()); !fine) return std::unexpected(fine.error());
  return copy;
}

}  // namespace

outcome<image_facts> open_image(const plugin_file& file, const copy_place& place, own_threads& threads,
                                instant_ns deadline) {
  image_facts found;
  auto copy = checked_copy(file, place, found.seen);
  if (!copy) return std::unexpected(copy.error());
  auto digest = (*copy)->digest();
  if (!digest) return std::unexpected(digest.error());
  found.sha256 = std::move(*digest);
  const auto it = std::make_shared<opening>(opening{std::move(*copy), {}});
  const auto& path = file.path;
  switch (threads.run("tokio-load", deadline, [it] { it->mapped = it->code->map(); })) {
    case own_thread_result::returned: break;
    case own_thread_result::no_thread: return refuse(kind::io_error, path, ": the system has no thread to load it on");
    case own_thread_result::late:
      return refuse(kind::timeout, path, ": a constructor of it has not returned; its thread is left behind");
  }
  if (!it->mapped) return refuse(it->mapped.error().why, path, ": ", it->mapped.error().sentence);
  const auto* d = it->code->descriptor();
  outcome<void> checked = refuse(kind::bad_plugin, path, ": does not export tokio_plugin_v0");
  if (d != nullptr) checked = check_words(*d, path);
  if (checked) checked = check_against_note(*d, *found.seen.facts.note, path);
  if (checked) checked = check_extensions(*d, path);
  if (!checked) return std::unexpected(close_again(it, threads, std::move(checked.error())));
  keep_words(*d, found);
  found.code = std::move(it->code);
  return found;
}

outcome<void> adopt_linked(const tokio_plugin_desc& d, image& into) {
  if (const auto fine = check_words(d, into.name); !fine) return fine;
  if (const auto fine = check_extensions(d, into.name); !fine) return fine;
  keep_words(d, into);
  into.seen.findings.push_back({verdict::resident, kind::bad_plugin, "linked", "is linked into this program"});
  return {};
}

std::string text_of_status(tokio_status status) {
  switch (status) {
    case TOKIO_EGONE: return "TOKIO_EGONE";
    case TOKIO_ESHUTDOWN: return "TOKIO_ESHUTDOWN";
    case TOKIO_EQUOTA: return "TOKIO_EQUOTA";
    case TOKIO_EMISUSE: return "TOKIO_EMISUSE";
    case TOKIO_EVERSION: return "TOKIO_EVERSION";
    case TOKIO_EREVOKED: return "TOKIO_EREVOKED";
    default: break;
  }
  if (status < 0 && status > -4096) return std::string(std::strerror(-status));
  return "status " + std::to_string(status);
}

}  // namespace tokiod::host
