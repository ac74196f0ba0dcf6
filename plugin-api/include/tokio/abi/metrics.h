/* `tokio.metrics/1`: counters, gauges and histograms of a plugin. */
#ifndef TOKIO_ABI_METRICS_H
#define TOKIO_ABI_METRICS_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_METRICS "tokio.metrics/1"
#define TOKIO_METRIC_COUNTER 1u
#define TOKIO_METRIC_GAUGE 2u
#define TOKIO_METRIC_HISTOGRAM 3u
/* A name is made of a-z, 0-9 and _; a counter's ends in _total and no other kind's does; a unit ("seconds", "bytes") is
   the last word of it, before _total. The host exports it as tokiod_plugin_<name of the plugin's file>_<name>, with the
   label `instance`. What breaks these rules is refused with EINVAL. */
typedef struct tokio_metric_desc {
  uint32_t size, kind;
  tokio_str name, help, unit;
  const tokio_kv* labels;
  size_t nlabels; /* constant labels; copied */
  const double* buckets;
  size_t nbuckets; /* histogram; NULL = log-linear default */
} tokio_metric_desc;
typedef struct tokio_metrics_ext {
  uint32_t size, flags;
  tokio_status (*create)(tokio_plugin*, const tokio_metric_desc*,
                         tokio_metric** out) TOKIO_NOEXCEPT; /* [any al] EEXIST, EQUOTA */
  void (*add)(tokio_metric*, uint64_t) TOKIO_NOEXCEPT;       /* [any nb] counter. HOT <= 5 ns (per-worker shard) */
  void (*set)(tokio_metric*, double) TOKIO_NOEXCEPT;         /* [any nb] gauge */
  void (*adjust)(tokio_metric*, double) TOKIO_NOEXCEPT;      /* [any nb] gauge += */
  void (*record)(tokio_metric*, double) TOKIO_NOEXCEPT;      /* [any nb] histogram. HOT <= 10 ns */
  void (*drop)(tokio_metric*) TOKIO_NOEXCEPT;                /* [any nb] */
} tokio_metrics_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_METRICS_H */
