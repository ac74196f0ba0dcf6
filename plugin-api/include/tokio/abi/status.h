/* Results. 0 or a positive value is success; -1..-4095 is -errno with the generic Linux numbers (as io_uring's
 * cqe.res); below -65536 are codes of our own. TOKIO_PENDING is not an error and comes only from poll_* functions. */
#ifndef TOKIO_ABI_STATUS_H
#define TOKIO_ABI_STATUS_H

#include <stdint.h>

typedef int32_t tokio_status;
typedef int64_t tokio_res;

#define TOKIO_OK 0
#define TOKIO_PENDING INT64_MIN /* the task will be woken; the call took nothing and kept nothing of yours */

#define TOKIO_EPERM (-1)
#define TOKIO_ENOENT (-2)
#define TOKIO_EINTR (-4)
#define TOKIO_EIO (-5)
#define TOKIO_E2BIG (-7) /* a struct has non-zero bytes that this host does not understand */
#define TOKIO_EBADF (-9)
#define TOKIO_EAGAIN (-11) /* a quota or a table is full now; never means "would block" */
#define TOKIO_ENOMEM (-12)
#define TOKIO_EACCES (-13)
#define TOKIO_EBUSY (-16)
#define TOKIO_EEXIST (-17)
#define TOKIO_EINVAL (-22)
#define TOKIO_EMFILE (-24)
#define TOKIO_EPIPE (-32)
#define TOKIO_ENOTSUP (-95)
#define TOKIO_EADDRINUSE (-98)
#define TOKIO_ECONNABORTED (-103)
#define TOKIO_ECONNRESET (-104)
#define TOKIO_ENOTCONN (-107)
#define TOKIO_ETIMEDOUT (-110)
#define TOKIO_ECONNREFUSED (-111)
#define TOKIO_ECANCELED (-125)

#define TOKIO_EGONE (-65537)     /* the instance is past fini, or quarantined */
#define TOKIO_ESHUTDOWN (-65538) /* the instance or the host is stopping: no new work of this kind */
#define TOKIO_EQUOTA (-65539)    /* a per-plugin limit from the configuration */
#define TOKIO_EMISUSE (-65540)   /* a violation of the contract was seen; last_error has the sentence */
#define TOKIO_EVERSION (-65541)  /* the id is known, the requested version is not served */
#define TOKIO_EREVOKED (-65542)  /* an imported service was withdrawn */

#endif /* TOKIO_ABI_STATUS_H */
