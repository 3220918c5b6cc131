/* Process 1: boots the machine, then serves the agent and the containers in one loop. */
#include "guest.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MILLIS 200 /* between looks for an agent while none is connected */

static int port = -1;
static bool attached; /* somebody holds the other end of the port */
static bool session;  /* and has said hello */
static struct buf outgoing;
static struct decoder decoder;

bool agent_connected(void) { return attached && session; }

size_t send_queued(void) { return outgoing.len; }

void send_frame(unsigned type, struct buf *payload) {
  if (session) frame_encode(&outgoing, type, payload);
  buf_free(payload);
}

void reply(uint32_t request, int error, const char *format, ...) {
  char message[300];
  struct buf b = {0};
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  buf_u32(&b, request);
  buf_u32(&b, (uint32_t)error);
  buf_str(&b, message);
  send_frame(M_REPLY, &b);
}

void reply_with(uint32_t request, struct buf *result) {
  struct buf b = {0};
  buf_u32(&b, request);
  buf_u32(&b, 0);
  buf_str(&b, "");
  buf_raw(&b, result->p, result->len);
  buf_free(result);
  send_frame(M_REPLY, &b);
}

/* ---- sessions ---- */

static void end_session(void) {
  session = false;
  buf_drop(&outgoing, outgoing.len);
  kill_execs();
}

static void handle_hello(struct cursor *c) {
  struct buf b = {0};
  uint64_t nonce = get_u64(c), now = get_u64(c);
  if (c->bad) return;
  end_session();
  session = true;
  struct timespec t = {.tv_sec = (time_t)(now / 1000000000u), .tv_nsec = (long)(now % 1000000000u)};
  clock_settime(CLOCK_REALTIME, &t);
  buf_u64(&b, nonce);
  buf_u32(&b, PROTOCOL_VERSION);
  list_containers(&b);
  send_frame(M_WELCOME, &b);
  rewind_backlogs();
}

static void handle(unsigned type, struct cursor *c) {
  switch (type) {
    case M_HELLO: handle_hello(c); break;
    case M_SETUP: handle_setup(c); break;
    case M_START: handle_start(c); break;
    case M_SIGNAL: handle_signal(c); break;
    case M_REMOVE: handle_remove(c); break;
    case M_EXEC: handle_exec(c); break;
    case M_EXEC_INPUT: handle_exec_input(c); break;
    case M_EXEC_RESIZE: handle_exec_resize(c); break;
    case M_EXEC_KILL: handle_exec_kill(c); break;
    case M_EXEC_CREDIT: handle_exec_credit(c); break;
    case M_OUTPUT_ACK: handle_ack(c); break;
    case M_FILE: handle_file(c); break;
    case M_STATS: handle_stats(c); break;
    case M_POWEROFF: say("power off, as told"); power_off();
    default: reply(get_u32(c), ENOSYS, "unknown message %u", type);
  }
}

/* ---- the port ---- */

static void read_port(void) {
  static unsigned char data[32 * 1024];
  ssize_t n = read(port, data, sizeof data);
  if (n > 0) decode(&decoder, data, (size_t)n, handle);
}

static void write_port(void) {
  size_t most = outgoing.len < 32 * 1024 ? outgoing.len : 32 * 1024;
  ssize_t n = write(port, outgoing.p, most);
  if (n > 0) buf_drop(&outgoing, (size_t)n);
}

static void serve_port(short events) {
  if (events & POLLIN) read_port();
  if (events & POLLOUT && outgoing.len > 0) write_port();
  bool now = !(events & POLLHUP);
  if (attached && !now) end_session();
  attached = now;
}

static void look_for_agent(void) {
  struct pollfd p = {.fd = port, .events = POLLIN};
  poll(&p, 1, 0);
  serve_port(p.revents);
}

/* ---- children ---- */

static void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    struct container *c = containers;
    while (c != NULL && c->pid != pid) c = c->next;
    if (c != NULL) {
      container_exited(c, status);
    } else {
      exec_exited(pid, status);
    }
  }
}

/* ---- the loop ---- */

enum source_kind { PORT, CHILDREN, CONTAINER, EXEC_OUT, EXEC_IN };

struct watch {
  enum source_kind kind;
  int which;
  void *of;
};

static struct pollfd *fds;
static struct watch *watches;
static nfds_t count, room;

static void watch(int fd, short events, struct watch w) {
  if (count == room) {
    room = room * 2 + 16;
    fds = realloc(fds, room * sizeof *fds);
    watches = realloc(watches, room * sizeof *watches);
    if (fds == NULL || watches == NULL) power_off();
  }
  fds[count] = (struct pollfd){.fd = fd, .events = events};
  watches[count++] = w;
}

static void watch_all(int children) {
  count = 0;
  watch(children, POLLIN, (struct watch){.kind = CHILDREN});
  if (attached) {
    watch(port, (short)(POLLIN | (outgoing.len > 0 ? POLLOUT : 0)), (struct watch){.kind = PORT});
  }
  for (struct container *c = containers; c != NULL; c = c->next) {
    for (int i = 0; i < 2; i++) {
      if (c->out[i] < 0 || !container_wants_output(c)) continue;
      watch(c->out[i], POLLIN, (struct watch){CONTAINER, i, c});
    }
  }
  for (struct exec *e = execs; e != NULL; e = e->next) {
    for (int i = 0; i < 2; i++) {
      if (e->out[i] >= 0 && exec_wants_output(e)) watch(e->out[i], POLLIN, (struct watch){EXEC_OUT, i, e});
    }
    if (e->in >= 0 && e->input.len > 0) watch(e->in, POLLOUT, (struct watch){EXEC_IN, 0, e});
  }
}

/* A handler never frees what is watched, but the port's may: its turn is last. */
static void serve(int children) {
  short port_events = 0;
  for (nfds_t i = 0; i < count; i++) {
    struct watch *w = &watches[i];
    if (fds[i].revents == 0) continue;
    if (w->kind == PORT) {
      port_events = fds[i].revents;
    } else if (w->kind == CHILDREN) {
      struct signalfd_siginfo info;
      if (read(children, &info, sizeof info) < 0) continue;
      reap();
    } else if (w->kind == CONTAINER) {
      container_output(w->of, w->which);
    } else if (w->kind == EXEC_OUT) {
      exec_output(w->of, w->which);
    } else {
      exec_input_ready(w->of);
    }
  }
  if (port_events != 0) serve_port(port_events);
}

static void step(int children) {
  watch_all(children);
  if (poll(fds, count, attached ? -1 : RETRY_MILLIS) > 0) serve(children);
  if (!attached) look_for_agent();
  finish_execs();
  if (agent_connected()) {
    for (struct container *c = containers; c != NULL; c = c->next) send_backlog(c);
  }
}

static int watch_children(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv) {
  (void)argc, (void)argv;
  boot();
  int children = watch_children();
  if (getenv("berth_probe") != NULL) power_off();
  port = open_port();
  if (port < 0) {
    say("no port to an agent");
    power_off();
  }
  say("ready");
  for (;;) step(children);
}
