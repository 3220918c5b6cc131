/* The machine's first moments and its last: file systems, modules, the port, power. */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int console = -1;

void say(const char *format, ...) {
  char line[400];
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  int n = snprintf(line, sizeof line, "berth: %ld.%03ld ", (long)t.tv_sec, t.tv_nsec / 1000000);
  va_list args;
  va_start(args, format);
  n += vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
  va_end(args);
  if (n > (int)sizeof line - 2) n = sizeof line - 2;
  line[n++] = '\n';
  if (console >= 0 && write(console, line, (size_t)n) < 0) return;
}

uint64_t now_nanos(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return -1;
  ssize_t n = write(fd, text, strlen(text));
  close(fd);
  return n == (ssize_t)strlen(text) ? 0 : -1;
}

int make_dirs(const char *path, mode_t mode) {
  char part[4096];
  if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
    errno = ENAMETOOLONG;
    return -1;
  }
  for (char *slash = part + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
    *slash = 0;
    if (mkdir(part, mode) < 0 && errno != EEXIST) return -1;
    *slash = '/';
  }
  return mkdir(part, mode) < 0 && errno != EEXIST ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
  (void)st, (void)flag, (void)ftw;
  return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int remove_tree(const char *path) {
  int r = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
  return r < 0 && errno == ENOENT ? 0 : r;
}

static void mount_or_say(const char *type, const char *path, unsigned long flags, const char *data) {
  mkdir(path, 0755);
  if (mount(type, path, type, flags, data) < 0) say("mount %s: %s", path, strerror(errno));
}

/* The list is in the order in which they must go in; what the kernel has built in is not there. */
static void load_modules(void) {
  FILE *list = fopen("/modules/order", "re");
  char name[128], path[160];
  while (list != NULL && fscanf(list, "%127s", name) == 1) {
    snprintf(path, sizeof path, "/modules/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)) {
      say("module %s: %s", name, strerror(errno));
    }
    if (fd >= 0) close(fd);
    unlink(path);
  }
  if (list != NULL) fclose(list);
}

/* pivot_root refuses to leave the initial root, so that containers need another one above it. */
static void move_to_new_root(void) {
  mkdir("/root", 0755);
  mount("root", "/root", "tmpfs", 0, "mode=0755,size=16m");
  if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) {
    say("no new root: %s", strerror(errno));
  }
}

/* Finds a block device by its serial number. */
static int device_of(const char *serial, char *path, size_t size) {
  DIR *dir = opendir("/sys/block");
  struct dirent *entry;
  int found = -1;
  while (dir != NULL && found < 0 && (entry = readdir(dir)) != NULL) {
    char name[300], text[64] = "";
    snprintf(name, sizeof name, "/sys/block/%s/serial", entry->d_name);
    FILE *f = fopen(name, "re");
    if (f == NULL) continue;
    if (fscanf(f, "%63s", text) == 1 && strcmp(text, serial) == 0) {
      snprintf(path, size, "/dev/%s", entry->d_name);
      found = 0;
    }
    fclose(f);
  }
  if (dir != NULL) closedir(dir);
  if (found < 0) errno = ENODEV;
  return found;
}

/* A disk that was plugged in a moment ago takes a while to be seen. */
static int await_device(const char *serial, char *path, size_t size) {
  for (int i = 0; i < 500; i++) {
    if (device_of(serial, path, size) == 0) return 0;
    usleep(10000);
  }
  return -1;
}

int image_dir(const char *serial, char *path, size_t size) {
  char device[300];
  snprintf(path, size, "/images/%s", serial);
  if (access(path, F_OK) == 0) return 0;
  if (await_device(serial, device, sizeof device) < 0 || mkdir(path, 0755) < 0) return -1;
  if (mount(device, path, "ext4", MS_RDONLY, "noload") < 0) {
    rmdir(path);
    return -1;
  }
  return 0;
}

static void mount_scratch(void) {
  char device[300];
  mkdir("/scratch", 0700);
  if (device_of("scratch", device, sizeof device) < 0 ||
      mount(device, "/scratch", "ext4", MS_NODEV | MS_NOATIME, "") < 0) {
    say("no scratch disk: %s", strerror(errno));
  }
  mkdir("/scratch/containers", 0700);
  mkdir("/scratch/volumes", 0711);
}

static void mount_cgroups(void) {
  mount_or_say("cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  if (write_file("/sys/fs/cgroup/cgroup.subtree_control", "+cpu +memory +pids") < 0) {
    say("cgroup controllers: %s", strerror(errno));
  }
}

void boot(void) {
  umask(0);
  mkdir("/dev", 0755);
  mount("dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
  console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
  say("guest program started");
  load_modules();
  if (console >= 0) close(console);
  umount("/dev");
  move_to_new_root();
  mount_or_say("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
  console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
  mount_or_say("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  mount_or_say("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  mount_or_say("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
  unlink("/dev/ptmx");
  if (symlink("pts/ptmx", "/dev/ptmx") < 0) say("ptmx: %s", strerror(errno));
  mount_or_say("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_or_say("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755");
  mkdir("/images", 0700);
  mkdir("/root", 0700);
  make_dirs("/run/files", 0755);
  make_dirs("/run/memory", 0755);
  make_dirs("/run/words", 0755);
  mount_cgroups();
  mount_scratch();
}

static int named_port(void) {
  DIR *dir = opendir("/sys/class/virtio-ports");
  struct dirent *entry;
  int fd = -1;
  while (dir != NULL && fd < 0 && (entry = readdir(dir)) != NULL) {
    char path[300], name[64] = "";
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
    FILE *f = fopen(path, "re");
    if (f == NULL) continue;
    if (fscanf(f, "%63s", name) == 1 && strcmp(name, PORT_NAME) == 0) {
      snprintf(path, sizeof path, "/dev/%s", entry->d_name);
      fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }
    fclose(f);
  }
  if (dir != NULL) closedir(dir);
  return fd;
}

int open_port(void) {
  for (int i = 0; i < 500; i++) {
    int fd = named_port();
    if (fd >= 0) return fd;
    usleep(10000);
  }
  return -1;
}

_Noreturn void power_off(void) {
  reboot(RB_POWER_OFF);
  for (;;) pause();
}
