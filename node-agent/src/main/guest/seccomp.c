/*
 * The system calls that a container with the seccomp profile RuntimeDefault may not make: those
 * that reach the kernel itself rather than what is the container's own. A capability that is
 * given on purpose lets the calls that it is for through.
 */
#include "guest.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WITH(cap) (1ULL << (cap))
#define NEVER 0

/* Newer calls than this program knows do not exist for the container. */
enum { LAST_KNOWN = 461 };

static const struct {
  unsigned number;
  uint64_t needs; /* any of these capabilities lets it through */
} REFUSED[] = {
    {SYS_acct, WITH(CAP_SYS_PACCT)},
    {SYS_add_key, NEVER},
    {SYS_bpf, WITH(CAP_SYS_ADMIN) | WITH(CAP_BPF)},
    {SYS_clock_adjtime, WITH(CAP_SYS_TIME)},
    {SYS_clock_settime, WITH(CAP_SYS_TIME)},
    {SYS_delete_module, WITH(CAP_SYS_MODULE)},
    {SYS_fanotify_init, WITH(CAP_SYS_ADMIN)},
    {SYS_finit_module, WITH(CAP_SYS_MODULE)},
    {SYS_fsconfig, WITH(CAP_SYS_ADMIN)},
    {SYS_fsmount, WITH(CAP_SYS_ADMIN)},
    {SYS_fsopen, WITH(CAP_SYS_ADMIN)},
    {SYS_fspick, WITH(CAP_SYS_ADMIN)},
    {SYS_get_mempolicy, WITH(CAP_SYS_NICE)},
    {SYS_init_module, WITH(CAP_SYS_MODULE)},
    {SYS_io_uring_enter, NEVER},
    {SYS_io_uring_register, NEVER},
    {SYS_io_uring_setup, NEVER},
    {SYS_ioperm, WITH(CAP_SYS_RAWIO)},
    {SYS_iopl, WITH(CAP_SYS_RAWIO)},
    {SYS_kcmp, WITH(CAP_SYS_PTRACE)},
    {SYS_kexec_file_load, WITH(CAP_SYS_BOOT)},
    {SYS_kexec_load, WITH(CAP_SYS_BOOT)},
    {SYS_keyctl, NEVER},
    {SYS_lookup_dcookie, WITH(CAP_SYS_ADMIN)},
    {SYS_mbind, WITH(CAP_SYS_NICE)},
    {SYS_mount, WITH(CAP_SYS_ADMIN)},
    {SYS_mount_setattr, WITH(CAP_SYS_ADMIN)},
    {SYS_move_mount, WITH(CAP_SYS_ADMIN)},
    {SYS_move_pages, WITH(CAP_SYS_NICE)},
    {SYS_name_to_handle_at, WITH(CAP_DAC_READ_SEARCH)},
    {SYS_open_by_handle_at, WITH(CAP_DAC_READ_SEARCH)},
    {SYS_open_tree, WITH(CAP_SYS_ADMIN)},
    {SYS_perf_event_open, WITH(CAP_SYS_ADMIN) | WITH(CAP_PERFMON)},
    {SYS_pivot_root, WITH(CAP_SYS_ADMIN)},
    {SYS_process_vm_readv, WITH(CAP_SYS_PTRACE)},
    {SYS_process_vm_writev, WITH(CAP_SYS_PTRACE)},
    {SYS_quotactl, WITH(CAP_SYS_ADMIN)},
    {SYS_quotactl_fd, WITH(CAP_SYS_ADMIN)},
    {SYS_reboot, WITH(CAP_SYS_BOOT)},
    {SYS_request_key, NEVER},
    {SYS_set_mempolicy, WITH(CAP_SYS_NICE)},
    {SYS_setdomainname, WITH(CAP_SYS_ADMIN)},
    {SYS_sethostname, WITH(CAP_SYS_ADMIN)},
    {SYS_setns, WITH(CAP_SYS_ADMIN)},
    {SYS_settimeofday, WITH(CAP_SYS_TIME)},
    {SYS_swapoff, WITH(CAP_SYS_ADMIN)},
    {SYS_swapon, WITH(CAP_SYS_ADMIN)},
    {SYS_sysfs, NEVER},
    {SYS_syslog, WITH(CAP_SYS_ADMIN) | WITH(CAP_SYSLOG)},
    {SYS_umount2, WITH(CAP_SYS_ADMIN)},
    {SYS_unshare, WITH(CAP_SYS_ADMIN)},
    {SYS_userfaultfd, NEVER},
    {SYS_uselib, NEVER},
    {SYS_ustat, NEVER},
    {SYS_vhangup, WITH(CAP_SYS_TTY_CONFIG)},
    {SYS__sysctl, NEVER},
};
enum { REFUSED_COUNT = sizeof REFUSED / sizeof REFUSED[0] };

enum {
  NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                   CLONE_NEWPID | CLONE_NEWNET
};

static const unsigned WHAT = offsetof(struct seccomp_data, nr);
static const unsigned MACHINE = offsetof(struct seccomp_data, arch);
static const unsigned FIRST_ARGUMENT = offsetof(struct seccomp_data, args);

struct program {
  struct sock_filter code[3 * REFUSED_COUNT + 32];
  unsigned short length;
};

static void add(struct program *p, unsigned code, unsigned k, unsigned char yes, unsigned char no) {
  p->code[p->length++] = (struct sock_filter){(unsigned short)code, yes, no, k};
}

static void load(struct program *p, unsigned offset) { add(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }

static void end(struct program *p, unsigned result) { add(p, BPF_RET | BPF_K, result, 0, 0); }

static void when_equal_fail(struct program *p, unsigned number, unsigned error) {
  add(p, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
  end(p, SECCOMP_RET_ERRNO | error);
}

int refuse_system_calls(uint64_t capabilities) {
  struct program p = {.length = 0};
  load(&p, MACHINE);
  add(&p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
  end(&p, SECCOMP_RET_ERRNO | ENOSYS); /* 32-bit programs have numbers of their own */
  load(&p, WHAT);
  add(&p, BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN, 0, 1);
  end(&p, SECCOMP_RET_ERRNO | ENOSYS);
  for (int i = 0; i < REFUSED_COUNT; i++) {
    if ((capabilities & REFUSED[i].needs) == 0) when_equal_fail(&p, REFUSED[i].number, EPERM);
  }
  if ((capabilities & WITH(CAP_SYS_ADMIN)) == 0) {
    /* Its flags are behind a pointer; with ENOSYS libraries fall back to clone. */
    when_equal_fail(&p, SYS_clone3, ENOSYS);
    add(&p, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
    load(&p, FIRST_ARGUMENT);
    add(&p, BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1);
    end(&p, SECCOMP_RET_ERRNO | EPERM);
  }
  end(&p, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {.len = p.length, .filter = p.code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
