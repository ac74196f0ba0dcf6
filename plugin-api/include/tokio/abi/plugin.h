/* What a plugin exports: one descriptor and one ELF note. The note is read before any code of the plugin can run. */
#ifndef TOKIO_ABI_PLUGIN_H
#define TOKIO_ABI_PLUGIN_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_PF_UNLOADABLE 1u   /* the author promises: no own threads, no atexit, no non-trivial thread_local */
#define TOKIO_PF_OWN_THREADS 2u  /* creates threads: never unmapped, refused in simulation */
#define TOKIO_PF_RAW_SYSCALLS 4u /* does its own I/O: refused in simulation */
#define TOKIO_PF_MULTI 8u        /* several instances of one loaded image are allowed */
#define TOKIO_PF_ALL 15u

typedef struct tokio_plugin_desc {
  uint32_t size, abi_major, abi_minor, abi_minor_min; /* built against / oldest host accepted */
  uint64_t abi_fingerprint;                           /* TOKIO_ABI_FINGERPRINT as compiled */
  uint64_t flags;                                     /* TOKIO_PF_* */
  const char *id, *version, *description;             /* id: reverse domain, [a-z0-9.-], immutable */
  const char* const* req_exts; /* NULL-terminated, may be NULL; a load fails early if one is missing */
  const char* const* opt_exts; /* as above, for information */

  /* Once per instance. host and p live until fini returns; config_json is borrowed. May spawn. On an error the host
   * aborts what was spawned, waits, and calls neither stop nor fini: init undoes its own state. [ctl] */
  tokio_status (*init)(tokio_plugin* p, const tokio_host* host, tokio_str config_json, void** state) TOKIO_NOEXCEPT;
  /* Begins a graceful stop and returns at once. After deadline_ns the host aborts the remaining tasks. May be NULL: all
   * tasks are aborted at once. [ctl] */
  void (*stop)(void* state, uint64_t deadline_ns) TOKIO_NOEXCEPT;
  /* The last call, made only when nothing of the instance is live. Frees state. May be NULL. [ctl] */
  void (*fini)(void* state) TOKIO_NOEXCEPT;
  /* Live configuration in two phases; NULL = a restart is needed. check has no effect; *why is moved to the host. [ctl]
   */
  tokio_status (*config_check)(void* state, tokio_str json, tokio_buf* why) TOKIO_NOEXCEPT;
  tokio_status (*config_apply)(void* state, tokio_str json) TOKIO_NOEXCEPT; /* [ctl] */
  /* Extensions on the plugin's side; may be NULL. [ctl] */
  const void* (*get_ext)(void* state, const char* id)TOKIO_NOEXCEPT;
  const char* config_schema; /* JSON Schema text of config_json; NULL = anything */
} tokio_plugin_desc;

TOKIO_EXTERN_C TOKIO_EXPORT const tokio_plugin_desc tokio_plugin_v0;

/* FROZEN at 124 bytes: a note's header, its name, and 104 bytes of description. */
typedef struct tokio_note {
  uint32_t namesz, descsz, type; /* 7, 104, 1 */
  char name[8];                  /* "tokiod" */
  uint32_t abi_major, abi_minor, abi_minor_min, flags;
  uint32_t fingerprint_low, fingerprint_high;
  char id[64];
  char version[16];
} tokio_note;
TOKIO_ASSERT(sizeof(tokio_note) == 124, "frozen");
#define TOKIO_NOTE_SECTION ".note.tokiod"

#define TOKIO_PLUGIN_NOTE(ID, VERSION, FLAGS)                                                            \
  __attribute__((section(TOKIO_NOTE_SECTION), aligned(4), used)) static const tokio_note tokio_note_ = { \
      7,                                                                                                 \
      104,                                                                                               \
      1,                                                                                                 \
      "tokiod",                                                                                          \
      TOKIO_ABI_MAJOR,                                                                                   \
      TOKIO_ABI_MINOR,                                                                                   \
      TOKIO_ABI_MINOR,                                                                                   \
      (FLAGS),                                                                                           \
      (uint32_t)TOKIO_ABI_FINGERPRINT,                                                                   \
      (uint32_t)(TOKIO_ABI_FINGERPRINT >> 32),                                                           \
      ID,                                                                                                \
      VERSION}

/* A whole plugin in one line, once per image. STOP and FINI may be NULL. */
#define TOKIO_PLUGIN_DEFINE(ID, VERSION, DESCRIPTION, FLAGS, INIT, STOP, FINI)    \
  TOKIO_PLUGIN_NOTE(ID, VERSION, (uint32_t)(FLAGS));                              \
  const tokio_plugin_desc tokio_plugin_v0 = {(uint32_t)sizeof(tokio_plugin_desc), \
                                             TOKIO_ABI_MAJOR,                     \
                                             TOKIO_ABI_MINOR,                     \
                                             TOKIO_ABI_MINOR,                     \
                                             TOKIO_ABI_FINGERPRINT,               \
                                             (FLAGS),                             \
                                             ID,                                  \
                                             VERSION,                             \
                                             DESCRIPTION,                         \
                                             NULL,                                \
                                             NULL,                                \
                                             INIT,                                \
                                             STOP,                                \
                                             FINI,                                \
                                             NULL,                                \
                                             NULL,                                \
                                             NULL,                                \
                                             NULL}

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_PLUGIN_H */
