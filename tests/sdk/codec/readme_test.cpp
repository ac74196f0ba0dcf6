// What the plugin API's README says of codecs, over a real connection.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "sdk/net/on_host.hpp"
#include "tokio/codec.hpp"
#include "tokio/io.hpp"
#include "tokio/net.hpp"

namespace {

// [codec]
tokio::task<> answer_lines(tokio::net::tcp_stream peer) {
  tokio::codec::framed lines(std::move(peer), tokio::codec::lines_codec::new_with_max_length(1024));
  while (auto line = co_await lines.next()) {
    if (!*line) break;  // too long, not UTF-8, or the connection failed
    if (!co_await lines.send("you said: " + **line)) break;
  }
}
// [/codec]

using namespace tokio;

}  // namespace

TEST_CASE("[CD-03] [CD-05] a connection is answered line by line, and given up when a line is too long") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto listener = net::tcp_listener::bind_to({net::ip_address::loopback_v4(), 0}).value();
    auto peer = (co_await net::tcp_stream::connect(listener.local_addr().value())).value();
    auto serving = spawn(answer_lines(std::move((co_await listener.accept()).value().first)));
    io::buf_reader reader(peer);
    std::string heard;
    CHECK((co_await peer.write_all("one\r\ntw")).has_value());
    CHECK((co_await reader.read_line(heard)).value() == 14);
    CHECK((co_await peer.write_all("o\n")).has_value());
    CHECK((co_await reader.read_line(heard)).value() == 14);
    CHECK(heard == "you said: one\nyou said: two\n");
    CHECK((co_await peer.write_all(std::string(1025, 'x'))).has_value());
    CHECK((co_await serving).has_value());
    CHECK((co_await reader.read_line(heard)).value_or(0) == 0);
    co_return 0;
  }());
}
