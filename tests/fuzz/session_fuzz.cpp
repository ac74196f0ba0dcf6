// One connection, its client doing anything: whole requests and pieces of them, reading or not, ending its own side,
// going away. Whatever it did, what it read are whole lines, and of the connection nothing is left.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "fuzz/plane.hpp"
#include "fuzz/request_maker.hpp"

using namespace tokiod;
using fuzz::must;

namespace {

control::limits tight() {
  control::limits bounds;
  bounds.max_request_bytes = 600;
  bounds.max_in_flight = 3;
  bounds.max_output_bytes = 8 * 1024;
  bounds.disconnect_output_bytes = 4 * 1024 * 1024;  // the largest reply is rpc.discover's
  bounds.max_subscriptions = 2;
  bounds.ring_messages = 4;
  return bounds;
}

class client {
 public:
  client(test::plane_bench& bench, fuzz::choices& from) : bench_(bench), end_(bench), from_(from), make_(from) {}

  // What does not fit into the socket is lost, and the line with it: that, too, a client may do.
  void act() {
    switch (from_.below(10)) {
      case 0:
      case 1: return write(from_.text(120));
      case 2: return write("\n");
      case 3:
      case 4: return write(request());
      case 5: return write("[" + request(false) + "," + request(false) + ",7]\n");
      case 6: return read();
      case 7: return publish();
      case 8: return from_.below(8) == 0 ? end_.end_writing() : turn();
      default: return turn();
    }
  }

  void leave() {
    read();
    must(end_.end(), "the end of a connection is told once, and nothing keeps it");
    if (received_.starts_with("HTTP/")) return;
    fuzz::must_be_lines(std::string_view(received_).substr(0, received_.rfind('\n') + 1));
  }

 private:
  void write(std::string_view text) { static_cast<void>(end_.write(text)); }
  void read() { received_ += end_.read(); }
  void turn() { bench_.io.poll(); }
  void publish() {
    const auto data = std::make_shared<const std::string>(R"({"state":"running"})");
    end_.session().publish(bench_.shared.events.append("plugin.state", 1, data));
  }
  std::string request(bool line = true) {
    const auto& row = make_.row();
    auto params = from_.below(2) == 0 ? make_.params(row) : *wire::parse(row.example);
    return wire::print_request(from_.byte(), row.name, std::move(params)) + (line ? "\n" : "");
  }

  test::plane_bench& bench_;
  test::bench_client end_;
  fuzz::choices& from_;
  fuzz::request_maker make_;
  std::string received_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static test::plane_bench bench;
  bench.shared.bound(tight());
  fuzz::settle(bench);
  fuzz::choices from(data, size);
  {
    client one(bench, from);
    for (int acts = 0; acts < 64 && !from.empty(); ++acts) one.act();
    one.leave();
  }
  fuzz::settle(bench);
  return 0;
}
