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
  plugin_file file;
  copy_place place;
  outcome<std::unique_ptr<library>> result = nullptr;
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

void close_again(const std::shared_ptr<opening>& it) {
  (void)on_own_thread("tokio-unload", never, [it] { (void)(*it->result)->close(); });
}

}  // namespace

outcome<image_facts> open_image(plugin_file file, const copy_place& place, instant_ns deadline) {
  auto seen = inspect_file(file);
  if (!seen) return std::unexpected(seen.error());
  if (const auto* why = seen->refused()) return refuse(why->why, file.path, ": ", why->sentence);
  image_facts found;
  found.seen = std::move(*seen);
  const auto it = std::make_shared<opening>(opening{std::move(file), place});
  const auto& path = it->file.path;
  switch (on_own_thread("tokio-load", deadline, [it] { it->result = library::open(it->file.span(), it->place); })) {
    case own_thread_result::returned: break;
    case own_thread_result::no_thread: return refuse(kind::io_error, path, ": the system has no thread to load it on");
    case own_thread_result::late:
      return refuse(kind::timeout, path, ": a constructor of it has not returned; its thread is left behind");
  }
  if (!it->result) return refuse(it->result.error().why, path, ": ", it->result.error().sentence);
  const auto* d = (*it->result)->descriptor();
  outcome<void> checked = refuse(kind::bad_plugin, path, ": does not export tokio_plugin_v0");
  if (d != nullptr) checked = check_words(*d, path);
  if (checked) checked = check_against_note(*d, *found.seen.facts.note, path);
  if (checked) checked = check_extensions(*d, path);
  if (!checked) {
    close_again(it);
    return std::unexpected(checked.error());
  }
  keep_words(*d, found);
  found.code = std::move(*it->result);
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
