package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver.Security;
import java.util.List;

/** Linux capabilities as a set of bits. */
final class Capabilities {
  /** In the order of the kernel's numbers. */
  private static final List<String> NAMES =
      List.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "DAC_READ_SEARCH",
          "FOWNER",
          "FSETID",
          "KILL",
          "SETGID",
          "SETUID",
          "SETPCAP",
          "LINUX_IMMUTABLE",
          "NET_BIND_SERVICE",
          "NET_BROADCAST",
          "NET_ADMIN",
          "NET_RAW",
          "IPC_LOCK",
          "IPC_OWNER",
          "SYS_MODULE",
          "SYS_RAWIO",
          "SYS_CHROOT",
          "SYS_PTRACE",
          "SYS_PACCT",
          "SYS_ADMIN",
          "SYS_BOOT",
          "SYS_NICE",
          "SYS_RESOURCE",
          "SYS_TIME",
          "SYS_TTY_CONFIG",
          "MKNOD",
          "LEASE",
          "AUDIT_WRITE",
          "AUDIT_CONTROL",
          "SETFCAP",
          "MAC_OVERRIDE",
          "MAC_ADMIN",
          "SYSLOG",
          "WAKE_ALARM",
          "BLOCK_SUSPEND",
          "AUDIT_READ",
          "PERFMON",
          "BPF",
          "CHECKPOINT_RESTORE");

  /** What container runtimes give by default. */
  private static final List<String> DEFAULT =
      List.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "FSETID",
          "FOWNER",
          "MKNOD",
          "NET_RAW",
          "SETGID",
          "SETUID",
          "SETFCAP",
          "SETPCAP",
          "NET_BIND_SERVICE",
          "SYS_CHROOT",
          "KILL",
          "AUDIT_WRITE");

  private static final long ALL = (1L << NAMES.size()) - 1;

  private Capabilities() {}

  /**
   * The default ones, with those added and dropped that the security context names.
   *
   * @throws NotSupportedException a name is unknown
   */
  static long of(Security security) {
    if (security.privileged()) {
      return ALL;
    }
    long set = bits(DEFAULT, "");
    if (security.dropCapabilities().contains("ALL")) {
      set = 0;
    }
    set |= bits(security.addCapabilities(), "securityContext.capabilities.add");
    return security.dropCapabilities().contains("ALL")
        ? set
        : set & ~bits(security.dropCapabilities(), "securityContext.capabilities.drop");
  }

  private static long bits(List<String> names, String field) {
    long set = 0;
    for (String name : names) {
      int bit = NAMES.indexOf(name);
      if (name.equals("ALL")) {
        set = ALL;
      } else if (bit < 0) {
        throw new NotSupportedException(field, "unknown capability " + name);
      } else {
        set |= 1L << bit;
      }
    }
    return set;
  }
}
