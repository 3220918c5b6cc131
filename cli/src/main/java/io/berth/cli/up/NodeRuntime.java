package io.berth.cli.up;

import io.berth.agent.cgroup.CgroupTree;
import io.berth.agent.cgroup.PodCgroups;
import io.berth.agent.containerd.PrivateContainerd;
import io.berth.agent.images.ContainerdImages;
import io.berth.agent.images.PauseImage;
import io.berth.agent.network.PodNetwork;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.cri.CriClient;
import io.berth.agent.runtime.cri.CriDriver;
import io.berth.agent.runtime.qemu.PodNetworkTaps;
import io.berth.agent.runtime.qemu.QemuConfig;
import io.berth.agent.runtime.qemu.QemuDriver;
import io.berth.api.time.Environment;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What runs pods on this machine: the pod network, a containerd of the node's own with its images,
 * and the drivers for containers and machines. All of it outlives this process; {@link
 * #stopWorkloads} ends it.
 */
public final class NodeRuntime implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeRuntime.class);

  /** What a container gets to end by itself when the whole node stops. */
  private static final Duration STOP_GRACE = Duration.ofSeconds(2);

  private static final Path CNI_PLUGINS = Path.of("/usr/lib/cni");

  private final String nodeName;
  private final PodNetwork network;
  private final PrivateContainerd containerd;
  private final CriClient cri;
  private final ContainerdImages images;
  private final CriDriver containers;
  private final QemuDriver machines;

  private NodeRuntime(
      String nodeName,
      PodNetwork network,
      PrivateContainerd containerd,
      CriClient cri,
      ContainerdImages images,
      CriDriver containers,
      QemuDriver machines) {
    this.nodeName = nodeName;
    this.network = network;
    this.containerd = containerd;
    this.cri = cri;
    this.images = images;
    this.containers = containers;
    this.machines = machines;
  }

  /**
   * Finds or starts it all. Takes as long as containerd takes to start.
   *
   * @param node whose it is
   */
  static NodeRuntime start(Environment environment, DataDirectory directory, NodeRecord node) {
    String nodeName = node.nodeName();
    PodNetwork network =
        new PodNetwork(
            environment,
            nodeName,
            node.podCidr(),
            node.clusterCidr(),
            directory.agent().resolve("network"),
            CNI_PLUGINS);
    network.start();
    PrivateContainerd containerd = containerd(environment, directory, network);
    containerd.start();
    CriClient cri = new CriClient(containerd.socket());
    ContainerdImages images =
        new ContainerdImages(environment, cri, directory.agent().resolve("images"));
    images.ensurePauseImage();
    CriDriver containers = new CriDriver(environment, cri, nodeName, memoryBytes());
    QemuDriver machines =
        new QemuDriver(
            QemuConfig.of(directory.agent().resolve("vms"), kernelRoot(), nodeName),
            images,
            new PodNetworkTaps(network),
            environment);
    machines.start();
    return new NodeRuntime(nodeName, network, containerd, cri, images, containers, machines);
  }

  /**
   * Ends what a process that was killed left running; nothing where the last one stopped in order.
   */
  static void stopLeftOvers(Environment environment, DataDirectory directory) {
    NodeRecord.read(directory)
        .ifPresent(
            node -> {
              try (NodeRuntime runtime = start(environment, directory, node)) {
                runtime.stopWorkloads();
              }
              NodeRecord.delete(directory);
            });
  }

  private static PrivateContainerd containerd(
      Environment environment, DataDirectory directory, PodNetwork network) {
    return new PrivateContainerd(
        environment,
        directory.containerd(),
        PauseImage.NAME,
        network.cniConfigurations(),
        network.cniPlugins());
  }

  /** Where the node's containerd serves, whether it runs or not. */
  public static Path containerdSocket(Environment environment, DataDirectory directory) {
    Path none = directory.agent().resolve("network");
    return new PrivateContainerd(environment, directory.containerd(), PauseImage.NAME, none, none)
        .socket();
  }

  private static Path kernelRoot() {
    String cache = System.getenv("BERTH_CACHE");
    return Path.of(cache == null || cache.isEmpty() ? "/var/cache/berth" : cache, "kernel");
  }

  private static long memoryBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemTotal:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
      throw new CommandException("/proc/meminfo names no MemTotal");
    } catch (IOException e) {
      throw new CommandException("cannot read /proc/meminfo: " + e.getMessage(), e);
    }
  }

  PodNetwork network() {
    return network;
  }

  ContainerdImages images() {
    return images;
  }

  /** The drivers by runtime class handler; the empty one is containers. */
  Map<String, RuntimeDriver> drivers() {
    return Map.of("", containers, "vm", machines);
  }

  /** Ends every sandbox of every driver, and containerd. */
  void stopWorkloads() {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (RuntimeDriver driver : drivers().values()) {
        List<RuntimeDriver.Container> containers = driver.containers();
        for (RuntimeDriver.Sandbox sandbox : driver.sandboxes()) {
          executor.execute(() -> end(driver, sandbox, containers));
        }
      }
    }
    try {
      containerd.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while containerd was stopped", e);
    }
    network.remove();
    PodCgroups.removeAll(new CgroupTree(CgroupTree.MOUNT), nodeName);
  }

  private static void end(
      RuntimeDriver driver,
      RuntimeDriver.Sandbox sandbox,
      List<RuntimeDriver.Container> containers) {
    try {
      for (RuntimeDriver.Container container : containers) {
        if (container.sandboxId().equals(sandbox.id())
            && container.state() == RuntimeDriver.ContainerState.RUNNING) {
          driver.stopContainer(container.id(), STOP_GRACE);
        }
      }
      driver.stopSandbox(sandbox.id());
      driver.removeSandbox(sandbox.id());
    } catch (RuntimeDriverException e) {
      log.warn(
          "not ended in order pod={}/{} error={}",
          sandbox.namespace(),
          sandbox.name(),
          e.getMessage());
    }
  }

  /** Lets go; what runs goes on. */
  @Override
  public void close() {
    containers.close();
    machines.close();
    cri.close();
    containerd.close();
    network.close();
  }
}
