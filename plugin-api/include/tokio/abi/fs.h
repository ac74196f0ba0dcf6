/* `tokio.fs/1`: files and folders as completion operations. The host decides what carries an operation out, charges it
 * to the instance, and keeps alive what it works on; one that was submitted runs to its end, also when its handle is
 * dropped. What has not begun when the instance is closed or the runtime stops is dropped, with ECANCELED: only a WRITE
 * that was submitted runs even then, and a WRITE_FILE does not. */
#ifndef TOKIO_ABI_FS_H
#define TOKIO_ABI_FS_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_FS "tokio.fs/1"

/* What tokio_fs_req.op asks for, with the fields that it reads, and what it gives. `file`, `path`, `path2` and `buf`
 * are given exactly where they stand here; a path has 1..4095 bytes and no NUL, and is copied. The result is 0 where
 * nothing else stands. Values are appended; probe with supported(). */
#define TOKIO_FS_OPEN 1u     /* path, oflags, mode; arg = more flags of open(2) -> op_take file */
#define TOKIO_FS_READ 2u     /* file, off, len, buf; arg = how far to go back before -> bytes, 0 at the end */
#define TOKIO_FS_WRITE 3u    /* file, off, buf: its len; arg = how far to go back before -> bytes, always all of them */
#define TOKIO_FS_SEEK 4u     /* file, off (signed), arg = TOKIO_FS_FROM_* -> where it is now */
#define TOKIO_FS_SYNC 5u     /* file; arg = 1: data only */
#define TOKIO_FS_TRUNCATE 6u /* file, off = its new length; arg = how far to go back before */
#define TOKIO_FS_STAT 7u     /* file, path, or a path in the folder `file`; NOFOLLOW -> op_take tokio_stat */
#define TOKIO_FS_CHMOD 8u    /* file or path, mode */
#define TOKIO_FS_CLONE 9u    /* file -> op_take file: the same open file, with the same position */
#define TOKIO_FS_UNLINK 10u  /* path */
#define TOKIO_FS_RENAME 11u  /* path -> path2, which is replaced */
#define TOKIO_FS_MKDIR 12u   /* path, mode; arg = 1: with all above it, and fine when it is there */
#define TOKIO_FS_RMDIR 13u   /* path */
#define TOKIO_FS_REMOVE_ALL 14u /* path of a folder, with everything in it; of a link to one: the link */
#define TOKIO_FS_SYMLINK 15u    /* path = what it says, path2 = the new link */
#define TOKIO_FS_LINK 16u       /* path, path2 = the new name */
#define TOKIO_FS_READLINK 17u   /* path -> op_take text */
#define TOKIO_FS_REALPATH 18u   /* path -> op_take text */
#define TOKIO_FS_READDIR                                                                                           \
  19u                     /* file opened with DIRECTORY, len = most records -> count, op_take tokio_dirent records \
                           */
#define TOKIO_FS_COPY 20u /* path -> path2: a regular file and its permissions -> bytes */
#define TOKIO_FS_READ_FILE 21u  /* path -> bytes, op_take all of them */
#define TOKIO_FS_WRITE_FILE 22u /* path, buf: what the file is then; mode of a new one -> bytes */

#define TOKIO_FS_HERE UINT64_MAX /* as off: at the file's position, which moves on */
#define TOKIO_FS_FROM_START 0u
#define TOKIO_FS_FROM_HERE 1u
#define TOKIO_FS_FROM_END 2u

#define TOKIO_O_READ 1u
#define TOKIO_O_WRITE 2u
#define TOKIO_O_CREATE 4u
#define TOKIO_O_EXCL 8u
#define TOKIO_O_TRUNC 16u
#define TOKIO_O_APPEND 32u /* and WRITE */
#define TOKIO_O_DIRECTORY 64u
#define TOKIO_O_NOFOLLOW 128u
typedef struct tokio_fs_req {
  uint32_t size, op;
  uint32_t oflags, mode;
  tokio_file* file;
  tokio_str path, path2;
  uint64_t off, len, arg;
  tokio_buf buf; /* a lease that buf_alloc() gave to this instance and nobody shares, as `file` is its own */
} tokio_fs_req;

#define TOKIO_NO_BIRTH INT64_MIN /* btime_ns where the file system keeps none */
typedef struct tokio_stat {      /* FROZEN */
  uint64_t dev, ino, mode, nlink, uid, gid, rdev, size, blksize, blocks;
  int64_t atime_ns, mtime_ns, ctime_ns, btime_ns; /* Unix time; as far as 64 bits go */
  uint64_t reserved[2];
} tokio_stat;

/* Kinds of files: the upper bits of a mode. The file system may not say: then it is 0, and STAT knows. */
#define TOKIO_FT_UNKNOWN 0u
#define TOKIO_FT_FIFO 1u
#define TOKIO_FT_CHAR 2u
#define TOKIO_FT_DIR 4u
#define TOKIO_FT_BLOCK 6u
#define TOKIO_FT_FILE 8u
#define TOKIO_FT_LINK 10u
#define TOKIO_FT_SOCKET 12u
typedef struct tokio_dirent { /* FROZEN. `name_len` bytes of the name follow; the next record begins after `reclen` */
  uint64_t ino;
  uint16_t reclen, name_len;
  uint8_t type, reserved[3];
} tokio_dirent;

typedef struct tokio_fs_ext {
  uint32_t size, flags;
  tokio_status (*supported)(uint32_t op) TOKIO_NOEXCEPT; /* [any nb] 1/0 */
  /* req is borrowed, except req.buf, which moves on TOKIO_OK; op_take gives it back, also after an error. Then op_poll,
   * op_take, op_drop. EQUOTA (jobs, bytes), EINVAL, ENOTSUP, ESHUTDOWN, EGONE, EAGAIN (no thread). [any nb al] */
  tokio_status (*submit)(tokio_plugin*, const tokio_fs_req*, tokio_op** out) TOKIO_NOEXCEPT;
  /* The descriptor is closed once no operation works on it. [any nb] */
  void (*close)(tokio_file*) TOKIO_NOEXCEPT;
  /* A descriptor of the plugin's own as a file; it moves on TOKIO_OK. EBADF. [any nb al] */
  tokio_status (*adopt)(tokio_plugin*, int32_t fd, tokio_file** out) TOKIO_NOEXCEPT;
  int32_t (*raw)(tokio_file*) TOKIO_NOEXCEPT; /* [any nb] borrow; -errno */
  /* Consumes the file and moves its descriptor back. EBUSY: an operation works on it; EINVAL: it is a folder. The file
   * stays then. [any nb] */
  tokio_status (*release)(tokio_file*, int32_t* fd_out) TOKIO_NOEXCEPT;
} tokio_fs_ext;

TOKIO_ASSERT(sizeof(tokio_stat) == 128 && sizeof(tokio_dirent) == 16, "frozen");

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_FS_H */
