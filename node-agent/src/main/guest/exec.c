/* Commands run in containers for kubectl exec and for probes: several at once, with flow control. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { TTY = 1, STDIN = 2 };

struct exec *execs;

static struct exec *find_exec(uint32_t id) {
  struct exec *e = execs;
  while (e != NULL && e->id != id) e = e->next;
  return e;
}

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* The terminal is one of the container's own, so that its name means something inside. */
static int open_container_terminal(const struct container *c, struct exec *e, int child[3]) {
  char path[64];
  int unlocked = 0;
  snprintf(path, sizeof path, "/proc/%d/root/dev/pts/ptmx", c->pid);
  int master = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0) return -1;
  e->out[0] = master;
  e->in = fcntl(master, F_DUPFD_CLOEXEC, 0);
  for (int i = 0; i < 3; i++) child[i] = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  return child[2] < 0 || e->in < 0 ? -1 : 0;
}

static int open_pipes(struct exec *e, bool input, int child[3]) {
  int p[2];
  if (input) {
    if (pipe2(p, O_CLOEXEC) < 0) return -1;
    child[0] = p[0];
    e->in = p[1];
    fcntl(e->in, F_SETFL, O_NONBLOCK);
  } else {
    child[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  for (int i = 0; i < 2; i++) {
    if (pipe2(p, O_CLOEXEC) < 0) return -1;
    e->out[i] = p[0];
    child[i + 1] = p[1];
    fcntl(e->out[i], F_SETFL, O_NONBLOCK);
  }
  return 0;
}

static pid_t spawn(const struct container *c, const struct exec *e, char **argv, int child[3],
                   int error_fd) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  for (int i = 0; i < 3; i++) dup2(child[i], i);
  launch_exec(c, argv, e->tty, error_fd);
}

/* First comes the process id of the command, then what went wrong with it, or the pipe's end. */
static void await_launch(int fd, struct exec *e, struct launch_error *error) {
  struct launch_error message;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  while (poll(&p, 1, 20000) > 0) {
    if (read(fd, &message, sizeof message) != sizeof message) return;
    if (message.code < 0) {
      e->pid = -message.code;
    } else {
      *error = message;
    }
  }
  error->code = 128;
  snprintf(error->message, sizeof error->message, "starting took too long");
}

static int start(const struct container *c, struct exec *e, bool input, char **argv,
                 struct launch_error *error) {
  int child[3] = {-1, -1, -1}, errors[2] = {-1, -1};
  int r = e->tty ? open_container_terminal(c, e, child) : open_pipes(e, input, child);
  if (r == 0) r = pipe2(errors, O_CLOEXEC);
  if (r < 0 || spawn(c, e, argv, child, errors[1]) < 0) {
    error->code = 128;
    snprintf(error->message, sizeof error->message, "%s", strerror(errno));
  } else {
    close_fd(&errors[1]);
    await_launch(errors[0], e, error);
    if (error->code == 0 && e->pid == 0) {
      error->code = 128;
      snprintf(error->message, sizeof error->message, "the container ended");
    }
  }
  for (int i = 0; i < 3; i++) close_fd(&child[i]);
  close_fd(&errors[0]);
  close_fd(&errors[1]);
  return error->code;
}

static void free_exec(struct exec *e) {
  close_fd(&e->in);
  close_fd(&e->out[0]);
  close_fd(&e->out[1]);
  buf_free(&e->input);
  free(e);
}

static void set_size(struct exec *e, unsigned columns, unsigned rows) {
  struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
  if (e->tty && e->out[0] >= 0 && columns > 0 && rows > 0) ioctl(e->out[0], TIOCSWINSZ, &size);
}

void handle_exec(struct cursor *cursor) {
  uint32_t request = get_u32(cursor);
  struct exec *e = calloc(1, sizeof *e);
  struct launch_error error = {0};
  e->in = e->out[0] = e->out[1] = -1;
  e->id = get_u32(cursor);
  char *id = get_str(cursor);
  unsigned flags = get_u8(cursor);
  e->tty = flags & TTY;
  e->credit = get_u32(cursor);
  char **argv = get_strs(cursor);
  struct container *c = find_container(id);
  if (cursor->bad || c == NULL || c->pid <= 0) {
    reply(request, 128, "%s", cursor->bad ? "malformed request" : "container is not running");
    free_exec(e);
  } else if (start(c, e, flags & STDIN, argv, &error) != 0) {
    reply(request, error.code, "%s", error.message);
    free_exec(e);
  } else {
    e->next = execs;
    execs = e;
    reply(request, 0, "%s", "");
  }
  free(id);
  free_strs(argv);
}

/* ---- input ---- */

static void give_credit(struct exec *e, size_t n) {
  struct buf b = {0};
  if (n == 0 || e->id == 0) return;
  buf_u32(&b, e->id);
  buf_u32(&b, (uint32_t)n);
  send_frame(M_EXEC_INPUT_CREDIT, &b);
}

/* Input that nobody reads any more is swallowed, so that its sender comes to its end. */
static void stop_input(struct exec *e) {
  give_credit(e, e->input.len);
  buf_drop(&e->input, e->input.len);
  if (!e->tty) close_fd(&e->in);
}

void exec_input_ready(struct exec *e) {
  ssize_t n = write(e->in, e->input.p, e->input.len);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) {
    stop_input(e);
    return;
  }
  buf_drop(&e->input, (size_t)n);
  give_credit(e, (size_t)n);
  if (e->input.len == 0 && e->input_ended) stop_input(e);
}

void handle_exec_input(struct cursor *c) {
  struct exec *e = find_exec(get_u32(c));
  size_t n;
  const unsigned char *p = get_bytes(c, &n);
  if (e == NULL || c->bad) return;
  if (n == 0) e->input_ended = true;
  if (e->in < 0) {
    give_credit(e, n);
  } else if (e->input.len + n > EXEC_INPUT_WINDOW) {
    say("exec %u sent more than it may", e->id);
  } else {
    buf_raw(&e->input, p, n);
  }
  if (e->input_ended && e->input.len == 0) stop_input(e);
}

/* ---- output and end ---- */

bool exec_wants_output(const struct exec *e) {
  return e->credit > 0 && send_queued() < SEND_MARK;
}

void exec_output(struct exec *e, int which) {
  static char data[CHUNK];
  size_t most = e->credit < sizeof data ? e->credit : sizeof data;
  ssize_t n = read(e->out[which], data, most);
  if (n < 0 && errno == EINTR) return;
  if (n < 0 && errno == EAGAIN && !e->ended) return;
  if (n <= 0) { /* what the command left behind may hold the pipe, but the command is over */
    close_fd(&e->out[which]);
    return;
  }
  struct buf b = {0};
  buf_u32(&b, e->id);
  buf_u8(&b, (unsigned)which);
  buf_bytes(&b, data, (size_t)n);
  send_frame(M_EXEC_OUTPUT, &b);
  e->credit -= (uint32_t)n;
}

void handle_exec_credit(struct cursor *c) {
  struct exec *e = find_exec(get_u32(c));
  uint32_t n = get_u32(c);
  if (e != NULL) e->credit += n;
}

void handle_exec_resize(struct cursor *c) {
  struct exec *e = find_exec(get_u32(c));
  uint32_t columns = get_u32(c), rows = get_u32(c);
  if (e != NULL) set_size(e, columns, rows);
}

static void kill_exec(const struct exec *e) {
  if (e->ended) return;
  kill(-e->pid, SIGKILL);
  kill(e->pid, SIGKILL);
}

void handle_exec_kill(struct cursor *c) {
  struct exec *e = find_exec(get_u32(c));
  if (e != NULL) kill_exec(e);
}

bool exec_exited(pid_t pid, int status) {
  for (struct exec *e = execs; e != NULL; e = e->next) {
    if (e->pid != pid || e->ended) continue;
    e->ended = true;
    e->status = status;
    return true;
  }
  return false;
}

void finish_execs(void) {
  for (struct exec **at = &execs; *at != NULL;) {
    struct exec *e = *at;
    for (int i = 0; i < 2 && e->ended; i++) {
      while (e->out[i] >= 0 && exec_wants_output(e)) exec_output(e, i);
    }
    if (!e->ended || e->out[0] >= 0 || e->out[1] >= 0) {
      at = &e->next;
      continue;
    }
    if (e->id != 0) {
      struct buf b = {0};
      buf_u32(&b, e->id);
      buf_u32(&b, (uint32_t)exit_code(e->status));
      send_frame(M_EXEC_EXITED, &b);
    }
    *at = e->next;
    free_exec(e);
  }
}

/* Their agent is gone, and with it whoever waited for them. */
void kill_execs(void) {
  for (struct exec *e = execs; e != NULL; e = e->next) {
    kill_exec(e);
    e->id = 0;
    close_fd(&e->in);
    close_fd(&e->out[0]);
    close_fd(&e->out[1]);
    buf_drop(&e->input, e->input.len);
  }
}
