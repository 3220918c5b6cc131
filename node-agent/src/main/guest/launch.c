/*
 * The child's side of starting a process: its namespaces, root, user and capabilities. Runs after
 * the fork, so that it may leave things as they are when it fails.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int error_pipe = -1;

static _Noreturn void fail(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static _Noreturn void fail(int code, const char *format, ...) {
  struct launch_error e = {.code = code};
  va_list args;
  va_start(args, format);
  vsnprintf(e.message, sizeof e.message, format, args);
  va_end(args);
  if (write(error_pipe, &e, sizeof e) < 0) _exit(code);
  _exit(code);
}

void cgroup_path(const char *id, char *path, size_t size) {
  snprintf(path, size, "/sys/fs/cgroup/%s", id);
}

static void join_cgroup(const char *id) {
  char path[300];
  cgroup_path(id, path, sizeof path);
  strncat(path, "/cgroup.procs", sizeof path - strlen(path) - 1);
  if (write_file(path, "0") < 0) fail(128, "joining the cgroup: %s", strerror(errno));
}

/* ---- mounts ---- */

/* A copy of a mount that belongs to no place yet; it outlives the old root. */
static int pick_up(const char *path) {
  return open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static void restrict_mount(int fd, const char *path, uint64_t attributes, unsigned flags) {
  struct mount_attr a = {.attr_set = attributes};
  if (mount_setattr(fd, path, flags, &a, sizeof a) < 0) {
    fail(128, "restricting the mount of %s: %s", path, strerror(errno));
  }
}

static int touch(const char *path) {
  char parent[4096];
  snprintf(parent, sizeof parent, "%s", path);
  char *slash = strrchr(parent, '/');
  if (slash != NULL && slash != parent) {
    *slash = 0;
    make_dirs(parent, 0755);
  }
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return -1;
  close(fd);
  return 0;
}

/* Paths resolve inside the new root, so that a link in the image cannot lead out of it. */
static void put_down(int fd, const char *target) {
  struct stat st, there;
  if (fd < 0 || fstat(fd, &st) < 0) fail(128, "mount at %s: %s", target, strerror(errno));
  if (stat(target, &there) < 0 && lstat(target, &there) == 0) unlink(target); /* leads nowhere */
  if (stat(target, &there) < 0 &&
      (S_ISDIR(st.st_mode) ? make_dirs(target, 0755) : touch(target)) < 0) {
    fail(128, "mount point %s: %s", target, strerror(errno));
  }
  if (move_mount(fd, "", AT_FDCWD, target,
                 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0) {
    fail(128, "mount at %s: %s", target, strerror(errno));
  }
  close(fd);
}

static void mount_new(const char *type, const char *target, unsigned long flags, const char *data) {
  make_dirs(target, 0755);
  if (mount(type, target, type, flags, data) < 0) {
    fail(128, "mount %s at %s: %s", type, target, strerror(errno));
  }
}

static void volume_source(const struct spec *spec, const struct volume *v, char *path, size_t n) {
  switch (v->source) {
    case FROM_FILES: snprintf(path, n, "/run/files/%s", v->name); break;
    case FROM_EMPTY_DIR: snprintf(path, n, "/scratch/volumes/%s", v->name); break;
    case FROM_MEMORY: snprintf(path, n, "/run/memory/%s", v->name); break;
    default: snprintf(path, n, "/run/words/%s", spec->id); break;
  }
}

static const char *const DEVICES[] = {"null", "zero", "full", "random", "urandom", "tty"};
enum { DEVICE_COUNT = sizeof DEVICES / sizeof DEVICES[0] };
static const char *const ETC_FILES[] = {"hostname", "resolv.conf", "hosts"};
enum { ETC_COUNT = sizeof ETC_FILES / sizeof ETC_FILES[0] };

struct picked {
  int devices[DEVICE_COUNT], etc[ETC_COUNT], shm, *volumes;
};

static struct picked pick_up_all(const struct spec *spec) {
  struct picked p;
  char path[4200];
  for (int i = 0; i < DEVICE_COUNT; i++) {
    snprintf(path, sizeof path, "/dev/%s", DEVICES[i]);
    p.devices[i] = pick_up(path);
  }
  for (int i = 0; i < ETC_COUNT; i++) {
    snprintf(path, sizeof path, "/run/%s", ETC_FILES[i]);
    p.etc[i] = pick_up(path);
  }
  p.shm = pick_up("/dev/shm");
  p.volumes = calloc(spec->nvolumes + 1, sizeof *p.volumes);
  for (uint32_t i = 0; i < spec->nvolumes; i++) {
    const struct volume *v = &spec->volumes[i];
    volume_source(spec, v, path, sizeof path);
    p.volumes[i] = pick_up(path);
    if (p.volumes[i] < 0) fail(128, "volume at %s: %s", v->target, strerror(errno));
    restrict_mount(p.volumes[i], "", MOUNT_ATTR_NODEV | (v->read_only ? MOUNT_ATTR_RDONLY : 0),
                   AT_EMPTY_PATH);
  }
  return p;
}

static void enter_root(const struct spec *spec) {
  char image[300], options[1400];
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
      image_dir(spec->image, image, sizeof image) < 0) {
    fail(128, "root file system: %s", strerror(errno));
  }
  snprintf(options, sizeof options,
           "lowerdir=%s,upperdir=/scratch/containers/%s/upper,workdir=/scratch/containers/%s/work",
           image, spec->id, spec->id);
  unsigned long flags = spec->privileged ? 0 : MS_NODEV;
  if (mount("overlay", "/root", "overlay", flags, options) < 0) {
    fail(128, "root file system: %s", strerror(errno));
  }
  if (chdir("/root") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
      umount2(".", MNT_DETACH) < 0 || chdir("/") < 0) {
    fail(128, "changing the root: %s", strerror(errno));
  }
}

static void make_devices(const struct picked *p, bool privileged) {
  if (privileged) {
    mount_new("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
  } else {
    mount_new("tmpfs", "/dev", MS_NOSUID | MS_NODEV, "mode=0755,size=64k");
    for (int i = 0; i < DEVICE_COUNT; i++) {
      char path[64];
      snprintf(path, sizeof path, "/dev/%s", DEVICES[i]);
      put_down(p->devices[i], path);
    }
  }
  mount_new("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
            "newinstance,ptmxmode=0666,mode=0620,gid=5");
  mount_new("mqueue", "/dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  static const char *const links[][2] = {{"pts/ptmx", "/dev/ptmx"},
                                         {"/proc/self/fd", "/dev/fd"},
                                         {"/proc/self/fd/0", "/dev/stdin"},
                                         {"/proc/self/fd/1", "/dev/stdout"},
                                         {"/proc/self/fd/2", "/dev/stderr"}};
  for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
    if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST) {
      fail(128, "%s: %s", links[i][1], strerror(errno));
    }
  }
  put_down(p->shm, "/dev/shm");
}

static bool is_target(const struct spec *spec, const char *path) {
  for (uint32_t i = 0; i < spec->nvolumes; i++) {
    if (strcmp(spec->volumes[i].target, path) == 0) return true;
  }
  return false;
}

static void mount_volumes(const struct spec *spec, const struct picked *p) {
  for (int i = 0; i < ETC_COUNT; i++) {
    char path[64];
    snprintf(path, sizeof path, "/etc/%s", ETC_FILES[i]);
    if (is_target(spec, path)) continue;
    put_down(p->etc[i], path);
  }
  for (uint32_t i = 0; i < spec->nvolumes; i++) put_down(p->volumes[i], spec->volumes[i].target);
}

static void hide(const char *path) {
  struct stat st;
  if (stat(path, &st) < 0) return;
  if (S_ISDIR(st.st_mode)) {
    mount_new("tmpfs", path, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0");
  } else if (mount("/dev/null", path, NULL, MS_BIND, NULL) < 0) {
    fail(128, "hiding %s: %s", path, strerror(errno));
  }
}

static void make_read_only(const char *path) {
  if (access(path, F_OK) < 0) return;
  if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) {
    fail(128, "binding %s: %s", path, strerror(errno));
  }
  restrict_mount(AT_FDCWD, path, MOUNT_ATTR_RDONLY, 0);
}

static void protect_kernel(void) {
  static const char *const hidden[] = {"/proc/acpi",        "/proc/kcore",       "/proc/keys",
                                       "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug",
                                       "/proc/scsi",        "/sys/firmware"};
  static const char *const fixed[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                      "/proc/sysrq-trigger"};
  for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) hide(hidden[i]);
  for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) make_read_only(fixed[i]);
}

static void build_root(const struct spec *spec) {
  struct picked p = pick_up_all(spec);
  unsigned long ro = spec->privileged ? 0 : MS_RDONLY;
  unsigned long no = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  enter_root(spec);
  mount_new("proc", "/proc", no, NULL);
  mount_new("sysfs", "/sys", no | ro, NULL);
  mount_new("cgroup2", "/sys/fs/cgroup", no | ro, NULL);
  make_devices(&p, spec->privileged);
  mount_volumes(spec, &p);
  if (!spec->privileged) protect_kernel();
  if (spec->cwd[0] != 0) make_dirs(spec->cwd, 0755);
  if (spec->read_only_root) restrict_mount(AT_FDCWD, "/", MOUNT_ATTR_RDONLY, 0);
}

/* ---- user and capabilities ---- */

struct identity {
  uid_t user;
  gid_t group, groups[128];
  size_t ngroups;
  char home[256];
};

static bool numeric(const char *s, uint32_t *value) {
  char *end;
  unsigned long v = strtoul(s, &end, 10);
  *value = (uint32_t)v;
  return *s != 0 && *end == 0;
}

/* Splits a line of passwd or group in place; returns the number of its fields. */
static int fields_of(char *line, char **fields, int most) {
  int n = 0;
  line[strcspn(line, "\n")] = 0;
  for (char *field; n < most && (field = strsep(&line, ":")) != NULL;) fields[n++] = field;
  return n;
}

static bool find_user(const char *name, struct identity *who, char *account, size_t size) {
  char line[1024], *f[7];
  uint32_t wanted, user, group;
  bool by_number = numeric(name, &wanted), found = false;
  FILE *file = fopen("/etc/passwd", "re");
  while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
    if (fields_of(line, f, 7) < 6 || !numeric(f[2], &user) || !numeric(f[3], &group)) continue;
    if (strcmp(f[0], name) != 0 && !(by_number && user == wanted)) continue;
    who->user = user;
    who->group = group;
    snprintf(who->home, sizeof who->home, "%s", f[5]);
    snprintf(account, size, "%s", f[0]);
    found = true;
  }
  if (file != NULL) fclose(file);
  if (!found && by_number) {
    who->user = wanted;
    found = true;
  }
  return found;
}

static bool lists(char *members, const char *account) {
  for (char *m; account[0] != 0 && (m = strsep(&members, ",")) != NULL;) {
    if (strcmp(m, account) == 0) return true;
  }
  return false;
}

/* Finds the named group, and adds those that list the account. */
static bool find_groups(const char *name, const char *account, bool strict, struct identity *who) {
  char line[4096], *f[4];
  uint32_t group;
  bool found = name[0] == 0 || numeric(name, &group);
  if (name[0] != 0 && found) who->group = group;
  FILE *file = fopen("/etc/group", "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    int n = fields_of(line, f, 4);
    if (n < 3 || !numeric(f[2], &group)) continue;
    if (!found && strcmp(f[0], name) == 0) {
      who->group = group;
      found = true;
    }
    if (n == 4 && !strict && lists(f[3], account) && who->ngroups < 128) {
      who->groups[who->ngroups++] = group;
    }
  }
  if (file != NULL) fclose(file);
  return found;
}

static struct identity resolve_user(const struct spec *spec) {
  struct identity who = {.home = "/", .ngroups = 1};
  char user[256], account[256] = "";
  snprintf(user, sizeof user, "%s", spec->user[0] ? spec->user : "0");
  char *colon = strchr(user, ':');
  if (colon != NULL) *colon++ = 0;
  if (!find_user(user[0] ? user : "0", &who, account, sizeof account)) {
    fail(128, "unable to find user %s: no matching entries in passwd file", user);
  }
  if (!find_groups(colon == NULL ? "" : colon, account, spec->strict_groups, &who)) {
    fail(128, "unable to find group %s: no matching entries in group file", colon);
  }
  for (uint32_t i = 0; i < spec->ngroups && who.ngroups < 128; i++) {
    who.groups[who.ngroups++] = spec->groups[i];
  }
  who.groups[0] = who.group; /* or a file may be denied to the group that it is open to */
  return who;
}

static void limit_capabilities(uint64_t allowed) {
  for (unsigned cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
    if (cap < 64 && (allowed >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap) < 0) {
      fail(128, "dropping capability %u: %s", cap, strerror(errno));
    }
  }
}

static void become(const struct spec *spec, const struct identity *who) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};
  uint64_t caps = spec->privileged ? ~0ULL : spec->capabilities;
  /* Before the rights to do so are gone. */
  if (spec->filtered && !spec->privileged && refuse_system_calls(caps) < 0) {
    fail(128, "seccomp: %s", strerror(errno));
  }
  limit_capabilities(caps);
  if (setgroups(who->ngroups, who->groups) < 0 ||
      setresgid(who->group, who->group, who->group) < 0 ||
      setresuid(who->user, who->user, who->user) < 0) {
    fail(128, "becoming user %u: %s", who->user, strerror(errno));
  }
  if (who->user == 0) {
    unsigned last = 0;
    while (prctl(PR_CAPBSET_READ, last + 1) >= 0) last++;
    caps &= last >= 63 ? ~0ULL : (1ULL << (last + 1)) - 1;
    for (int i = 0; i < 2; i++) {
      data[i].effective = data[i].permitted = (uint32_t)(caps >> (32 * i));
    }
    if (syscall(SYS_capset, &header, data) < 0) {
      fail(128, "setting capabilities: %s", strerror(errno));
    }
  }
  if (spec->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
    fail(128, "no_new_privs: %s", strerror(errno));
  }
}

/* ---- the program ---- */

static const char *value_of(char **env, const char *name) {
  size_t n = strlen(name);
  for (char **e = env; *e != NULL; e++) {
    if (strncmp(*e, name, n) == 0 && (*e)[n] == '=') return *e + n + 1;
  }
  return NULL;
}

static char **with_default(char **env, const char *name, const char *value) {
  if (value_of(env, name) != NULL) return env;
  size_t n = 0;
  while (env[n] != NULL) n++;
  char **more = calloc(n + 2, sizeof *more);
  if (more == NULL) fail(128, "out of memory");
  memcpy(more, env, n * sizeof *more);
  if (asprintf(&more[n], "%s=%s", name, value) < 0) fail(128, "out of memory");
  return more;
}

static _Noreturn void cannot_run(const char *command, int error) {
  fail(error == EACCES || error == ENOEXEC ? 126 : 127, "exec: \"%s\": %s", command,
       error == ENOENT  ? "no such file or directory"
       : error == EACCES ? "permission denied"
                         : strerror(error));
}

static _Noreturn void run(char **argv, char **env) {
  sigset_t none;
  sigemptyset(&none);
  for (int s = 1; s < NSIG; s++) signal(s, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (argv[0] == NULL || argv[0][0] == 0) fail(128, "no command specified");
  if (strchr(argv[0], '/') != NULL) {
    execve(argv[0], argv, env);
    cannot_run(argv[0], errno);
  }
  char file[4096], *paths = strdup(value_of(env, "PATH")), *dir;
  int error = ENOENT;
  while (paths != NULL && (dir = strsep(&paths, ":")) != NULL) {
    snprintf(file, sizeof file, "%s/%s", dir[0] ? dir : ".", argv[0]);
    execve(file, argv, env);
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
  }
  if (error != ENOENT) cannot_run(argv[0], error);
  fail(127, "exec: \"%s\": executable file not found in $PATH", argv[0]);
}

/* So that a process that is not root may open /dev/stdout. */
static void give_streams(const struct identity *who) {
  for (int fd = 0; fd < 3; fd++) {
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && fchown(fd, who->user, who->group) < 0) {
      fail(128, "standard streams: %s", strerror(errno));
    }
  }
}

static _Noreturn void run_as_specified(const struct spec *spec, char **argv, bool tty) {
  struct identity who = resolve_user(spec);
  char **env = with_default(spec->env, "PATH",
                            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  env = with_default(env, "HOME", who.home);
  if (tty) {
    env = with_default(env, "TERM", "xterm");
    if (fchown(0, who.user, (gid_t)-1) < 0) fail(128, "terminal: %s", strerror(errno));
  }
  give_streams(&who);
  become(spec, &who);
  const char *cwd = spec->cwd[0] ? spec->cwd : "/";
  if (chdir(cwd) < 0) fail(128, "working directory %s: %s", cwd, strerror(errno));
  umask(022);
  run(argv, env);
}

/* Standard input, output and error are in place; everything else closes at exec. */
static void own_session(bool tty) {
  setsid();
  if (tty && ioctl(0, TIOCSCTTY, 0) < 0) fail(128, "terminal: %s", strerror(errno));
}

_Noreturn void launch_container(const struct spec *spec, int error_fd) {
  error_pipe = error_fd;
  own_session(spec->tty);
  join_cgroup(spec->id);
  if (unshare(CLONE_NEWCGROUP) < 0) fail(128, "cgroup namespace: %s", strerror(errno));
  build_root(spec);
  run_as_specified(spec, spec->argv, spec->tty);
}

_Noreturn void launch_exec(const struct container *c, char **argv, bool tty, int error_fd) {
  error_pipe = error_fd;
  char path[64];
  join_cgroup(c->spec.id);
  snprintf(path, sizeof path, "/proc/%d", c->pid);
  int ns = (int)syscall(SYS_pidfd_open, c->pid, 0);
  if (ns < 0 || setns(ns, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWCGROUP) < 0) {
    fail(128, "entering the container: %s", strerror(errno));
  }
  /* Only a child enters the process namespace; it is a child of process 1 as we are. */
  long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (child < 0) fail(128, "fork: %s", strerror(errno));
  if (child > 0) {
    struct launch_error e = {.code = -(int)child};
    ssize_t n = write(error_fd, &e, sizeof e);
    _exit(n == sizeof e ? 0 : 1);
  }
  own_session(tty);
  run_as_specified(&c->spec, argv, tty);
}
