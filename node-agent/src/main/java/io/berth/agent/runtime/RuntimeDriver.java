package io.berth.agent.runtime;

import io.berth.api.object.QosClass;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs pods by one technology: containers through a CRI runtime, or virtual machines through QEMU.
 * The agent's pod workers know only this interface, so that a pod's life is the same in either.
 *
 * <pre>
 *   runSandbox ──▶ READY ──▶ stopSandbox ──▶ NOT_READY ──▶ removeSandbox
 *                    │
 *     createContainer ──▶ CREATED ──▶ startContainer ──▶ RUNNING ──▶ EXITED ──▶ removeContainer
 *                                                          │            ▲
 *                                                          └ stopContainer, or by itself
 * </pre>
 *
 * <p>A sandbox is what a pod's containers share: network namespace and cgroup, or the machine
 * itself. Workloads outlive the agent: after a restart {@link #sandboxes} and {@link #containers}
 * list what still runs, found by the labels and annotations that were given. Methods block until
 * done, are safe for use by many threads, and the stopping and removing ones are idempotent: what
 * is gone already is no error.
 *
 * <p>What a driver cannot do for a field of the pod it refuses with {@link NotSupportedException},
 * before it starts anything. Other failures are {@link RuntimeDriverException}s, whose message
 * people read in the pod's events.
 */
public interface RuntimeDriver extends AutoCloseable {
  /** Short name for logs and metrics, such as {@code containerd} or {@code qemu}. */
  String name();

  /** {@code name://version}, as the node's {@code containerRuntimeVersion} prints it. */
  String version();

  /** What it can do here beyond what all drivers can. Answers at once. */
  default Set<Feature> features() {
    return Set.of();
  }

  /** Null where pods can be started, else what is wrong, for people. Answers within a second. */
  @Nullable String health();

  /**
   * Makes a sandbox with its network and waits until it has an address. For machines: boots it.
   *
   * @return the new sandbox, READY
   */
  Sandbox runSandbox(SandboxSpec spec);

  /** Ends all that runs in the sandbox and gives its address back. */
  void stopSandbox(String sandboxId);

  /**
   * Deletes a stopped sandbox, its containers and their file systems. Logs stay; the agent owns
   * them.
   */
  void removeSandbox(String sandboxId);

  /** Every sandbox of this driver on this node, running or not. */
  List<Sandbox> sandboxes();

  /**
   * Prepares a container in a running sandbox; its image must be present.
   *
   * @return the container's id
   */
  String createContainer(String sandboxId, ContainerSpec spec);

  void startContainer(String containerId);

  /**
   * Sends the container's or else the image's stop signal (SIGTERM by default), and SIGKILL where
   * it still runs after the grace period.
   */
  void stopContainer(String containerId, Duration grace);

  void removeContainer(String containerId);

  /** Every container of this driver on this node, in whatever state. */
  List<Container> containers();

  /**
   * Has a running container's output go on in a new file at its log path, after the agent has
   * renamed the old one.
   *
   * @return false where this driver rotates logs itself, or cannot
   */
  default boolean reopenLog(String containerId) {
    return false;
  }

  /**
   * Whether the images of all containers must be present before {@link #runSandbox}, as for a
   * machine that gets its disks at boot.
   */
  default boolean needsImagesAtBoot() {
    return false;
  }

  /**
   * Whether its containers work in the node's own directories. A machine has volumes of its own, in
   * which it finds the parts that containers ask for by itself.
   */
  default boolean sharesDirectories() {
    return true;
  }

  /**
   * Runs a command in a running container. Returns at once.
   *
   * @param stdin null where the command gets none; its end is passed on
   * @param stderr null with a terminal
   */
  Exec exec(
      String containerId,
      List<String> command,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr);

  /**
   * Joins the streams of a running container itself: what it prints from now on, and its standard
   * input where it has one. Returns at once; {@link Exec#waitFor} returns when the container has
   * ended, and {@link Exec#close} lets go of it and leaves it running.
   *
   * @param stdin null where the client sends none; its end is passed on
   * @param stderr null with a terminal
   * @throws NotSupportedException this driver cannot, or not with an input
   */
  Exec attach(
      String containerId,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr);

  /**
   * Carries one connection to a TCP port inside a sandbox. Returns at once.
   *
   * @param in what the client sends; its end is passed on
   * @param out what the client is sent; closed when the other side has ended
   */
  Forward forward(String sandboxId, int port, InputStream in, OutputStream out);

  /**
   * Whether its sandboxes keep to the pod's limits by themselves, so that the pod's control group
   * is not to hold them to these.
   */
  default boolean boundsItself() {
    return false;
  }

  /**
   * The device of the node whose traffic is a sandbox's, seen from the other end; null where the
   * sandbox's processes have a network namespace of their own to look into.
   */
  default @Nullable String networkDevice(String sandboxId) {
    return null;
  }

  /** CPU and memory of every running container. */
  List<ContainerUsage> usage();

  /**
   * What a container's own file system takes of the node's disk, beyond its image.
   *
   * @param bytes all together
   * @param inodes files and directories
   */
  record Layer(long bytes, long inodes) {}

  /** The layers of containers, by id, as far as the runtime knows them. */
  default Map<String, Layer> layers() {
    return Map.of();
  }

  /**
   * Has the listener called, from any thread, whenever a sandbox or container may have changed by
   * itself. It says only "look again"; calls may be merged. The agent also looks again now and then
   * in any case.
   */
  void onChange(Runnable listener);

  /** Lets go of connections and threads; workloads go on. */
  @Override
  void close();

  /** State of a sandbox. */
  enum SandboxState {
    READY,
    NOT_READY
  }

  /** State of a container. */
  enum ContainerState {
    CREATED,
    RUNNING,
    EXITED,
    UNKNOWN
  }

  /**
   * What a pod's containers share.
   *
   * @param namespace the pod's namespace
   * @param name the pod's name
   * @param uid the pod's uid
   * @param attempt counts the pod's sandboxes from 0
   * @param hostname the host name inside
   * @param namespaces what it shares with the node, and its containers with each other
   * @param logDirectory where the containers' logs go
   * @param dns the resolver's configuration, or null for the node's
   * @param containers every container the pod will ever have, init containers first, so that a
   *     machine can be given its disks at boot; what is not known yet (resolved environment, image
   *     id) may still be empty in them
   * @param resources the pod's limits and requests summed as the scheduler counts them, overhead
   *     left out
   * @param placement where it is among the node's control groups
   * @param labels found again on {@link Sandbox}
   * @param annotations found again on {@link Sandbox}
   */
  record SandboxSpec(
      String namespace,
      String name,
      String uid,
      int attempt,
      String hostname,
      Namespaces namespaces,
      Path logDirectory,
      @Nullable Dns dns,
      List<ContainerSpec> containers,
      Resources resources,
      Placement placement,
      Map<String, String> labels,
      Map<String, String> annotations) {
    public boolean hostNetwork() {
      return namespaces.hostNetwork();
    }
  }

  /**
   * Where a sandbox is among the node's control groups.
   *
   * @param qos the pod's class of service
   * @param cgroup the pod's group, which is there already; empty where there is none
   */
  record Placement(QosClass qos, String cgroup) {
    /** In the driver's own group. */
    public static final Placement NONE = new Placement(QosClass.BURSTABLE, "");
  }

  /**
   * What of the kernel a sandbox shares with the node, and what its containers share.
   *
   * @param hostNetwork whether it has the node's network
   * @param hostPid whether its containers see all of the node's processes
   * @param hostIpc whether its containers use the node's shared memory and message queues
   * @param sharedProcesses whether its containers see each other's processes
   * @param sysctls kernel parameters of its own namespaces, by dotted name
   */
  record Namespaces(
      boolean hostNetwork,
      boolean hostPid,
      boolean hostIpc,
      boolean sharedProcesses,
      Map<String, String> sysctls) {
    /** Nothing is shared with the node, and each container sees its own processes. */
    public static final Namespaces OWN = new Namespaces(false, false, false, false, Map.of());
  }

  /** The resolver's configuration inside a sandbox. */
  record Dns(List<String> servers, List<String> searches, List<String> options) {}

  /**
   * A sandbox as it is.
   *
   * @param id the driver's own name for it
   * @param ips its addresses, the first the pod's IP; empty with the node's network
   * @param createdAt when it was made
   */
  record Sandbox(
      String id,
      String namespace,
      String name,
      String uid,
      int attempt,
      SandboxState state,
      List<String> ips,
      Instant createdAt,
      Map<String, String> labels,
      Map<String, String> annotations) {}

  /**
   * A container to be.
   *
   * @param name the container's name in the pod
   * @param attempt counts the restarts of this name from 0
   * @param image the reference as the pod gives it
   * @param imageId the id of the image in the node's image store, empty where not resolved yet
   * @param command replaces the image's entry point where not empty
   * @param args replaces the image's command where not empty
   * @param workingDir empty for the image's
   * @param env resolved, in order, {@code $(VAR)} expanded
   * @param mounts volumes
   * @param resources limits and requests
   * @param security the security context
   * @param tty whether it has a terminal
   * @param stdin whether it has a standard input that clients may attach to
   * @param stdinOnce whether that input ends when the first client that attached to it is gone
   * @param stopSignal the signal that asks it to end, empty for the image's
   * @param targetId the container whose processes it sees, or empty
   * @param logPath the file that its output goes to, one line a record in the CRI log format
   * @param labels found again on {@link Container}
   * @param annotations found again on {@link Container}
   */
  record ContainerSpec(
      String name,
      int attempt,
      String image,
      String imageId,
      List<String> command,
      List<String> args,
      String workingDir,
      List<Env> env,
      List<Mount> mounts,
      Resources resources,
      Security security,
      boolean tty,
      boolean stdin,
      boolean stdinOnce,
      String stopSignal,
      String targetId,
      Path logPath,
      Map<String, String> labels,
      Map<String, String> annotations) {}

  /** An environment variable. */
  record Env(String name, String value) {}

  /** What a mount stands for; a machine carries each kind into the guest in its own way. */
  enum MountKind {
    /**
     * Files that the agent wrote: config maps, secrets, projections, the hosts file, a service
     * account's token.
     */
    FILES,
    /** Scratch space that lives as long as the sandbox. */
    EMPTY_DIR,
    /** A path of the node. */
    HOST_PATH,
    /** A block device of the node, which the container gets as a device. */
    DEVICE,
    /** The file that the container leaves its last words in. */
    TERMINATION_LOG
  }

  /**
   * A volume in a container.
   *
   * @param volume the volume's name in the pod; containers that name the same volume share it
   * @param hostPath where the agent keeps it on the node
   * @param containerPath where the container sees it
   * @param readOnly whether the container may not write
   * @param memory whether scratch space is in memory
   * @param propagation which later mounts below it are seen on the other side
   * @param fieldPath the pod's field that asked for it, for messages
   */
  record Mount(
      MountKind kind,
      String volume,
      Path hostPath,
      String containerPath,
      boolean readOnly,
      boolean memory,
      Propagation propagation,
      String fieldPath) {
    /** One that lets no mounts through. */
    public Mount(
        MountKind kind,
        String volume,
        Path hostPath,
        String containerPath,
        boolean readOnly,
        boolean memory,
        String fieldPath) {
      this(kind, volume, hostPath, containerPath, readOnly, memory, Propagation.NONE, fieldPath);
    }
  }

  /** Which mounts below a volume are seen on the other side. */
  enum Propagation {
    NONE,
    HOST_TO_CONTAINER,
    BIDIRECTIONAL
  }

  /**
   * Limits and requests; 0 means none.
   *
   * @param cpuRequestMillis thousandths of a CPU
   * @param cpuLimitMillis thousandths of a CPU
   * @param memoryRequestBytes bytes
   * @param memoryLimitBytes bytes
   */
  record Resources(
      long cpuRequestMillis, long cpuLimitMillis, long memoryRequestBytes, long memoryLimitBytes) {
    public static final Resources NONE = new Resources(0, 0, 0, 0);
  }

  /**
   * The part of a security context that drivers act on; null and empty mean the runtime's default.
   *
   * @param runAsUser numeric user
   * @param runAsGroup numeric group
   * @param supplementalGroups more groups
   * @param privileged all capabilities and devices
   * @param readOnlyRootFilesystem whether the root may not be written
   * @param allowPrivilegeEscalation false sets no_new_privs
   * @param addCapabilities without the {@code CAP_} prefix
   * @param dropCapabilities without the {@code CAP_} prefix
   * @param strictGroups whether groups that the image gives the user are left out
   * @param seccomp what system calls are let through
   * @param appArmor what AppArmor lets through; {@link Profile#DEFAULT} where the pod names none
   */
  record Security(
      @Nullable Long runAsUser,
      @Nullable Long runAsGroup,
      List<Long> supplementalGroups,
      boolean privileged,
      boolean readOnlyRootFilesystem,
      boolean allowPrivilegeEscalation,
      List<String> addCapabilities,
      List<String> dropCapabilities,
      boolean strictGroups,
      Profile seccomp,
      Profile appArmor) {
    public static final Security DEFAULT =
        new Security(null, null, List.of(), false, false, true, List.of(), List.of());

    /** One that restricts neither groups nor system calls. */
    public Security(
        @Nullable Long runAsUser,
        @Nullable Long runAsGroup,
        List<Long> supplementalGroups,
        boolean privileged,
        boolean readOnlyRootFilesystem,
        boolean allowPrivilegeEscalation,
        List<String> addCapabilities,
        List<String> dropCapabilities) {
      this(
          runAsUser,
          runAsGroup,
          supplementalGroups,
          privileged,
          readOnlyRootFilesystem,
          allowPrivilegeEscalation,
          addCapabilities,
          dropCapabilities,
          false,
          Profile.NONE,
          Profile.DEFAULT);
    }
  }

  /** Which profile of a kernel's security module restricts a container. */
  sealed interface Profile {
    Profile NONE = new Unconfined();
    Profile DEFAULT = new RuntimeDefault();

    /** None. */
    record Unconfined() implements Profile {}

    /** The runtime's own. */
    record RuntimeDefault() implements Profile {}

    /**
     * One that the node has.
     *
     * @param name of an AppArmor profile, or the path of a seccomp profile's file
     */
    record Local(String name) implements Profile {}
  }

  /** What not every driver can do on every machine. */
  enum Feature {
    /** Profiles of AppArmor are enforced. */
    APP_ARMOR,
    /** Groups that the image gives a user can be left out. */
    STRICT_GROUPS
  }

  /**
   * A container as it is.
   *
   * @param startedAt null until it was started
   * @param finishedAt null until it ended
   * @param exitCode meaningful once EXITED; 128 + the signal where a signal ended it
   * @param reason {@code OOMKilled} where that is known, else empty
   * @param imageId as the pod's status prints it
   */
  record Container(
      String id,
      String sandboxId,
      String name,
      int attempt,
      ContainerState state,
      Instant createdAt,
      @Nullable Instant startedAt,
      @Nullable Instant finishedAt,
      int exitCode,
      String reason,
      String image,
      String imageId,
      Map<String, String> labels,
      Map<String, String> annotations) {}

  /**
   * What a container used.
   *
   * @param cpuNanos CPU time since its start
   * @param memoryBytes working set
   */
  record ContainerUsage(String containerId, Instant at, long cpuNanos, long memoryBytes) {}

  /** A connection that is being carried. */
  interface Forward extends AutoCloseable {
    /**
     * Waits until the sandbox's side has ended.
     *
     * @throws RuntimeDriverException nobody listens there, or the connection broke
     */
    void waitFor() throws InterruptedException;

    /** Ends the connection where it still stands. */
    @Override
    void close();
  }

  /** A running command. */
  interface Exec extends AutoCloseable {
    /**
     * Waits until the command has ended and its output was written.
     *
     * @return the exit code
     * @throws RuntimeDriverException the command could not be started, or the connection to it
     *     broke
     */
    int waitFor() throws InterruptedException;

    /** Sets the size of the terminal in characters. */
    void resize(int columns, int rows);

    /** Ends the command where it still runs. */
    @Override
    void close();
  }
}
