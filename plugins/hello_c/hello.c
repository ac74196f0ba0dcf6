/* The smallest plugin on the raw C ABI: a task that sleeps on a timer and writes a log line each time it fires.
 * Threads: the tables are written in init, before any task exists, and only read afterwards. */
#include <stdio.h>
#include <string.h>

#include "tokio/abi.h"

#define INTERVAL_NS UINT64_C(1000000000)

static const tokio_host* host;
static const tokio_time_ext* timers;
static const tokio_log_ext* logs;

/* The body of the task: what it needs between two polls. */
struct greeter {
  tokio_timer* timer;
  uint64_t deadline_ns;
  unsigned greetings;
};

static tokio_str text(const char* s) { return (tokio_str){s, strlen(s)}; }

static void say(tokio_plugin* plugin, uint32_t level, const char* message) {
  if (!tokio_log_on(logs, level)) return;
  const tokio_log_rec record = {
      .size = sizeof record, .level = level, .target = text("hello"), .message = text(message)};
  logs->log(plugin, NULL, &record);
}

static tokio_poll greeter_poll(void* body, tokio_cx* cx) {
  struct greeter* me = body;
  while (timers->timer_poll(me->timer, cx) != TOKIO_PENDING) {
    char line[64];
    snprintf(line, sizeof line, "hello from C, greeting %u", ++me->greetings);
    say(cx->plugin, TOKIO_LOG_INFO, line);
    me->deadline_ns += INTERVAL_NS; /* from the deadline, not from now: greetings do not drift */
    timers->timer_reset(me->timer, me->deadline_ns);
  }
  return TOKIO_POLL_PENDING;
}

static void greeter_destroy(void* body) { timers->timer_free(((struct greeter*)body)->timer); }

static const tokio_task_vt greeter_task = {.size = sizeof greeter_task,
                                           .poll = greeter_poll,
                                           .destroy = greeter_destroy,
                                           .name = {"greeter", 7},
                                           .file = {__FILE__, sizeof __FILE__ - 1},
                                           .line = __LINE__};

static tokio_status spawn_greeter(tokio_plugin* plugin) {
  tokio_task* task = NULL;
  tokio_status status = host->task_alloc(plugin, sizeof(struct greeter), 8, &task);
  if (status != TOKIO_OK) return status;
  struct greeter* me = tokio_task_body(host, task);
  me->greetings = 0;
  me->deadline_ns = host->now_ns(plugin) + INTERVAL_NS;
  status = timers->timer_new(plugin, me->deadline_ns, 0, &me->timer);
  if (status != TOKIO_OK) {
    host->task_discard(task);
    return status;
  }
  return host->task_spawn(task, &greeter_task, 0, NULL);
}

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  *state = NULL;
  host = table;
  timers = table->get_ext(plugin, TOKIO_EXT_TIME);
  logs = table->get_ext(plugin, TOKIO_EXT_LOG);
  if (timers == NULL) return TOKIO_ENOTSUP;
  if (config.len > 2) { /* more than "{}" */
    host->instance_fail(plugin, text("hello_c takes no configuration"));
    return TOKIO_EINVAL;
  }
  return spawn_greeter(plugin);
}

TOKIO_PLUGIN_DEFINE("dev.tokiod.hello-c", "0.1.0", "says hello once a second", TOKIO_PF_UNLOADABLE | TOKIO_PF_MULTI,
                    init, NULL, NULL);
