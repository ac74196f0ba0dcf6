// tokio.net/1, tokio.fd/1, tokio.resolve/1 and tokio.blocking/1 on the real reactor, polled by hand with a NULL context
// where nothing has to wait, and from tasks where something has.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "net_bench.hpp"
#include "support/descriptor_hog.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod::test;

namespace {

tokio_sock_params loopback(std::uint16_t port, bool remote) {
  tokio_sock_params params{};
  params.size = sizeof params;
  params.type = TOKIO_SOCK_STREAM;
  auto& address = remote ? params.remote : params.local;
  address.family = TOKIO_AF_INET;
  address.port = port;
  address.ip[0] = 127;
  address.ip[3] = 1;
  return params;
}

std::uint16_t port_of(const bench& b, tokio_io* io) {
  tokio_addr local;
  REQUIRE(b.net->get_addr(io, &local, nullptr) == TOKIO_OK);
  return local.port;
}

// A connected pair over TCP.
void connect_pair(bench& b, tokio_io*& client, tokio_io*& server) {
  tokio_io* listener = nullptr;
  auto params = loopback(0, false);
  REQUIRE(b.net->listen(b.in.plugin(), &params, &listener) == TOKIO_OK);
  params = loopback(port_of(b, listener), true);
  REQUIRE(b.net->connect(b.in.plugin(), &params, &client) == TOKIO_OK);
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_connect(client, cx) == TOKIO_OK; });
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_accept(listener, cx, &server, nullptr) == TOKIO_OK; });
  b.net->close(listener);
}

}  // namespace

TEST_CASE("bytes go over TCP from task to task, whole and in order, and are accounted") {
  bench b;
  tokio_io *client = nullptr, *server = nullptr;
  connect_pair(b, client, server);
  std::string sent(3'000'000, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 >> 3);
  std::size_t written = 0;
  std::string got;
  lambda_task writer{[&](tokio_cx* cx) {
    while (written < sent.size()) {
      const auto n = b.net->poll_write(client, cx, sent.data() + written, sent.size() - written);
      if (n == TOKIO_PENDING) return false;
      REQUIRE(n > 0);
      written += static_cast<std::size_t>(n);
    }
    return b.net->poll_shutdown(client, cx, TOKIO_SHUT_WR) == TOKIO_OK;
  }};
  lambda_task reader{[&](tokio_cx* cx) {
    for (;;) {
      char chunk[4096];
      const auto n = b.net->poll_read(server, cx, chunk, sizeof chunk);
      if (n == TOKIO_PENDING) return false;
      REQUIRE(n >= 0);
      if (n == 0) return true;
      got.append(chunk, static_cast<std::size_t>(n));
    }
  }};
  spawn(b.in, reader);
  spawn(b.in, writer);
  CHECK(b.in.run_until([&] { return reader.done.load() && writer.done.load(); }));
  CHECK(got == sent);
  tokio_usage usage{};
  usage.size = sizeof usage;
  REQUIRE(b.in.extension<tokio_account_ext>(TOKIO_EXT_ACCOUNT)->usage(b.in.plugin(), &usage) == TOKIO_OK);
  CHECK(usage.read_bytes == sent.size());
  CHECK(usage.write_bytes == sent.size());
  CHECK(usage.io_handles == 2);
  b.net->close(client);
  b.net->close(server);
  CHECK(b.in.stop().clean());
}

TEST_CASE("a refused connect says so, a closed peer is an end of stream and then EPIPE without a signal") {
  bench b;
  tokio_io *client = nullptr, *server = nullptr, *listener = nullptr;
  auto params = loopback(0, false);
  REQUIRE(b.net->listen(b.in.plugin(), &params, &listener) == TOKIO_OK);
  params = loopback(port_of(b, listener), true);
  b.net->close(listener);
  const auto begun = b.net->connect(b.in.plugin(), &params, &client);
  if (begun == TOKIO_OK) {
    tokio_res ended = TOKIO_PENDING;
    run(b.in, [&](tokio_cx* cx) { return (ended = b.net->poll_connect(client, cx)) != TOKIO_PENDING; });
    CHECK(ended == TOKIO_ECONNREFUSED);
    b.net->close(client);
  } else {
    CHECK(begun == TOKIO_ECONNREFUSED);
  }
  connect_pair(b, client, server);
  b.net->close(server);
  char byte = 0;
  tokio_res n = TOKIO_PENDING;
  run(b.in, [&](tokio_cx* cx) { return (n = b.net->poll_read(client, cx, &byte, 1)) != TOKIO_PENDING; });
  CHECK(n == 0);
  run(b.in, [&](tokio_cx* cx) {
    while ((n = b.net->poll_write(client, cx, &byte, 1)) > 0) {
    }
    return n != TOKIO_PENDING;
  });
  CHECK((n == TOKIO_EPIPE || n == TOKIO_ECONNRESET));
  b.net->close(client);
  CHECK(b.in.stop().clean());
}

TEST_CASE("accept without a descriptor left fails with EMFILE, and the listener accepts when there is one again") {
  bench b;
  tokio_io *listener = nullptr, *client = nullptr, *server = nullptr;
  auto params = loopback(0, false);
  REQUIRE(b.net->listen(b.in.plugin(), &params, &listener) == TOKIO_OK);
  params = loopback(port_of(b, listener), true);
  REQUIRE(b.net->connect(b.in.plugin(), &params, &client) == TOKIO_OK);
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_connect(client, cx) == TOKIO_OK; });
  rlimit before{}, none{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  none = before;
  none.rlim_cur = 3;  // what is open stays open, nothing new gets a number
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  tokio_res n = TOKIO_PENDING;
  run(b.in, [&](tokio_cx* cx) { return (n = b.net->poll_accept(listener, cx, &server, nullptr)) != TOKIO_PENDING; });
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(n == TOKIO_EMFILE);
  tokio_addr peer;
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_accept(listener, cx, &server, &peer) == TOKIO_OK; });
  CHECK(peer.port == port_of(b, client));
  for (auto* io : {listener, client, server}) b.net->close(io);
  CHECK(b.in.stop().clean());
}

TEST_CASE("the last descriptors are not for plugins: a connection waits in the backlog, and nothing is lost") {
  bench b;
  tokio_io *listener = nullptr, *client = nullptr, *server = nullptr, *other = nullptr;
  auto params = loopback(0, false);
  REQUIRE(b.net->listen(b.in.plugin(), &params, &listener) == TOKIO_OK);
  params = loopback(port_of(b, listener), true);
  REQUIRE(b.net->connect(b.in.plugin(), &params, &client) == TOKIO_OK);
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_connect(client, cx) == TOKIO_OK; });
  tokiod::test::descriptor_hog hog(256);
  hog.give_back(10);  // the process has some, but plugins of this host get 240
  const auto accept = [&] {
    tokio_res n = TOKIO_PENDING;
    run(b.in, [&](tokio_cx* cx) { return (n = b.net->poll_accept(listener, cx, &server, nullptr)) != TOKIO_PENDING; });
    return n;
  };
  CHECK(b.net->connect(b.in.plugin(), &params, &other) == TOKIO_EMFILE);
  const auto why = host->last_error();
  CHECK(std::string(why.ptr, why.len) ==
        "socket: the process may have 256 descriptors, of which plugins get 240, and they are in use");
  CHECK(b.net->pair(b.in.plugin(), TOKIO_SOCK_STREAM, &other, &other) == TOKIO_EMFILE);
  for (int again = 0; again < 3; ++again) CHECK(accept() == TOKIO_EMFILE);
  CHECK(b.net->poll_write(client, nullptr, "x", 1) == 1);  // it was not closed on the other side
  hog.give_back(60);
  CHECK(accept() == TOKIO_OK);
  char byte = 0;
  tokio_res n = TOKIO_PENDING;
  run(b.in, [&](tokio_cx* cx) { return (n = b.net->poll_read(server, cx, &byte, 1)) != TOKIO_PENDING; });
  CHECK(n == 1);
  CHECK(byte == 'x');
  for (auto* io : {listener, client, server}) b.net->close(io);
  CHECK(b.in.stop().clean());
}

TEST_CASE("unix sockets listen on paths and in the abstract namespace, and know their peer") {
  bench b;
  const tokiod::test::temp_dir dir;
  for (const std::string& path : {dir / "s", std::string("\0tokiod-net-test-", 17) + std::to_string(::getpid())}) {
    tokio_sock_params params{};
    params.size = sizeof params;
    params.type = TOKIO_SOCK_STREAM;
    params.local.family = TOKIO_AF_UNIX;
    params.local.path_len = static_cast<std::uint32_t>(path.size());
    std::memcpy(params.local.path, path.data(), path.size());
    tokio_io *listener = nullptr, *client = nullptr, *server = nullptr;
    REQUIRE(b.net->listen(b.in.plugin(), &params, &listener) == TOKIO_OK);
    params.remote = params.local;
    params.local = {};
    REQUIRE(b.net->connect(b.in.plugin(), &params, &client) == TOKIO_OK);
    run(b.in, [&](tokio_cx* cx) { return b.net->poll_accept(listener, cx, &server, nullptr) == TOKIO_OK; });
    std::uint32_t uid = 0, gid = 0;
    std::int32_t pid = 0;
    CHECK(b.net->peer_cred(server, &uid, &gid, &pid) == TOKIO_OK);
    CHECK(uid == ::getuid());
    CHECK(pid == ::getpid());
    tokio_addr local;
    CHECK(b.net->get_addr(listener, &local, nullptr) == TOKIO_OK);
    CHECK(std::string(reinterpret_cast<const char*>(local.path), local.path_len) == path);
    for (auto* io : {listener, client, server}) b.net->close(io);
  }
  CHECK(b.in.stop().clean());
}

TEST_CASE("datagrams keep their borders and senders; a cut one says so") {
  bench b;
  auto params = loopback(0, false);
  params.type = TOKIO_SOCK_DGRAM;
  tokio_io *a = nullptr, *c = nullptr;
  REQUIRE(b.net->bind(b.in.plugin(), &params, &a) == TOKIO_OK);
  REQUIRE(b.net->bind(b.in.plugin(), &params, &c) == TOKIO_OK);
  tokio_msg msg{};
  msg.size = sizeof msg;
  REQUIRE(b.net->get_addr(c, &msg.addr, nullptr) == TOKIO_OK);
  const tokio_ciovec out = {"four", 4};
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_send_msg(a, cx, &out, 1, &msg) == 4; });
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_send_msg(a, cx, &out, 1, &msg) == 4; });
  char bytes[2];
  const tokio_iovec in = {bytes, sizeof bytes};
  tokio_msg got{};
  got.size = sizeof got;
  tokio_res n = TOKIO_PENDING;
  run(b.in, [&](tokio_cx* cx) { return (n = b.net->poll_recv_msg(c, cx, &in, 1, &got)) != TOKIO_PENDING; });
  CHECK(n == 2);
  CHECK((got.flags & TOKIO_MSG_TRUNC) != 0);
  CHECK(got.addr.port == port_of(b, a));
  got.flags = 0;
  run(b.in, [&](tokio_cx* cx) { return (n = b.net->poll_recv_msg(c, cx, &in, 1, &got)) != TOKIO_PENDING; });
  CHECK(n == 2);
  CHECK(b.net->poll_read(c, nullptr, bytes, 2) == TOKIO_PENDING);  // once, without a context
  b.net->close(a);
  b.net->close(c);
  CHECK(b.in.stop().clean());
}

TEST_CASE("socket options read back, unknown ones are refused") {
  bench b;
  tokio_io *client = nullptr, *server = nullptr;
  connect_pair(b, client, server);
  std::int64_t value = -7;
  CHECK(b.net->set_opt(client, TOKIO_OPT_NODELAY, 1) == TOKIO_OK);
  CHECK(b.net->get_opt(client, TOKIO_OPT_NODELAY, &value) == TOKIO_OK);
  CHECK(value == 1);
  CHECK(b.net->set_opt(client, TOKIO_OPT_KEEPALIVE_S, 33) == TOKIO_OK);
  CHECK(b.net->get_opt(client, TOKIO_OPT_KEEPALIVE_S, &value) == TOKIO_OK);
  CHECK(value == 33);
  CHECK(b.net->get_opt(client, TOKIO_OPT_LINGER_MS, &value) == TOKIO_OK);
  CHECK(value == -1);
  CHECK(b.net->set_opt(client, 999, 1) == TOKIO_EINVAL);
  b.net->close(client);
  CHECK(b.net->set_opt(client, TOKIO_OPT_NODELAY, 1) == TOKIO_EBADF);  // closed: an error, no crash
  b.net->close(server);
  CHECK(b.in.stop().clean());
}

TEST_CASE("bytes are counted whichever way they go through the host, but not those that were only looked at") {
  bench b;
  const auto counted = [&] {
    tokio_usage usage{};
    usage.size = sizeof usage;
    REQUIRE(b.in.extension<tokio_account_ext>(TOKIO_EXT_ACCOUNT)->usage(b.in.plugin(), &usage) == TOKIO_OK);
    return std::pair(usage.read_bytes, usage.write_bytes);
  };
  tokio_io *left = nullptr, *right = nullptr;
  REQUIRE(b.net->pair(b.in.plugin(), TOKIO_SOCK_STREAM, &left, &right) == TOKIO_OK);
  char room[8];
  const tokio_ciovec out[] = {{"ab", 2}, {"cde", 3}};
  const tokio_iovec in[] = {{room, 1}, {room + 1, 7}};
  CHECK(b.net->poll_writev(left, nullptr, out, 2) == 5);
  CHECK(b.net->poll_readv(right, nullptr, in, 2) == 5);
  CHECK(counted() == std::pair<std::uint64_t, std::uint64_t>(5, 5));

  CHECK(b.net->poll_write(left, nullptr, "xyz", 3) == 3);
  tokio_msg peek{};
  peek.size = sizeof peek;
  peek.flags = TOKIO_MSG_PEEK;
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_recv_msg(right, cx, in, 2, &peek) == 3; });
  CHECK(counted() == std::pair<std::uint64_t, std::uint64_t>(5, 8));
  CHECK(b.net->poll_read(right, nullptr, room, sizeof room) == 3);
  CHECK(counted() == std::pair<std::uint64_t, std::uint64_t>(8, 8));

  tokio_io *one = nullptr, *two = nullptr;
  REQUIRE(b.net->pair(b.in.plugin(), TOKIO_SOCK_DGRAM, &one, &two) == TOKIO_OK);
  tokio_msg msg{};
  msg.size = sizeof msg;
  CHECK(b.net->poll_send_msg(one, nullptr, out, 2, &msg) == 5);
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_recv_msg(two, cx, in, 2, &msg) == 5; });
  CHECK(counted() == std::pair<std::uint64_t, std::uint64_t>(13, 13));

  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  tokio_io *reads = nullptr, *writes = nullptr;
  REQUIRE(b.fd->adopt(b.in.plugin(), ends[0], TOKIO_READY_READ, &reads) == TOKIO_OK);
  REQUIRE(b.fd->adopt(b.in.plugin(), ends[1], TOKIO_READY_WRITE, &writes) == TOKIO_OK);
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_write(writes, cx, "pipe", 4) == 4; });
  run(b.in, [&](tokio_cx* cx) { return b.net->poll_read(reads, cx, room, sizeof room) == 4; });
  CHECK(counted() == std::pair<std::uint64_t, std::uint64_t>(17, 17));
  for (auto* io : {left, right, one, two, reads, writes}) b.net->close(io);
  CHECK(b.in.stop().clean());
}

TEST_CASE("an adopted pipe tells when it is readable, is cleared by its user, and comes back") {
  bench b;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  tokio_io* io = nullptr;
  REQUIRE(b.fd->adopt(b.in.plugin(), ends[0], TOKIO_READY_READ, &io) == TOKIO_OK);
  CHECK((::fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
  CHECK(b.net->poll_ready(io, nullptr, TOKIO_READY_READ) == TOKIO_PENDING);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  tokio_res mask = 0;
  run(b.in, [&](tokio_cx* cx) { return (mask = b.net->poll_ready(io, cx, TOKIO_READY_READ)) != TOKIO_PENDING; });
  CHECK((mask & TOKIO_READY_READ) != 0);
  char byte = 0;
  CHECK(::read(b.fd->raw(io), &byte, 1) == 1);
  b.net->clear_ready(io, TOKIO_READY_READ);
  CHECK(b.net->poll_ready(io, nullptr, TOKIO_READY_READ) == TOKIO_PENDING);
  int back = -1;
  CHECK(b.fd->release(io, &back) == TOKIO_OK);
  CHECK(back == ends[0]);
  const tokiod::test::temp_dir dir;
  const int file = ::open(dir.write("f", "regular").c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(b.fd->adopt(b.in.plugin(), file, TOKIO_READY_READ, &io) == TOKIO_EPERM);
  CHECK((::fcntl(file, F_GETFL) & O_NONBLOCK) == 0);  // still ours, as it was
  for (const int fd : {ends[0], ends[1], file}) ::close(fd);
  CHECK(b.in.stop().clean());
}

TEST_CASE("names resolve on the blocking pool, a dropped lookup is forgotten") {
  bench b;
  const auto* resolve = b.in.extension<tokio_resolve_ext>(TOKIO_EXT_RESOLVE);
  tokio_op *op = nullptr, *dropped = nullptr;
  REQUIRE(resolve->lookup(b.in.plugin(), {"127.0.0.1", 9}, 80, TOKIO_AF_NONE, &op) == TOKIO_OK);
  REQUIRE(resolve->lookup(b.in.plugin(), {"localhost", 9}, 80, TOKIO_AF_NONE, &dropped) == TOKIO_OK);
  host->op_drop(dropped);
  tokio_res n = TOKIO_PENDING;
  run(b.in, [&](tokio_cx* cx) { return (n = host->op_poll(op, cx)) != TOKIO_PENDING; });
  CHECK(n == 1);
  tokio_buf buf;
  REQUIRE(host->op_take(op, &buf, nullptr) == TOKIO_OK);
  tokio_addr address;
  REQUIRE(buf.len == sizeof address);
  std::memcpy(&address, buf.ptr, sizeof address);
  CHECK(address.family == TOKIO_AF_INET);
  CHECK(address.port == 80);
  tokio_buf_release(&buf);
  host->op_drop(op);
  CHECK(resolve->lookup(b.in.plugin(), {"", 0}, 80, TOKIO_AF_NONE, &op) == TOKIO_EINVAL);
  CHECK(b.in.stop().clean());
}

TEST_CASE("a blocking job runs, its value comes back, its user is dropped once; a refused one is dropped at once") {
  bench b;
  const auto* blocking = b.in.extension<tokio_blocking_ext>(TOKIO_EXT_BLOCKING);
  static std::atomic<int> dropped;
  dropped = 0;
  tokio_job_desc d{};
  d.size = sizeof d;
  d.run = [](void*) noexcept -> std::int64_t { return host->thread_kind() == TOKIO_THREAD_BLOCKING ? 77 : -1; };
  d.drop = [](void*) noexcept { dropped.fetch_add(1); };
  tokio_job* job = nullptr;
  REQUIRE(blocking->spawn(b.in.plugin(), &d, &job) == TOKIO_OK);
  std::int64_t value = 0;
  run(b.in, [&](tokio_cx* cx) { return blocking->poll(job, cx, &value) == TOKIO_OK; });
  CHECK(value == 77);
  CHECK(dropped.load() == 1);
  blocking->free(job);
  d.flags = 1u << 9;
  CHECK(blocking->spawn(b.in.plugin(), &d, &job) == TOKIO_EINVAL);
  CHECK(dropped.load() == 2);
  CHECK(b.in.stop().clean());
}
