// Drives a plugin's descriptor through its life on a fake host: start, stop, configure, end.
//   test::fake_plugin plugin(tokio_plugin_v0, "{}"); host.run_until_stalled(); plugin.stop();
// Invariant: fini runs exactly once, with nothing of the instance alive, as on a real host.
// Threads: the one that made the fake host.
#pragma once

#include "tokio/abi/plugin.h"
#include "tokio/test/fake_host.hpp"

namespace tokio::test {

class fake_plugin {
 public:
  fake_plugin(const tokio_plugin_desc& desc, std::string config = "{}") : desc_(&desc) {
    if (!fake_core::current) fake_misuse("fake_plugin needs a fake_host");
    self_ = fake_core::current->add_instance(std::move(config));
    auto& text = fake_core::instance_of(self_).config;
    instance_scope outside(nullptr);
    status_ = desc_->init(self_, &fake_tasks::table, tokio_str{text.data(), text.size()}, &state_);
    if (status_ < 0) fake_core::current->abort_tasks_of(self_);
  }
  ~fake_plugin() { end(); }
  fake_plugin(const fake_plugin&) = delete;
  fake_plugin& operator=(const fake_plugin&) = delete;

  tokio_status status() const { return status_; }  // what init answered
  const fake_instance& state() const { return fake_core::instance_of(self_); }
  tokio_plugin* raw() const { return self_; }

  // Asks for a graceful stop; without a stop hook all tasks are aborted at once.
  void stop(std::uint64_t deadline_ns = 0) {
    instance_scope outside(nullptr);
    if (desc_->stop)
      desc_->stop(state_, deadline_ns);
    else
      fake_core::current->abort_tasks_of(self_);
  }
  // Aborts what is left and runs fini.
  void end() {
    if (status_ < 0 || std::exchange(ended_, true)) return;
    fake_core::current->abort_tasks_of(self_);
    instance_scope outside(nullptr);
    if (desc_->fini) desc_->fini(state_);
  }
  // "" when the new configuration was taken, otherwise why not.
  std::string configure(std::string_view json) {
    if (!desc_->config_check) return "needs a restart";
    instance_scope outside(nullptr);
    tokio_buf why{};
    if (desc_->config_check(state_, to_str(json), &why) < 0) {
      std::string text(reinterpret_cast<const char*>(why.ptr), why.len);
      tokio_buf_release(&why);
      return text;
    }
    return desc_->config_apply(state_, to_str(json)) < 0 ? "apply failed" : "";
  }

 private:
  const tokio_plugin_desc* desc_;
  tokio_plugin* self_ = nullptr;
  void* state_ = nullptr;
  tokio_status status_ = 0;
  bool ended_ = false;
};

}  // namespace tokio::test
