// TOKIO_PLUGIN(Type, "org.example.name", "1.0.0"): makes a plugin out of a type, once per image. One object of the type
// is one instance. Everything but a constructor is optional:
//
//   struct Type {
//     explicit Type(std::string_view config_json);          // or Type(); an exception refuses the start
//     tokio::task<> run(tokio::cancellation_token stop);     // or run(); or task<int>: the exit status of `tokiod run`
//     tokio::task<> stop();                                  // runs when the instance is asked to stop
//     std::string check(std::string_view config_json);       // live configuration: "" or why not; no effect
//     void apply(std::string_view config_json);
//     // JSON Schema of config_json. A key with "secret": true is shown to nobody by the daemon; one that the schema
//     does
//     // not tell of, to administrators only.
//     static constexpr const char* description = "...", *config_schema = "{...}";
//     static constexpr std::uint64_t flags = TOKIO_PF_UNLOADABLE | TOKIO_PF_MULTI;   // this is the default
//   };
//
// Invariant: when run() ends the instance has finished; when it throws the instance has failed. A type with neither
//            stop() nor run(stop) has all its tasks aborted at once when it is to stop.
// Threads: constructor, check, apply and destructor [ctl]; run and stop are tasks.
#pragma once

#include <string>
#include <string_view>

#include "tokio/plugin/log.hpp"
#include "tokio/task/cancel.hpp"
#include "tokio/task/spawn.hpp"

namespace tokio::plugin {

template <class T>
concept has_run_until = requires(T& type, cancellation_token stop) {
  { type.run(stop) } -> pollable;
};
template <class T>
concept has_run = has_run_until<T> || requires(T& type) {
  { type.run() } -> pollable;
};
template <class T>
concept has_stop = requires(T& type) {
  { type.stop() } -> pollable;
};
template <class T>
concept has_live_config = requires(T& type, std::string_view text) {
  { type.check(text) } -> std::convertible_to<std::string>;
  type.apply(text);
};

// There is one member of this name, whatever it takes and gives. Private ones are not seen, nor those of an overload.
template <class T>
concept names_run = requires { &T::run; } || has_run<T>;
template <class T>
concept names_stop = requires { &T::stop; } || has_stop<T>;
template <class T>
concept names_live_config = requires { &T::check; } || requires { &T::apply; } || has_live_config<T>;

// The work is done: the host stops the instance, and `tokiod run` exits with `status`.
inline void finish(int status = 0, call_site at = call_site::current()) {
  auto* instance = current_instance("finish() needs an instance", at);
  host.core->instance_finish(instance, status);
}
// Gives up: the host logs the reason and stops the instance.
inline void fail(std::string_view reason, call_site at = call_site::current()) {
  auto* instance = current_instance("fail() needs an instance", at);
  host.core->instance_fail(instance, to_str(reason));
}
// Inside a catch block.
inline void fail_with_exception() noexcept {
  try {
    throw;
  } catch (const std::exception& thrown) {
    fail(thrown.what());
  } catch (...) {
    fail("the plugin threw something that is not a std::exception");
  }
}

template <class T>
class instance {
  static_assert(std::constructible_from<T, std::string_view> || std::default_initializable<T>,
                "TOKIO_PLUGIN: the type is made of a std::string_view, its configuration, or of nothing.");
  static_assert(has_run<T> || !names_run<T>,
                "TOKIO_PLUGIN: run() gives a task, and takes a cancellation_token or nothing.");
  static_assert(has_stop<T> || !names_stop<T>, "TOKIO_PLUGIN: stop() gives a task, and takes nothing.");
  static_assert(has_live_config<T> || !names_live_config<T>,
                "TOKIO_PLUGIN: check() and apply() come together; both take a std::string_view, and check() gives a "
                "std::string.");

 public:
  explicit instance(tokio_plugin* self, std::string_view config) : self_(self), type_(make(config)) {}

  static tokio_status init(tokio_plugin* self, const tokio_host* core, tokio_str config, void** state) noexcept {
    bind_host(self, core);
    instance_scope scope(self);
    instance* made = nullptr;
    try {
      made = new instance(self, to_view(config));
      made->start();
      *state = made;
      return TOKIO_OK;
    } catch (const panic_error&) {
      report_panic(self, nullptr);
      delete made;
      return TOKIO_EINVAL;
    } catch (...) {
      fail_with_exception();  // a refusal and no fault: its text is what the operator reads
      delete made;
      return TOKIO_EINVAL;
    }
  }
  static void stop(void* state, std::uint64_t) noexcept {
    auto& self = *static_cast<instance*>(state);
    instance_scope scope(self.self_);
    self.stopping_.cancel();
    if constexpr (has_stop<T>) {
      try {
        spawn<"stop">(self.type_.stop()).detach();
      } catch (...) {
        fail_with_exception();
      }
    }
  }
  static void fini(void* state) noexcept {
    instance_scope scope(static_cast<instance*>(state)->self_);
    delete static_cast<instance*>(state);
  }
  static tokio_status check(void* state, tokio_str config, tokio_buf* why) noexcept {
    auto& self = *static_cast<instance*>(state);
    instance_scope scope(self.self_);
    try {
      std::string refusal = self.type_.check(to_view(config));
      return refusal.empty() ? TOKIO_OK : refuse(self.self_, refusal, why);
    } catch (const std::exception& thrown) {
      return refuse(self.self_, thrown.what(), why);
    } catch (...) {
      return refuse(self.self_, "check threw something that is not a std::exception", why);
    }
  }
  static tokio_status apply(void* state, tokio_str config) noexcept {
    auto& self = *static_cast<instance*>(state);
    instance_scope scope(self.self_);
    try {
      self.type_.apply(to_view(config));
      return TOKIO_OK;
    } catch (...) {
      log::error("the new configuration was not applied: apply() threw");
      return TOKIO_EINVAL;
    }
  }

 private:
  static T make([[maybe_unused]] std::string_view config) {
    if constexpr (std::constructible_from<T, std::string_view>)
      return T(config);
    else
      return T();
  }
  void start() {
    if constexpr (has_run<T>) {
      auto started = try_spawn<"run">(&run, this);
      if (!started) panic("the host refused the plugin's first task");
      started->detach();
    }
  }
  static task<> run(instance* self) {
    try {
      co_await self->run_type();
    } catch (...) {
      fail_with_exception();
    }
  }
  task<> run_type() {
    auto running = call_run();
    if constexpr (std::same_as<output_of<decltype(running)>, int>) {
      finish(co_await std::move(running));
    } else {
      co_await std::move(running);
      finish();
    }
  }
  auto call_run() {
    if constexpr (has_run_until<T>)
      return type_.run(stopping_);
    else
      return type_.run();
  }
  static tokio_status refuse(tokio_plugin* self, std::string_view text, tokio_buf* why) noexcept {
    if (why && host.core->buf_alloc(self, text.size(), why) == TOKIO_OK) {
      for (std::size_t i = 0; i < text.size(); ++i) why->ptr[i] = static_cast<std::uint8_t>(text[i]);
      why->len = text.size();
    }
    return TOKIO_EINVAL;
  }

  tokio_plugin* self_;
  cancellation_token stopping_;
  T type_;
};

template <class T>
constexpr std::uint64_t flags_of() {
  if constexpr (requires { T::flags; })
    return T::flags;
  else
    return TOKIO_PF_UNLOADABLE | TOKIO_PF_MULTI;
}

template <class T>
constexpr tokio_plugin_desc describe(const char* id, const char* version) {
  tokio_plugin_desc desc{};
  desc.size = sizeof(desc);
  desc.abi_major = TOKIO_ABI_MAJOR;
  desc.abi_minor = desc.abi_minor_min = TOKIO_ABI_MINOR;
  desc.abi_fingerprint = TOKIO_ABI_FINGERPRINT;
  desc.flags = flags_of<T>();
  desc.id = id;
  desc.version = version;
  desc.description = "";
  if constexpr (requires { T::description; }) desc.description = T::description;
  if constexpr (requires { T::config_schema; }) desc.config_schema = T::config_schema;
  desc.init = instance<T>::init;
  if constexpr (has_stop<T> || has_run_until<T>) desc.stop = instance<T>::stop;
  desc.fini = instance<T>::fini;
  if constexpr (has_live_config<T>) {
    desc.config_check = instance<T>::check;
    desc.config_apply = instance<T>::apply;
  }
  return desc;
}

}  // namespace tokio::plugin

#define TOKIO_PLUGIN(Type, Id, Version)                                                        \
  TOKIO_PLUGIN_NOTE(Id, Version, static_cast<std::uint32_t>(tokio::plugin::flags_of<Type>())); \
  constinit const tokio_plugin_desc tokio_plugin_v0 = tokio::plugin::describe<Type>(Id, Version)
