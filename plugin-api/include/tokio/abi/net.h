/* `tokio.net/1`: sockets. The host does the system calls; a plugin polls. */
#ifndef TOKIO_ABI_NET_H
#define TOKIO_ABI_NET_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* poll_* functions given a NULL cx try once: TOKIO_PENDING then means "would block", no waker is recorded, no budget
 * spent.
 *
 * A tokio_io has two directions. At most one task polls a direction at a time; a second poller replaces the
 * first one's waker. Beside it any number of tasks may be in poll_wait. Handles may move between threads. Close while
 * another thread polls it is misuse. */
#define TOKIO_EXT_NET "tokio.net/1"
#define TOKIO_SOCK_STREAM 1u
#define TOKIO_SOCK_DGRAM 2u
#define TOKIO_SOCK_SEQPACKET 3u

typedef struct tokio_sock_params {           /* growable parameter struct */
  uint32_t size, type;                       /* TOKIO_SOCK_* */
  uint64_t flags;                            /* TOKIO_SF_* */
  tokio_addr local;                          /* family NONE = unspecified */
  tokio_addr remote;                         /* connect / dgram default peer; family NONE = none */
  uint32_t backlog, recv_buf, send_buf, ttl; /* 0 = default */
} tokio_sock_params;
#define TOKIO_SF_REUSEADDR 1u
#define TOKIO_SF_REUSEPORT 2u
#define TOKIO_SF_NODELAY 4u
#define TOKIO_SF_KEEPALIVE 8u
#define TOKIO_SF_V6ONLY 16u
#define TOKIO_SF_BROADCAST 32u
#define TOKIO_SF_FASTOPEN 64u

typedef struct tokio_msg {    /* growable result/parameter struct for datagrams */
  uint32_t size, flags;       /* TOKIO_MSG_* in and out */
  tokio_addr addr;            /* out: sender / in: destination (NONE = connected peer) */
  tokio_addr local;           /* out: destination address of the packet, if asked for */
  uint32_t ecn, segment_size; /* GSO/GRO; 0 = off */
  uint64_t timestamp_ns;      /* out */
} tokio_msg;
#define TOKIO_MSG_TRUNC 1u
#define TOKIO_MSG_PEEK 2u

#define TOKIO_OPT_NODELAY 1u
#define TOKIO_OPT_KEEPALIVE_S 2u
#define TOKIO_OPT_RECV_BUF 3u
#define TOKIO_OPT_SEND_BUF 4u
#define TOKIO_OPT_LINGER_MS 5u /* -1 = off */
#define TOKIO_OPT_TOS 6u
#define TOKIO_OPT_TTL 7u
#define TOKIO_OPT_ERROR 8u /* get: take pending socket error */
#define TOKIO_OPT_BROADCAST 9u
#define TOKIO_OPT_QUICKACK 10u
#define TOKIO_OPT_MULTICAST_LOOP 11u
#define TOKIO_OPT_MULTICAST_TTL 12u
#define TOKIO_OPT_REUSEADDR 13u
#define TOKIO_OPT_REUSEPORT 14u
#define TOKIO_OPT_KEEPALIVE 15u /* on or off; KEEPALIVE_S also says after how long */
#define TOKIO_OPT_V6ONLY 16u

#define TOKIO_SHUT_RD 1u
#define TOKIO_SHUT_WR 2u
#define TOKIO_READY_READ 1u
#define TOKIO_READY_WRITE 2u
#define TOKIO_READY_HUP 4u
#define TOKIO_READY_ERROR 8u
#define TOKIO_READY_PRI 16u
/* As poll_wait says them: the end of the direction that is read (the peer's last byte, a hang-up), and of the one that
 * is written (a hang-up, nobody reads any more). poll_ready says TOKIO_READY_HUP for both. */
#define TOKIO_READY_READ_CLOSED TOKIO_READY_HUP
#define TOKIO_READY_WRITE_CLOSED 32u

/* One wait of one task, and what it saw. FROZEN. Zeroed before its first use, then the host's; it may move, and is not
 * shared. When it is given up while poll_wait said pending, call leave_wait. */
#define TOKIO_WAIT_ALONE 1u /* as poll_ready: the newest waker of the direction, and no other beside it */
typedef struct tokio_wait {
  uint32_t flags;   /* in: TOKIO_WAIT_* */
  uint32_t ready;   /* out: TOKIO_READY_* of what was asked for */
  uint64_t seen[2]; /* out: when; clear_wait takes back what was seen then, and nothing that came since */
  uint64_t seat[2]; /* the host's; zeroes: it waits nowhere */
} tokio_wait;

typedef struct tokio_net_ext {
  uint32_t size, flags;
  /* [any nb al] out. listen: socket+bind+listen. EADDRINUSE, EACCES, EQUOTA, ... */
  tokio_status (*listen)(tokio_plugin*, const tokio_sock_params*, tokio_io** out) TOKIO_NOEXCEPT;
  /* [any nb al] starts; finish with poll_connect. bind: unconnected or default-peer datagram socket */
  tokio_status (*connect)(tokio_plugin*, const tokio_sock_params*, tokio_io** out) TOKIO_NOEXCEPT;
  tokio_status (*bind)(tokio_plugin*, const tokio_sock_params*,
                       tokio_io** out) TOKIO_NOEXCEPT;            /* [any nb al] as connect */
  tokio_res (*poll_connect)(tokio_io*, tokio_cx*) TOKIO_NOEXCEPT; /* [task nb] 0 when connected */
  /* [task nb al] 0 and *out (move to caller), peer optional. The new socket is charged to the listener's owner. */
  tokio_res (*poll_accept)(tokio_io*, tokio_cx*, tokio_io** out, tokio_addr* peer) TOKIO_NOEXCEPT;

  /* Borrowed-buffer reads and writes [task nb]: bytes moved, 0 = end of stream (read), -errno, TOKIO_PENDING.
   * HOT: <= 25 ns + the system call. One budget unit each when they make progress. */
  tokio_res (*poll_read)(tokio_io*, tokio_cx*, void* buf, size_t len) TOKIO_NOEXCEPT;
  tokio_res (*poll_write)(tokio_io*, tokio_cx*, const void* buf, size_t len) TOKIO_NOEXCEPT;    /* [task nb] */
  tokio_res (*poll_readv)(tokio_io*, tokio_cx*, const tokio_iovec*, size_t n) TOKIO_NOEXCEPT;   /* [task nb] */
  tokio_res (*poll_writev)(tokio_io*, tokio_cx*, const tokio_ciovec*, size_t n) TOKIO_NOEXCEPT; /* [task nb] */
  tokio_res (*poll_recv_msg)(tokio_io*, tokio_cx*, const tokio_iovec*, size_t n,
                             tokio_msg*) TOKIO_NOEXCEPT; /* [task nb] */
  tokio_res (*poll_send_msg)(tokio_io*, tokio_cx*, const tokio_ciovec*, size_t n,
                             const tokio_msg*) TOKIO_NOEXCEPT;                   /* [task nb] */
  tokio_res (*poll_shutdown)(tokio_io*, tokio_cx*, uint32_t how) TOKIO_NOEXCEPT; /* [task nb] ENOTCONN is success */
  /* [task nb] readiness for adopted fds; returns a TOKIO_READY_* mask. Level until clear_ready. */
  tokio_res (*poll_ready)(tokio_io*, tokio_cx*, uint32_t interest) TOKIO_NOEXCEPT;
  void (*clear_ready)(tokio_io*, uint32_t mask) TOKIO_NOEXCEPT;                    /* [any nb] */
  tokio_status (*set_opt)(tokio_io*, uint32_t opt, int64_t value) TOKIO_NOEXCEPT;  /* [any nb] */
  tokio_status (*get_opt)(tokio_io*, uint32_t opt, int64_t* value) TOKIO_NOEXCEPT; /* [any nb] */
  tokio_status (*get_addr)(tokio_io*, tokio_addr* local,
                           tokio_addr* peer) TOKIO_NOEXCEPT; /* [any nb] either may be NULL */
  tokio_status (*multicast)(tokio_io*, const tokio_addr* group, uint32_t ifindex,
                            uint32_t join) TOKIO_NOEXCEPT; /* [any nb] */
  /* [any nb al] out: two connected sockets of TOKIO_AF_UNIX (socketpair) */
  tokio_status (*pair)(tokio_plugin*, uint32_t type, tokio_io** a, tokio_io** b) TOKIO_NOEXCEPT;
  /* [any nb] who connected a unix stream; pid 0 when the system does not say */
  tokio_status (*peer_cred)(tokio_io*, uint32_t* uid, uint32_t* gid, int32_t* pid) TOKIO_NOEXCEPT;
  void (*close)(tokio_io*) TOKIO_NOEXCEPT; /* [any nb] consumes; pending wakers are dropped, not woken */
  /* [any nb] the default peer of a datagram socket: where a send without an address goes, and the only one that is
   * received from. Family NONE: none again. */
  tokio_status (*set_peer)(tokio_io*, const tokio_addr* peer) TOKIO_NOEXCEPT;

  /* Readiness for any number of tasks, with the moment that was seen.
   * [task nb al] 0 and wait->ready, or TOKIO_PENDING: then the task is woken by the next event, beside all others that
   * wait. interest: TOKIO_READY_READ, WRITE, PRI, ERROR; an end of a direction is told to whoever waits for it. */
  tokio_res (*poll_wait)(tokio_io*, tokio_cx*, uint32_t interest, tokio_wait* wait) TOKIO_NOEXCEPT;
  void (*leave_wait)(tokio_io*, tokio_wait* wait) TOKIO_NOEXCEPT;                      /* [any nb] */
  void (*clear_wait)(tokio_io*, const tokio_wait* wait, uint32_t mask) TOKIO_NOEXCEPT; /* [any nb] */

  /* Sockets step by step: open, options, start_bind, then start_listen or start_connect.
   * [any nb al] out: family TOKIO_AF_*, type TOKIO_SOCK_* */
  tokio_status (*open)(tokio_plugin*, uint32_t family, uint32_t type, tokio_io** out) TOKIO_NOEXCEPT;
  tokio_status (*start_bind)(tokio_io*, const tokio_addr* local) TOKIO_NOEXCEPT;     /* [any nb] */
  tokio_status (*start_listen)(tokio_io*, uint32_t backlog) TOKIO_NOEXCEPT;          /* [any nb] 0: as listen */
  tokio_status (*start_connect)(tokio_io*, const tokio_addr* remote) TOKIO_NOEXCEPT; /* [any nb] then poll_connect */
  /* [any nb] the interface that a socket is bound to, by name; empty: none. get_device writes at most *len bytes and
   * how many there are. */
  tokio_status (*set_device)(tokio_io*, tokio_str name) TOKIO_NOEXCEPT;
  tokio_status (*get_device)(tokio_io*, char* name, size_t* len) TOKIO_NOEXCEPT; /* [any nb] */
} tokio_net_ext;

TOKIO_ASSERT(sizeof(tokio_wait) == 40, "frozen");

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_NET_H */
