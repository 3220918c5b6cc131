/*
 * Berth's guest program: process 1 of a machine. It sets the machine up and runs a pod's containers
 * on behalf of the node agent, which it hears through a virtio-serial port. PROTOCOL.md beside this
 * file describes what they say. One thread, one poll loop, in which nothing waits for
 * a container.
 */
#ifndef BERTH_GUEST_H
#define BERTH_GUEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROTOCOL_VERSION 1
#define PORT_NAME "io.berth.agent"
#define MAX_FRAME (256 * 1024)
#define CHUNK (16 * 1024)
#define SEND_MARK (128 * 1024)  /* no more output is queued while this much waits to be sent */
#define BACKLOG_LIMIT (2 << 20) /* output kept a container until the agent has written it */
#define EXEC_INPUT_WINDOW (64 * 1024)
#define LAST_WORDS_LIMIT 4096

enum message {
  /* agent to guest */
  M_HELLO = 0x01,
  M_SETUP = 0x02,
  M_START = 0x03,
  M_SIGNAL = 0x04,
  M_REMOVE = 0x05,
  M_EXEC = 0x06,
  M_EXEC_INPUT = 0x07,
  M_EXEC_RESIZE = 0x08,
  M_EXEC_KILL = 0x09,
  M_EXEC_CREDIT = 0x0a,
  M_OUTPUT_ACK = 0x0b,
  M_FILE = 0x0c,
  M_STATS = 0x0d,
  M_POWEROFF = 0x0e,
  /* guest to agent */
  M_REPLY = 0x80,
  M_WELCOME = 0x81,
  M_OUTPUT = 0x82,
  M_EXITED = 0x83,
  M_EXEC_OUTPUT = 0x84,
  M_EXEC_INPUT_CREDIT = 0x85,
  M_EXEC_EXITED = 0x86,
};

/* ---- wire.c: bytes, frames ---- */

struct buf {
  unsigned char *p;
  size_t len, cap;
};

struct cursor {
  const unsigned char *p;
  size_t left;
  bool bad; /* something was missing; all further reads give zero and "" */
};

void buf_raw(struct buf *b, const void *p, size_t n);
void buf_u8(struct buf *b, unsigned v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_bytes(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_drop(struct buf *b, size_t n);
void buf_free(struct buf *b);

unsigned get_u8(struct cursor *c);
uint32_t get_u32(struct cursor *c);
uint64_t get_u64(struct cursor *c);
const unsigned char *get_bytes(struct cursor *c, size_t *n);
char *get_str(struct cursor *c);    /* allocated */
char **get_strs(struct cursor *c);  /* allocated, NULL at the end */
void free_strs(char **strs);

void frame_encode(struct buf *out, unsigned type, const struct buf *payload);

struct decoder {
  struct buf frame;
  bool escaped, overlong;
};
typedef void frame_handler(unsigned type, struct cursor *payload);
void decode(struct decoder *d, const unsigned char *p, size_t n, frame_handler *handle);

/* ---- main.c: the port and the loop ---- */

void send_frame(unsigned type, struct buf *payload); /* empties and frees the payload */
size_t send_queued(void);
bool agent_connected(void);
void reply(uint32_t request, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reply_with(uint32_t request, struct buf *result);

/* ---- boot.c ---- */

void boot(void);
int open_port(void); /* waits a moment for it to appear; -1 without one */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t now_nanos(void);
int write_file(const char *path, const char *text);
int make_dirs(const char *path, mode_t mode); /* like mkdir -p */
int remove_tree(const char *path);
_Noreturn void power_off(void);

/* ---- net.c, files.c ---- */

void handle_setup(struct cursor *c);
void handle_file(struct cursor *c);

/* ---- container.c ---- */

enum source { FROM_FILES = 0, FROM_EMPTY_DIR = 1, FROM_MEMORY = 2, FROM_LAST_WORDS = 3 };

struct volume {
  unsigned source;
  char *name;   /* key of the files or of the scratch space */
  char *target; /* in the container */
  bool read_only;
  int64_t group; /* that new scratch space is given to, or below 0 */
};

struct spec {
  char *id, *image; /* the image disk's serial */
  char **argv, **env;
  char *cwd, *user;
  uint32_t ngroups;
  uint32_t *groups;
  uint64_t capabilities;
  bool tty, stdin_open, read_only_root, no_new_privs, privileged;
  bool strict_groups;    /* leave out groups that the image gives the user */
  bool filtered;         /* may not make the system calls in seccomp.c */
  bool shared_processes; /* sees those of the machine */
  uint64_t memory_max; /* bytes, 0 for none */
  uint32_t cpu_max_millis, cpu_weight;
  uint32_t nvolumes;
  struct volume *volumes;
};

struct chunk { /* one read of a container's output */
  struct chunk *next;
  uint64_t sequence, time;
  unsigned stream;
  uint32_t len;
  unsigned char data[];
};

struct container {
  struct container *next;
  struct spec spec;
  pid_t pid; /* 0 once it has ended */
  bool ended, exit_sent;
  int status; /* as from wait */
  bool oom;
  uint64_t started, finished;
  int out[2];   /* standard output and error, or the terminal; -1 at their end */
  int in_keep;  /* the writing end of an input that stays open */
  struct chunk *head, **tail, *unsent;
  size_t backlog;
  uint64_t sequence, last_time, dropped;
};

extern struct container *containers;
struct container *find_container(const char *id);
void handle_start(struct cursor *c);
void handle_signal(struct cursor *c);
void handle_remove(struct cursor *c);
void handle_ack(struct cursor *c);
void handle_stats(struct cursor *c);
void list_containers(struct buf *b);
void container_exited(struct container *c, int status);
void container_output(struct container *c, int which);
bool container_wants_output(const struct container *c);
void send_backlog(struct container *c);
void rewind_backlogs(void);
int exit_code(int status);

/* ---- launch.c: the child's side ---- */

struct launch_error {
  int code; /* 126, 127 or 128 */
  char message[240];
};
int image_dir(const char *serial, char *path, size_t size); /* mounts the image where needed */
_Noreturn void launch_container(const struct spec *spec, int error_fd);
_Noreturn void launch_exec(const struct container *c, char **argv, bool tty, int error_fd);
void cgroup_path(const char *id, char *path, size_t size);

/* ---- seccomp.c ---- */

int refuse_system_calls(uint64_t capabilities);

/* ---- exec.c ---- */

struct exec {
  struct exec *next;
  uint32_t id;
  pid_t pid;
  bool tty, ended;
  int status;
  int in, out[2]; /* with a terminal, in and out[0] are its two descriptors */
  struct buf input;
  bool input_ended;
  uint32_t credit;    /* output bytes that the agent still takes */
};
extern struct exec *execs;
void handle_exec(struct cursor *c);
void handle_exec_input(struct cursor *c);
void handle_exec_resize(struct cursor *c);
void handle_exec_kill(struct cursor *c);
void handle_exec_credit(struct cursor *c);
void exec_input_ready(struct exec *e);
void exec_output(struct exec *e, int which);
bool exec_wants_output(const struct exec *e);
bool exec_exited(pid_t pid, int status);
void finish_execs(void);
void kill_execs(void);

#endif
