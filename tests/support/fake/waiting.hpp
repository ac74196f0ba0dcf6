// Two timers, a listener that a task waits for, and three jobs.
// Threads: any.
#pragma once
#include "control/backend/waiting.hpp"

namespace tokiod::test {

using namespace control;

class fake_waiting : public virtual control::waiting_face {
 public:
  [[nodiscard]] waiting_page<timer_info> timers(const waiting_query& query) const override {
    return page_of<timer_info>(query, {{-0.5, {3, "echo", "serve"}}, {1.5, {}}},
                               [](const auto& one) { return one.waiter.plugin; });
  }
  [[nodiscard]] waiting_page<source_info> sources(const waiting_query& query) const override {
    source_info listener;
    listener.fd = 12;
    listener.kind = "tcp";
    listener.local = "127.0.0.1:7007";
    listener.writable = true;
    listener.reader = {4, "echo", "accept"};
    return page_of<source_info>(query, {listener}, [](const auto& one) { return one.reader.plugin; });
  }
  [[nodiscard]] waiting_page<job_info> jobs(const waiting_query& query) const override {
    return page_of<job_info>(query, {{"echo", 99, 2}, {"chat", 0, 1}, {"echo", 0, 0.5}},
                             [](const auto& one) { return one.plugin; });
  }

 private:
  template <class Info, class Whose>
  static waiting_page<Info> page_of(const waiting_query& query, std::vector<Info> all, Whose whose) {
    std::erase_if(all, [&](const Info& one) { return !query.plugin.empty() && whose(one) != query.plugin; });
    const bool more = all.size() > query.limit;
    if (more) all.resize(query.limit);
    return {std::move(all), more};
  }
};

}  // namespace tokiod::test
