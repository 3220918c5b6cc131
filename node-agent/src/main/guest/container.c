/* The pod's containers: started, signalled, their output kept until the agent has written it. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TTY = 1, STDIN = 2, READ_ONLY_ROOT = 4, NO_NEW_PRIVS = 8, PRIVILEGED = 16,
       STRICT_GROUPS = 32, FILTERED = 64, SHARED_PROCESSES = 128 };
enum { RUNNING = 1, ENDED = 2 };

struct container *containers;

struct container *find_container(const char *id) {
  struct container *c = containers;
  while (c != NULL && strcmp(c->spec.id, id) != 0) c = c->next;
  return c;
}

int exit_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- the specification ---- */

static void read_volumes(struct cursor *c, struct spec *s) {
  s->nvolumes = get_u32(c);
  if (s->nvolumes > c->left / 10) { /* the least that one takes */
    c->bad = true;
    s->nvolumes = 0;
  }
  s->volumes = calloc(s->nvolumes + 1, sizeof *s->volumes);
  for (uint32_t i = 0; i < s->nvolumes; i++) {
    s->volumes[i].source = get_u8(c);
    s->volumes[i].name = get_str(c);
    s->volumes[i].target = get_str(c);
    s->volumes[i].read_only = get_u8(c);
    s->volumes[i].group = -1;
  }
}

static void read_spec(struct cursor *c, struct spec *s) {
  s->id = get_str(c);
  s->image = get_str(c);
  s->argv = get_strs(c);
  s->env = get_strs(c);
  s->cwd = get_str(c);
  s->user = get_str(c);
  s->ngroups = get_u32(c);
  if (s->ngroups > c->left / 4) {
    c->bad = true;
    s->ngroups = 0;
  }
  s->groups = calloc(s->ngroups + 1, sizeof *s->groups);
  for (uint32_t i = 0; i < s->ngroups; i++) s->groups[i] = get_u32(c);
  s->capabilities = get_u64(c);
  unsigned flags = get_u8(c);
  s->tty = flags & TTY;
  s->stdin_open = flags & STDIN;
  s->read_only_root = flags & READ_ONLY_ROOT;
  s->no_new_privs = flags & NO_NEW_PRIVS;
  s->privileged = flags & PRIVILEGED;
  s->strict_groups = flags & STRICT_GROUPS;
  s->filtered = flags & FILTERED;
  s->shared_processes = flags & SHARED_PROCESSES;
  s->memory_max = get_u64(c);
  s->cpu_max_millis = get_u32(c);
  s->cpu_weight = get_u32(c);
  read_volumes(c, s);
  for (uint32_t i = 0; i < s->nvolumes && c->left > 0; i++) {
    s->volumes[i].group = (int64_t)get_u64(c) - 1;
  }
}

static void free_container(struct container *c) {
  for (int i = 0; i < 2; i++) {
    if (c->out[i] >= 0) close(c->out[i]);
  }
  if (c->in_keep >= 0) close(c->in_keep);
  while (c->head != NULL) {
    struct chunk *next = c->head->next;
    free(c->head);
    c->head = next;
  }
  for (uint32_t i = 0; i < c->spec.nvolumes; i++) {
    free(c->spec.volumes[i].name);
    free(c->spec.volumes[i].target);
  }
  free(c->spec.volumes), free(c->spec.groups);
  free_strs(c->spec.argv), free_strs(c->spec.env);
  free(c->spec.id), free(c->spec.image), free(c->spec.cwd), free(c->spec.user);
  free(c);
}

/* ---- what a container stands on ---- */

static int limit(const char *cgroup, const char *file, const char *format, uint64_t value) {
  char path[300], text[64];
  snprintf(path, sizeof path, "%s/%s", cgroup, file);
  snprintf(text, sizeof text, format, (unsigned long long)value);
  return write_file(path, text);
}

static int make_cgroup(const struct spec *s) {
  char path[256];
  cgroup_path(s->id, path, sizeof path);
  if (mkdir(path, 0755) < 0 && errno != EEXIST) return -1;
  int r = limit(path, "memory.oom.group", "%llu", 1);
  if (r == 0 && s->memory_max > 0) r = limit(path, "memory.max", "%llu", s->memory_max);
  if (r == 0 && s->cpu_max_millis > 0) r = limit(path, "cpu.max", "%llu 100000", s->cpu_max_millis * 100ULL);
  if (r == 0 && s->cpu_weight > 0) r = limit(path, "cpu.weight", "%llu", s->cpu_weight);
  return r;
}

/* The name may go on with a path inside the space, which is then what is mounted. */
static int make_scratch(const struct volume *v) {
  bool memory = v->source == FROM_MEMORY;
  char path[4200];
  snprintf(path, sizeof path, "%s/%s", memory ? "/run/memory" : "/scratch/volumes", v->name);
  char *inside = strchr(path + (memory ? sizeof "/run/memory" : sizeof "/scratch/volumes"), '/');
  if (inside != NULL) *inside = 0;
  bool fresh = mkdir(path, 0777) == 0;
  if (!fresh && errno != EEXIST) return -1;
  if (fresh && memory && mount("tmpfs", path, "tmpfs", MS_NODEV | MS_NOSUID, "mode=0777") < 0) {
    return -1;
  }
  if (fresh && v->group >= 0 &&
      (chown(path, (uid_t)-1, (gid_t)v->group) < 0 || chmod(path, 02777) < 0)) {
    return -1;
  }
  if (inside == NULL) return 0;
  *inside = '/';
  return make_dirs(path, 0777);
}

static int make_volume(const struct spec *s, const struct volume *v) {
  char path[300];
  if (v->source == FROM_EMPTY_DIR || v->source == FROM_MEMORY) return make_scratch(v);
  if (v->source == FROM_LAST_WORDS) {
    snprintf(path, sizeof path, "/run/words/%s", s->id);
    return write_file(path, "") < 0 || chmod(path, 0666) < 0 ? -1 : 0;
  }
  return 0;
}

static int make_ground(const struct spec *s) {
  char path[300];
  if (image_dir(s->image, path, sizeof path) < 0 || make_cgroup(s) < 0) return -1;
  snprintf(path, sizeof path, "/scratch/containers/%s/upper", s->id);
  if (make_dirs(path, 0755) < 0) return -1;
  snprintf(path, sizeof path, "/scratch/containers/%s/work", s->id);
  if (make_dirs(path, 0755) < 0) return -1;
  for (uint32_t i = 0; i < s->nvolumes; i++) {
    if (make_volume(s, &s->volumes[i]) < 0) return -1;
  }
  return 0;
}

/* What is large is deleted by a child, so that the loop goes on. */
static void clear_ground(const char *id) {
  char path[300];
  cgroup_path(id, path, sizeof path);
  rmdir(path);
  snprintf(path, sizeof path, "/run/words/%s", id);
  unlink(path);
  if (fork() == 0) {
    snprintf(path, sizeof path, "/scratch/containers/%s", id);
    _exit(remove_tree(path) < 0);
  }
}

/* ---- starting ---- */

struct streams {
  int child[3];  /* the container's standard streams */
  int out[2];    /* our reading ends */
  int in_keep;
};

static int pipe_from_child(int *ours, int *theirs) {
  int p[2];
  if (pipe2(p, O_CLOEXEC) < 0) return -1;
  fcntl(p[0], F_SETFL, O_NONBLOCK);
  *ours = p[0];
  *theirs = p[1];
  return 0;
}

static int open_terminal(struct streams *s) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  char name[64];
  if (master < 0 || unlockpt(master) < 0 || ptsname_r(master, name, sizeof name) != 0) return -1;
  s->out[0] = master;
  for (int i = 0; i < 3; i++) s->child[i] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  return s->child[2] < 0 ? -1 : 0;
}

static int open_streams(const struct spec *spec, struct streams *s) {
  *s = (struct streams){{-1, -1, -1}, {-1, -1}, -1};
  if (spec->tty) return open_terminal(s);
  if (spec->stdin_open) {
    int p[2];
    if (pipe2(p, O_CLOEXEC) < 0) return -1;
    s->child[0] = p[0];
    s->in_keep = p[1];
  } else {
    s->child[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  if (s->child[0] < 0 || pipe_from_child(&s->out[0], &s->child[1]) < 0) return -1;
  return pipe_from_child(&s->out[1], &s->child[2]);
}

static void close_all(int *fds, int n) {
  for (int i = 0; i < n; i++) {
    if (fds[i] >= 0) close(fds[i]);
    fds[i] = -1;
  }
}

static pid_t spawn(const struct spec *spec, const struct streams *s, int error_fd) {
  int processes = spec->shared_processes ? 0 : CLONE_NEWPID;
  long pid = syscall(SYS_clone, processes | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
  if (pid != 0) return (pid_t)pid;
  for (int i = 0; i < 3; i++) dup2(s->child[i], i);
  launch_container(spec, error_fd);
}

/* The pipe closes when the program has begun. */
static void await_launch(int fd, struct launch_error *e) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  if (poll(&p, 1, 20000) <= 0) {
    e->code = 128;
    snprintf(e->message, sizeof e->message, "starting took too long");
  } else if (read(fd, e, sizeof *e) <= 0) {
    e->code = 0;
  }
}

static int start(struct container *c, struct launch_error *e) {
  struct streams s;
  int errors[2];
  *e = (struct launch_error){.code = 128};
  if (make_ground(&c->spec) < 0 || open_streams(&c->spec, &s) < 0 ||
      pipe2(errors, O_CLOEXEC) < 0) {
    snprintf(e->message, sizeof e->message, "%s", strerror(errno));
    return errno == ENODEV ? ENODEV : e->code;
  }
  memcpy(c->out, s.out, sizeof c->out);
  c->in_keep = s.in_keep;
  c->pid = spawn(&c->spec, &s, errors[1]);
  close(errors[1]);
  close_all(s.child, 3);
  if (c->pid < 0) {
    snprintf(e->message, sizeof e->message, "fork: %s", strerror(errno));
  } else {
    await_launch(errors[0], e);
    if (e->code != 0) kill(c->pid, SIGKILL);
  }
  close(errors[0]);
  return e->code;
}

static void reply_started(uint32_t request, const struct container *c) {
  struct buf b = {0};
  buf_u64(&b, c->started);
  reply_with(request, &b);
}

void handle_start(struct cursor *cursor) {
  uint32_t request = get_u32(cursor);
  struct container *c = calloc(1, sizeof *c);
  struct launch_error e = {.message = "malformed request"};
  c->out[0] = c->out[1] = c->in_keep = -1;
  c->tail = &c->head;
  read_spec(cursor, &c->spec);
  struct container *there = cursor->bad ? NULL : find_container(c->spec.id);
  int error = cursor->bad ? EINVAL : 0;
  if (error == 0 && there == NULL) error = start(c, &e);
  if (there != NULL) {
    reply_started(request, there);
    free_container(c);
  } else if (error != 0) {
    clear_ground(c->spec.id);
    reply(request, error, "%s", e.message);
    free_container(c);
  } else {
    c->started = now_nanos();
    c->next = containers;
    containers = c;
    reply_started(request, c);
  }
}

/* ---- ending ---- */

void handle_signal(struct cursor *cursor) {
  uint32_t request = get_u32(cursor);
  char *id = get_str(cursor);
  int signo = (int)get_u32(cursor);
  struct container *c = find_container(id);
  if (c != NULL && c->pid > 0) kill(c->pid, signo);
  reply(request, 0, "%s", "");
  free(id);
}

void handle_remove(struct cursor *cursor) {
  uint32_t request = get_u32(cursor);
  char *id = get_str(cursor);
  struct container **at = &containers;
  while (*at != NULL && strcmp((*at)->spec.id, id) != 0) at = &(*at)->next;
  struct container *c = *at;
  if (c != NULL && !c->ended) {
    reply(request, EBUSY, "container is running");
  } else {
    if (c != NULL) {
      *at = c->next;
      clear_ground(id);
      free_container(c);
    }
    reply(request, 0, "%s", "");
  }
  free(id);
}

static uint64_t number_in(const char *id, const char *file, const char *key) {
  char path[300], name[64];
  unsigned long long value, result = 0;
  cgroup_path(id, path, sizeof path);
  strncat(path, file, sizeof path - strlen(path) - 1);
  FILE *f = fopen(path, "re");
  if (f == NULL) return 0;
  if (key == NULL) {
    if (fscanf(f, "%llu", &result) != 1) result = 0;
  } else {
    while (fscanf(f, "%63s %llu", name, &value) == 2) {
      if (strcmp(name, key) == 0) result = value;
    }
  }
  fclose(f);
  return result;
}

/* Without a process namespace of its own, what its first process leaves behind goes on. */
static void end_rest(const char *id) {
  char path[300];
  cgroup_path(id, path, sizeof path);
  strncat(path, "/cgroup.kill", sizeof path - strlen(path) - 1);
  if (write_file(path, "1") < 0) say("%s: %s", path, strerror(errno));
}

void container_exited(struct container *c, int status) {
  if (c->spec.shared_processes) end_rest(c->spec.id);
  c->pid = 0;
  c->ended = true;
  c->status = status;
  c->finished = now_nanos();
  c->oom = exit_code(status) == 137 && number_in(c->spec.id, "/memory.events", "oom_kill") > 0;
}

static void send_exited(struct container *c) {
  struct buf b = {0};
  char path[300], words[LAST_WORDS_LIMIT];
  ssize_t n = 0;
  snprintf(path, sizeof path, "/run/words/%s", c->spec.id);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0) {
    n = read(fd, words, sizeof words);
    close(fd);
  }
  buf_str(&b, c->spec.id);
  buf_u32(&b, (uint32_t)exit_code(c->status));
  buf_u8(&b, c->oom);
  buf_u64(&b, c->started);
  buf_u64(&b, c->finished);
  buf_bytes(&b, words, n > 0 ? (size_t)n : 0);
  send_frame(M_EXITED, &b);
  c->exit_sent = true;
}

/* ---- output ---- */

static void keep(struct container *c, unsigned stream, const char *p, size_t n) {
  struct chunk *chunk = malloc(sizeof *chunk + n);
  if (chunk == NULL) {
    c->dropped += n;
    return;
  }
  uint64_t now = now_nanos();
  c->last_time = now > c->last_time ? now : c->last_time + 1;
  *chunk = (struct chunk){.sequence = ++c->sequence, .time = c->last_time, .stream = stream,
                          .len = (uint32_t)n};
  memcpy(chunk->data, p, n);
  *c->tail = chunk;
  c->tail = &chunk->next;
  if (c->unsent == NULL) c->unsent = chunk;
  c->backlog += sizeof *chunk + n;
}

static bool full(const struct container *c) { return c->backlog >= BACKLOG_LIMIT; }

/* With the agent away the container goes on and what does not fit is counted; with it there, the
 * container waits until the agent has written some. */
bool container_wants_output(const struct container *c) { return !full(c) || !agent_connected(); }

static void note_dropped(struct container *c) {
  char note[120];
  int n = snprintf(note, sizeof note,
                   "berth: %llu bytes of output were dropped while no agent was connected\n",
                   (unsigned long long)c->dropped);
  c->dropped = 0;
  keep(c, c->spec.tty ? 0 : 1, note, (size_t)n);
}

void container_output(struct container *c, int which) {
  static char data[CHUNK];
  ssize_t n = read(c->out[which], data, sizeof data);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    close(c->out[which]);
    c->out[which] = -1;
  } else if (full(c)) {
    c->dropped += (uint64_t)n;
  } else {
    if (c->dropped > 0) note_dropped(c);
    keep(c, (unsigned)which, data, (size_t)n);
  }
}

void send_backlog(struct container *c) {
  if (c->dropped > 0 && !full(c)) note_dropped(c);
  while (c->unsent != NULL && send_queued() < SEND_MARK) {
    struct buf b = {0};
    buf_str(&b, c->spec.id);
    buf_u8(&b, c->unsent->stream);
    buf_u64(&b, c->unsent->time);
    buf_u64(&b, c->unsent->sequence);
    buf_bytes(&b, c->unsent->data, c->unsent->len);
    send_frame(M_OUTPUT, &b);
    c->unsent = c->unsent->next;
  }
  if (c->ended && !c->exit_sent && c->out[0] < 0 && c->out[1] < 0 && c->unsent == NULL &&
      c->dropped == 0) {
    send_exited(c);
  }
}

void handle_ack(struct cursor *cursor) {
  char *id = get_str(cursor);
  uint64_t sequence = get_u64(cursor);
  struct container *c = find_container(id);
  while (c != NULL && c->head != NULL && c->head != c->unsent && c->head->sequence <= sequence) {
    struct chunk *done = c->head;
    c->head = done->next;
    if (c->head == NULL) c->tail = &c->head;
    c->backlog -= sizeof *done + done->len;
    free(done);
  }
  free(id);
}

void rewind_backlogs(void) {
  for (struct container *c = containers; c != NULL; c = c->next) {
    c->unsent = c->head;
    c->exit_sent = false;
  }
}

/* ---- telling ---- */

void list_containers(struct buf *b) {
  uint32_t n = 0;
  for (struct container *c = containers; c != NULL; c = c->next) n++;
  buf_u32(b, n);
  for (struct container *c = containers; c != NULL; c = c->next) {
    buf_str(b, c->spec.id);
    buf_u8(b, c->ended ? ENDED : RUNNING);
    buf_u64(b, c->started);
  }
}

void handle_stats(struct cursor *cursor) {
  struct buf b = {0};
  uint32_t request = get_u32(cursor), n = 0;
  for (struct container *c = containers; c != NULL; c = c->next) n += !c->ended;
  buf_u32(&b, n);
  for (struct container *c = containers; c != NULL; c = c->next) {
    if (c->ended) continue;
    uint64_t used = number_in(c->spec.id, "/memory.current", NULL);
    uint64_t idle = number_in(c->spec.id, "/memory.stat", "inactive_file");
    buf_str(&b, c->spec.id);
    buf_u64(&b, number_in(c->spec.id, "/cpu.stat", "usage_usec"));
    buf_u64(&b, used > idle ? used - idle : 0);
  }
  reply_with(request, &b);
}
