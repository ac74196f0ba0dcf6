/* `tokio.fs/1`: file operations as completion operations. Declared; a host that does not serve it answers NULL from
 * get_ext. */
#ifndef TOKIO_ABI_FS_H
#define TOKIO_ABI_FS_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One entry, opcodes appended; probe with supported(). Data moves in tokio_buf only (R8). */
#define TOKIO_EXT_FS "tokio.fs/1"
#define TOKIO_FS_OPEN 1u     /* path, oflags, mode -> op_take file */
#define TOKIO_FS_READ 2u     /* file, off, len -> op_take buf; off ~0 = current position */
#define TOKIO_FS_WRITE 3u    /* file, off, buf(move) -> bytes (short only on error) */
#define TOKIO_FS_SYNC 4u     /* file; arg=1 data only */
#define TOKIO_FS_STAT 5u     /* file or path -> op_take buf holding tokio_stat */
#define TOKIO_FS_TRUNCATE 6u /* file, off = length */
#define TOKIO_FS_UNLINK 7u
#define TOKIO_FS_RENAME 8u /* path -> path2 */
#define TOKIO_FS_MKDIR 9u
#define TOKIO_FS_RMDIR 10u
#define TOKIO_FS_READDIR 11u /* path -> buf: records {u16 reclen, u8 type, u8 pad, name NUL} */
#define TOKIO_FS_SYMLINK 12u
#define TOKIO_FS_READLINK 13u
#define TOKIO_FS_CHMOD 14u
#define TOKIO_O_READ 1u
#define TOKIO_O_WRITE 2u
#define TOKIO_O_CREATE 4u
#define TOKIO_O_EXCL 8u
#define TOKIO_O_TRUNC 16u
#define TOKIO_O_APPEND 32u
#define TOKIO_O_DIRECTORY 64u
#define TOKIO_O_NOFOLLOW 128u
typedef struct tokio_fs_req {
  uint32_t size, op;
  uint32_t oflags, mode;
  tokio_file* file;
  tokio_str path, path2;
  uint64_t off, len, arg;
  tokio_buf buf;
} tokio_fs_req;
typedef struct tokio_stat { /* FROZEN */
  uint64_t dev, ino, mode, nlink, uid, gid, size, blocks;
  int64_t atime_ns, mtime_ns, ctime_ns, btime_ns;
  uint64_t reserved[4];
} tokio_stat;
typedef struct tokio_fs_ext {
  uint32_t size, flags;
  tokio_status (*supported)(uint32_t op) TOKIO_NOEXCEPT; /* [any nb] 1/0 */
  /* [any nb al] req borrowed, except req.buf, which moves on TOKIO_OK. Then op_poll/op_take/op_drop. */
  tokio_status (*submit)(tokio_plugin*, const tokio_fs_req*, tokio_op** out) TOKIO_NOEXCEPT;
  void (*close)(tokio_file*) TOKIO_NOEXCEPT; /* [any nb] consumes; waits in host */
} tokio_fs_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_FS_H */
