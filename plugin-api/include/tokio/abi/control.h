/* `tokio.control/1`: control methods of a plugin, reached with plugin.call. */
#ifndef TOKIO_ABI_CONTROL_H
#define TOKIO_ABI_CONTROL_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_CONTROL "tokio.control/1"
typedef struct tokio_method_desc {
  uint32_t size, flags;
  tokio_str name;                   /* exposed as "<instance>.<name>" */
  tokio_str summary, params_schema; /* JSON Schema text; borrowed during the call */
  void* user;
  /* [ctl] params borrowed; call is a move: answer now or later from any task, exactly once. */
  void (*handle)(void* user, tokio_call* call, tokio_str params_json) TOKIO_NOEXCEPT;
  void (*drop)(void* user) TOKIO_NOEXCEPT; /* [worker nb] after the last handle returned */
} tokio_method_desc;
typedef struct tokio_control_ext {
  uint32_t size, flags;
  tokio_status (*method)(tokio_plugin*, const tokio_method_desc*, tokio_reg** out) TOKIO_NOEXCEPT; /* [any al] EEXIST */
  tokio_status (*reply)(tokio_call*, tokio_str result_json) TOKIO_NOEXCEPT;                        /* [any] consumes */
  tokio_status (*fail)(tokio_call*, int32_t code, tokio_str message,
                       tokio_str data_json) TOKIO_NOEXCEPT; /* [any] consumes */
  tokio_status (*event)(tokio_call*,
                        tokio_str json) TOKIO_NOEXCEPT; /* [any] stream a notification before the reply; EAGAIN */
  tokio_res (*poll_cancelled)(tokio_call*, tokio_cx*) TOKIO_NOEXCEPT; /* [task nb] 0 when the client went away */
  tokio_status (*config_get)(tokio_plugin*,
                             tokio_buf* out) TOKIO_NOEXCEPT; /* [any al] current JSON text, shared lease */
} tokio_control_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_CONTROL_H */
