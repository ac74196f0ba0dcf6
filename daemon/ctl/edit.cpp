#include "ctl/edit.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <span>
#include <utility>

#include "base/fd.hpp"
#include "ctl/client.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"
#include "wire/patch.hpp"

namespace tokiod::ctl {
namespace {

constexpr std::size_t largest_text = 16u << 20;

using reply = std::expected<json, wire::rpc_error>;

reply failed(kind why, std::string sentence) {
  return std::unexpected(wire::to_rpc_error({why, std::move(sentence), {}, {}}));
}

reply ask(const std::vector<std::string>& sockets, std::string_view method, const json& params, duration_ns timeout) {
  const instant_ns deadline = steady_clock().now() + timeout;
  auto daemon = client::connect(sockets, deadline);
  if (!daemon) return std::unexpected(wire::to_rpc_error(daemon.error()));
  auto said = daemon->call(method, params, deadline);
  if (!said) return std::unexpected(wire::to_rpc_error(said.error()));
  return std::move(*said);
}

std::string header_of(std::uint64_t revision) {
  return "// The configuration of tokiod at revision " + std::to_string(revision) +
         ". What you change here is applied when you leave the editor; a member\n"
         "// that you take out goes back to its default. \"***\" stands for a value that is not shown: leave it.\n";
}

// Readable by its owner alone: a configuration may have secrets.
outcome<std::string> write_text(const std::string& text) {
  const char* const base = std::getenv("TMPDIR");
  std::string name = std::string(base && *base ? base : "/tmp") + "/tokioctl-edit.XXXXXX.json";
  constexpr int suffix_bytes = 5;
  const unique_fd file(::mkstemps(name.data(), suffix_bytes));
  if (!file) return refuse(kind::io_error, "cannot write ", name, ": ", error::last("mkstemps").text());
  if (const auto written = write_all(file.get(), std::as_bytes(std::span(text))); !written)
    return refuse(kind::io_error, "cannot write ", name, ": ", written.error().text());
  return name;
}

// As git does it: the variable may hold a command with options.
outcome<void> run_editor(const std::string& file) {
  const char* editor = std::getenv("VISUAL");
  if (!editor || !*editor) editor = std::getenv("EDITOR");
  if (!editor || !*editor) editor = "vi";
  const std::string command = std::string(editor) + " \"$1\"";
  const pid_t child = ::fork();
  if (child < 0) return refuse(kind::io_error, "no process for the editor: ", error::last("fork").text());
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), "sh", file.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  if (retry_eintr([&] { return ::waitpid(child, &status, 0); }) < 0)
    return refuse(kind::io_error, "the editor is lost: ", error::last("waitpid").text());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return refuse(kind::refused, "the editor ended with a failure, so nothing was applied: ", editor);
}

reply edited(const std::string& file) {
  const auto text = read_file(file, largest_text);
  if (!text) return failed(kind::io_error, "cannot read " + file + ": " + text.error().text());
  auto document = wire::parse(*text, {64, 1u << 20, true});
  if (!document) return failed(kind::invalid_config, file + ": " + document.error().sentence);
  if (!document->is_object()) return failed(kind::invalid_config, file + ": the configuration must be an object");
  return std::move(*document);
}

// From the editor to the daemon.
reply apply(const std::vector<std::string>& sockets, const json& before, const std::string& file, json params,
            duration_ns timeout) {
  if (const auto ran = run_editor(file); !ran) return std::unexpected(wire::to_rpc_error(ran.error()));
  const auto after = edited(file);
  if (!after) return after;
  json patch = wire::merge_diff(before["value"], *after);
  if (patch.empty()) return json(nullptr);
  params["patch"] = std::move(patch);
  params["expect_revision"] = before["revision"];
  return ask(sockets, "config.apply", params, timeout);
}

}  // namespace

std::expected<json, edit_failure> edit_configuration(const std::vector<std::string>& sockets, json params,
                                                     duration_ns timeout) {
  const auto before = ask(sockets, "config.get", json::object(), timeout);
  if (!before) return std::unexpected(edit_failure{before.error(), {}});
  const auto revision = static_cast<std::uint64_t>(wire::integer_or(*before, "revision", 0));
  const auto file = write_text(header_of(revision) + wire::dump_indented((*before)["value"]) + "\n");
  if (!file) return std::unexpected(edit_failure{wire::to_rpc_error(file.error()), {}});
  auto applied = apply(sockets, *before, *file, std::move(params), timeout);
  if (!applied) return std::unexpected(edit_failure{std::move(applied.error()), *file});
  ::unlink(file->c_str());
  return std::move(*applied);
}

}  // namespace tokiod::ctl
