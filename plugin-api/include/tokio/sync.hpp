// Everything of sync/: channels, locks, permits and notifications between tasks.
#pragma once

#include "tokio/sync/barrier.hpp"
#include "tokio/sync/broadcast.hpp"
#include "tokio/sync/mpsc.hpp"
#include "tokio/sync/mutex.hpp"
#include "tokio/sync/notify.hpp"
#include "tokio/sync/once_cell.hpp"
#include "tokio/sync/oneshot.hpp"
#include "tokio/sync/rwlock.hpp"
#include "tokio/sync/semaphore.hpp"
#include "tokio/sync/set_once.hpp"
#include "tokio/sync/watch.hpp"
#include "tokio/time/send_timeout.hpp"
