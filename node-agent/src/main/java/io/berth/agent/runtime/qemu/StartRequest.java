package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.ImageStore.ImageConfig;
import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Env;
import io.berth.agent.runtime.RuntimeDriver.Mount;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.runtime.RuntimeDriver.Profile;
import io.berth.agent.runtime.RuntimeDriver.Propagation;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.Security;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the guest is told to start: the container and its image's configuration put together. */
final class StartRequest {
  private static final int TTY = 1;
  private static final int STDIN = 2;
  private static final int READ_ONLY_ROOT = 4;
  private static final int NO_NEW_PRIVILEGES = 8;
  private static final int PRIVILEGED = 16;
  private static final int STRICT_GROUPS = 32;
  private static final int FILTERED = 64;
  private static final int SHARED_PROCESSES = 128;

  private static final int SETGID = 02000;

  private static final int FROM_FILES = 0;
  private static final int FROM_EMPTY_DIR = 1;
  private static final int FROM_MEMORY = 2;
  private static final int FROM_LAST_WORDS = 3;

  private StartRequest() {}

  /**
   * Refuses what a machine cannot do.
   *
   * @throws NotSupportedException names the field
   */
  static void check(ContainerSpec spec) {
    for (Mount mount : spec.mounts()) {
      if (mount.kind() == MountKind.HOST_PATH) {
        throw new NotSupportedException(
            mount.fieldPath(), "a virtual machine cannot mount a path of its node");
      }
      if (mount.kind() == MountKind.DEVICE) {
        throw new NotSupportedException(
            mount.fieldPath(), "a virtual machine cannot be given a block device of its node");
      }
      if (mount.propagation() != Propagation.NONE) {
        throw new NotSupportedException(
            mount.fieldPath(), "mounts of a virtual machine and its node do not propagate");
      }
    }
    if (!spec.targetId().isEmpty()) {
      throw new NotSupportedException(
          "spec.ephemeralContainers[].targetContainerName",
          "a container in a virtual machine sees only its own processes");
    }
    if (spec.security().seccomp() instanceof Profile.Local) {
      throw new NotSupportedException(
          "securityContext.seccompProfile.localhostProfile",
          "a virtual machine has no profiles of its node");
    }
    long ignored = Capabilities.of(spec.security());
  }

  static byte[] encode(
      String id,
      String imageSerial,
      String hostname,
      boolean sharedProcesses,
      ContainerSpec spec,
      ImageConfig image) {
    Payload out = new Payload().str(id).str(imageSerial);
    out.strs(arguments(spec, image)).strs(environment(hostname, spec, image));
    out.str(spec.workingDir().isEmpty() ? image.workingDir() : spec.workingDir());
    out.str(user(spec.security(), image));
    List<Long> groups = spec.security().supplementalGroups();
    out.u32(groups.size());
    groups.forEach(out::u32);
    out.u64(Capabilities.of(spec.security()))
        .u8(flags(spec) | (sharedProcesses ? SHARED_PROCESSES : 0));
    Resources resources = spec.resources();
    out.u64(resources.memoryLimitBytes()).u32(resources.cpuLimitMillis());
    out.u32(weight(resources.cpuRequestMillis()));
    mounts(out, spec.mounts());
    return out.toBytes();
  }

  /** A command replaces the image's entry point and its arguments; arguments only those. */
  static List<String> arguments(ContainerSpec spec, ImageConfig image) {
    List<String> all = new ArrayList<>();
    all.addAll(spec.command().isEmpty() ? image.entrypoint() : spec.command());
    all.addAll(spec.command().isEmpty() && spec.args().isEmpty() ? image.command() : spec.args());
    return all;
  }

  /** Later definitions of a name win, as in a shell. */
  static List<String> environment(String hostname, ContainerSpec spec, ImageConfig image) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("HOSTNAME", hostname);
    for (String definition : image.env()) {
      int equals = definition.indexOf('=');
      if (equals > 0) {
        values.put(definition.substring(0, equals), definition.substring(equals + 1));
      }
    }
    for (Env variable : spec.env()) {
      values.put(variable.name(), variable.value());
    }
    return values.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  /** As {@code user[:group]}; a number given by the pod replaces the image's user. */
  static String user(Security security, ImageConfig image) {
    Long user = security.runAsUser();
    Long group = security.runAsGroup();
    String name = user != null ? user.toString() : image.user();
    if (group == null) {
      return name;
    }
    int colon = name.indexOf(':');
    return (colon < 0 ? name : name.substring(0, colon)) + ":" + group;
  }

  private static int flags(ContainerSpec spec) {
    Security security = spec.security();
    return (spec.tty() ? TTY : 0)
        | (spec.stdin() ? STDIN : 0)
        | (security.readOnlyRootFilesystem() ? READ_ONLY_ROOT : 0)
        | (security.allowPrivilegeEscalation() ? 0 : NO_NEW_PRIVILEGES)
        | (security.privileged() ? PRIVILEGED : 0)
        | (security.strictGroups() ? STRICT_GROUPS : 0)
        | (security.seccomp() instanceof Profile.RuntimeDefault ? FILTERED : 0);
  }

  /** The share of a cgroup of version 2 for a request, as runtimes translate it. */
  static long weight(long requestMillis) {
    return io.berth.agent.cgroup.CpuShare.weight(requestMillis);
  }

  /**
   * The volume's name, and what part of it is mounted where that is not all: the node's path then
   * goes on below the directory that bears the volume's name.
   */
  static String scratchPath(Mount mount) {
    Path path = mount.hostPath();
    for (int i = 1; i < path.getNameCount() - 1; i++) {
      if (path.getName(i - 1).toString().equals("empty-dir")
          && path.getName(i).toString().equals(mount.volume())) {
        return mount.volume() + "/" + path.subpath(i + 1, path.getNameCount());
      }
    }
    return mount.volume();
  }

  /** Shorter paths first, so that a mount below another one is not hidden by it. */
  private static void mounts(Payload out, List<Mount> mounts) {
    List<Mount> ordered =
        mounts.stream()
            .sorted(Comparator.comparingInt(m -> Path.of(m.containerPath()).getNameCount()))
            .toList();
    out.u32(ordered.size());
    for (Mount mount : ordered) {
      switch (mount.kind()) {
        case FILES -> out.u8(FROM_FILES).str(GuestFiles.key(mount.hostPath()));
        case EMPTY_DIR ->
            out.u8(mount.memory() ? FROM_MEMORY : FROM_EMPTY_DIR).str(scratchPath(mount));
        case TERMINATION_LOG -> out.u8(FROM_LAST_WORDS).str("");
        case HOST_PATH, DEVICE ->
            throw new NotSupportedException(mount.fieldPath(), "a node's path");
      }
      out.str(mount.containerPath()).u8(mount.readOnly() ? 1 : 0);
    }
    ordered.forEach(mount -> out.u64(group(mount) + 1));
  }

  /** The group that the volume's directory on the node was given, or -1. */
  private static long group(Mount mount) {
    Path path = mount.hostPath();
    while (mount.kind() == MountKind.EMPTY_DIR && path != null) {
      Path parent = path.getParent();
      if (path.endsWith(mount.volume()) && parent != null && parent.endsWith("empty-dir")) {
        return group(path);
      }
      path = parent;
    }
    return -1;
  }

  private static long group(Path directory) {
    try {
      int mode = (Integer) Files.getAttribute(directory, "unix:mode");
      int group = (Integer) Files.getAttribute(directory, "unix:gid");
      return (mode & SETGID) == 0 ? -1 : Integer.toUnsignedLong(group);
    } catch (IOException e) {
      return -1; // it never was made on the node
    }
  }
}
