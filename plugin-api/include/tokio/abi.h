/* The whole contract between tokiod and a plugin. Each header below also stands alone. */
#ifndef TOKIO_ABI_H
#define TOKIO_ABI_H

#include "tokio/abi/account.h"
#include "tokio/abi/base.h"
#include "tokio/abi/blocking.h"
#include "tokio/abi/control.h"
#include "tokio/abi/fd.h"
#include "tokio/abi/fs.h"
#include "tokio/abi/host.h"
#include "tokio/abi/lease.h"
#include "tokio/abi/local.h"
#include "tokio/abi/log.h"
#include "tokio/abi/metrics.h"
#include "tokio/abi/net.h"
#include "tokio/abi/plugin.h"
#include "tokio/abi/process.h"
#include "tokio/abi/resolve.h"
#include "tokio/abi/runtime.h"
#include "tokio/abi/service.h"
#include "tokio/abi/signal.h"
#include "tokio/abi/status.h"
#include "tokio/abi/task.h"
#include "tokio/abi/time.h"
#include "tokio/abi/trace.h"
#include "tokio/abi/version.h"
#include "tokio/abi/workers.h"

#endif /* TOKIO_ABI_H */
