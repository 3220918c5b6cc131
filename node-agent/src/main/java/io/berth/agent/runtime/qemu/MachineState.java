package io.berth.agent.runtime.qemu;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What has to be known of a machine to find it again after the agent's end. Kept as one file a
 * machine; times as ISO 8601.
 *
 * @param version of this format; a file with another one is left alone
 * @param pid QEMU's process, 0 before it started
 * @param disks serial numbers of the image disks that it has
 * @param spares how many places it has where image disks can be plugged in
 * @param spareUsed how many of them are taken
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record MachineState(
    int version,
    String id,
    String namespace,
    String name,
    String uid,
    int attempt,
    String hostname,
    String createdAt,
    Phase phase,
    String address,
    long pid,
    long startTicks,
    List<String> disks,
    int spares,
    int spareUsed,
    Map<String, String> labels,
    Map<String, String> annotations,
    List<Held> containers) {
  static final int VERSION = 1;

  enum Phase {
    /** Being made; an agent that finds it so was interrupted. */
    BOOTING,
    READY,
    /** QEMU is gone. */
    ENDED
  }

  /**
   * A container of the machine.
   *
   * @param files paths of the node that are kept up to date in the guest for it
   * @param lastWords the file that its termination message goes to, or null
   */
  record Held(
      String id,
      String name,
      int attempt,
      String image,
      String imageId,
      int stopSignal,
      String logPath,
      List<String> files,
      @Nullable String lastWords,
      ContainerState state,
      String createdAt,
      @Nullable String startedAt,
      @Nullable String finishedAt,
      int exitCode,
      String reason,
      Map<String, String> labels,
      Map<String, String> annotations) {
    Held started(String at) {
      return new Held(
          id,
          name,
          attempt,
          image,
          imageId,
          stopSignal,
          logPath,
          files,
          lastWords,
          ContainerState.RUNNING,
          createdAt,
          at,
          null,
          0,
          "",
          labels,
          annotations);
    }

    Held ended(@Nullable String startedAt, String at, int exitCode, String reason) {
      return new Held(
          id,
          name,
          attempt,
          image,
          imageId,
          stopSignal,
          logPath,
          files,
          lastWords,
          ContainerState.EXITED,
          createdAt,
          startedAt,
          at,
          exitCode,
          reason,
          labels,
          annotations);
    }
  }

  Optional<Held> container(String containerId) {
    return containers.stream().filter(c -> c.id().equals(containerId)).findFirst();
  }

  MachineState with(List<Held> newContainers) {
    return new MachineState(
        version,
        id,
        namespace,
        name,
        uid,
        attempt,
        hostname,
        createdAt,
        phase,
        address,
        pid,
        startTicks,
        disks,
        spares,
        spareUsed,
        labels,
        annotations,
        List.copyOf(newContainers));
  }

  MachineState with(Phase newPhase) {
    return new MachineState(
        version,
        id,
        namespace,
        name,
        uid,
        attempt,
        hostname,
        createdAt,
        newPhase,
        address,
        pid,
        startTicks,
        disks,
        spares,
        spareUsed,
        labels,
        annotations,
        containers);
  }

  MachineState withProcess(ProcessIdentity process) {
    return new MachineState(
        version,
        id,
        namespace,
        name,
        uid,
        attempt,
        hostname,
        createdAt,
        phase,
        address,
        process.pid(),
        process.startTicks(),
        disks,
        spares,
        spareUsed,
        labels,
        annotations,
        containers);
  }

  /** Booted, unless it has ended since. */
  MachineState ready(String newAddress) {
    return new MachineState(
        version,
        id,
        namespace,
        name,
        uid,
        attempt,
        hostname,
        createdAt,
        phase == Phase.ENDED ? phase : Phase.READY,
        newAddress,
        pid,
        startTicks,
        disks,
        spares,
        spareUsed,
        labels,
        annotations,
        containers);
  }

  MachineState withDisk(String serial) {
    List<String> more = new ArrayList<>(disks);
    more.add(serial);
    return new MachineState(
        version,
        id,
        namespace,
        name,
        uid,
        attempt,
        hostname,
        createdAt,
        phase,
        address,
        pid,
        startTicks,
        List.copyOf(more),
        spares,
        spareUsed + 1,
        labels,
        annotations,
        containers);
  }

  MachineState change(String containerId, UnaryOperator<Held> change) {
    return with(
        containers.stream().map(c -> c.id().equals(containerId) ? change.apply(c) : c).toList());
  }

  MachineState without(String containerId) {
    return with(containers.stream().filter(c -> !c.id().equals(containerId)).toList());
  }

  MachineState adding(Held container) {
    List<Held> more = new ArrayList<>(containers);
    more.add(container);
    return with(more);
  }
}
