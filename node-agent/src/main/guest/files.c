/* Files that the agent keeps up to date in the machine: config maps, secrets, tokens. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum operation { DIRECTORY = 0, WRITE = 1, LINK = 2, KEEP = 3 };

#define NEW_NAME "/run/files/.new" /* same file system, so that it can be renamed into place */

static int put_directory(const char *path, struct cursor *c) {
  mode_t mode = get_u32(c);
  uid_t user = get_u32(c);
  gid_t group = get_u32(c);
  if (mkdir(path, mode) < 0 && errno != EEXIST) return -1;
  return chmod(path, mode) < 0 || chown(path, user, group) < 0 ? -1 : 0;
}

static int append(const char *path, int flags, const unsigned char *p, size_t n) {
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (fd < 0) return -1;
  ssize_t written = write(fd, p, n);
  int error = written < 0 ? errno : ENOSPC;
  close(fd);
  errno = error;
  return written == (ssize_t)n ? 0 : -1;
}

/*
 * A file inside a volume is replaced by renaming, so that readers see the old or the new one. A
 * volume that is one file is mounted as such and must stay the same inode: it is written in place.
 */
static int put_file(const char *path, bool alone, struct cursor *c) {
  mode_t mode = get_u32(c);
  uid_t user = get_u32(c);
  gid_t group = get_u32(c);
  bool first = get_u8(c), last = get_u8(c);
  size_t n;
  const unsigned char *p = get_bytes(c, &n);
  const char *to = alone ? path : NEW_NAME;
  if (append(to, first ? O_TRUNC : O_APPEND, p, n) < 0) return -1;
  if (!last) return 0;
  if (chmod(to, mode) < 0 || chown(to, user, group) < 0) return -1;
  return alone ? 0 : rename(to, path);
}

static int put_link(const char *path, struct cursor *c) {
  char *target = get_str(c);
  unlink(NEW_NAME);
  int r = symlink(target, NEW_NAME) < 0 || rename(NEW_NAME, path) < 0 ? -1 : 0;
  free(target);
  return r;
}

static char **kept; /* nftw passes nothing on */
static size_t kept_prefix;

static int drop_unless_kept(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
  (void)st, (void)flag;
  if (ftw->level == 0) return 0;
  for (char **k = kept; *k != NULL; k++) {
    if (strcmp(*k, path + kept_prefix) == 0) return 0;
  }
  return remove(path);
}

static int keep_only(const char *path, struct cursor *c) {
  kept = get_strs(c);
  kept_prefix = strlen(path) + 1;
  int r = c->bad ? (errno = EINVAL, -1) : nftw(path, drop_unless_kept, 16, FTW_DEPTH | FTW_PHYS);
  free_strs(kept);
  return r;
}

void handle_file(struct cursor *c) {
  uint32_t request = get_u32(c);
  unsigned operation = get_u8(c);
  char *key = get_str(c), *name = get_str(c);
  char path[4096];
  bool alone = name[0] == 0;
  int r = -1;
  if (c->bad || snprintf(path, sizeof path, alone ? "/run/files/%s%s" : "/run/files/%s/%s", key,
                         name) >= (int)sizeof path) {
    errno = EINVAL;
  } else if (operation == DIRECTORY) {
    r = put_directory(path, c);
  } else if (operation == WRITE) {
    r = put_file(path, alone, c);
  } else if (operation == LINK) {
    r = put_link(path, c);
  } else if (operation == KEEP) {
    r = keep_only(path, c);
  } else {
    errno = ENOSYS;
  }
  reply(request, r < 0 ? errno : 0, "%s", r < 0 ? strerror(errno) : "");
  free(key), free(name);
}
