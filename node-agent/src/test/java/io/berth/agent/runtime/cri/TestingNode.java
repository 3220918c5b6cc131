package io.berth.agent.runtime.cri;

import io.berth.agent.containerd.PrivateContainerd;
import io.berth.agent.images.ContainerdImages;
import io.berth.agent.images.FileTree;
import io.berth.agent.images.ImageSpec;
import io.berth.agent.images.OciArchive;
import io.berth.agent.images.PauseImage;
import io.berth.agent.network.PodNetwork;
import io.berth.agent.process.Command;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Dns;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.Placement;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriver.Security;
import io.berth.api.time.SystemEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A node's network, containerd and images of its own below /tmp; taken down again on close. */
public final class TestingNode implements AutoCloseable {
  public static final String IMAGE = "docker.io/library/testing-busybox:1";

  public final SystemEnvironment environment = new SystemEnvironment();
  public final Path directory;
  public final PodNetwork network;
  public final PrivateContainerd containerd;
  public final CriClient client;
  public final ContainerdImages images;
  public final CriDriver driver;

  public TestingNode(String name, String podCidr) throws IOException {
    directory = Path.of("/tmp/berth-cri-test-" + name);
    new Command(environment).attempt("rm", "-rf", directory.toString());
    network =
        new PodNetwork(
            environment,
            name,
            podCidr,
            podCidr,
            directory.resolve("network"),
            Path.of("/usr/lib/cni"));
    network.start();
    containerd =
        new PrivateContainerd(
            environment,
            directory.resolve("containerd"),
            PauseImage.NAME,
            network.cniConfigurations(),
            network.cniPlugins());
    containerd.start();
    client = new CriClient(containerd.socket());
    images = new ContainerdImages(environment, client, directory.resolve("scratch"));
    images.ensurePauseImage();
    images.load(busybox(directory.resolve("busybox.tar"), IMAGE));
    driver = new CriDriver(environment, client, name, 8L << 30);
  }

  /** Makes an image of Debian's static busybox. */
  public static Path busybox(Path archive, String name) throws IOException {
    FileTree files =
        new FileTree()
            .busybox(
                Path.of("/bin/busybox"),
                List.of(
                    "sh",
                    "cat",
                    "echo",
                    "sleep",
                    "ls",
                    "id",
                    "nc",
                    "wget",
                    "httpd",
                    "hostname",
                    "kill",
                    "true",
                    "false",
                    "dd",
                    "env",
                    "stty",
                    "head",
                    "tail",
                    "grep",
                    "ip",
                    "ping",
                    "touch",
                    "mount",
                    "timeout",
                    "nslookup"))
            .file("/www/index.html", "hello\n");
    OciArchive.write(
        archive,
        name,
        files,
        new ImageSpec(
            List.of(), List.of("sh"), List.of("PATH=/bin"), "/", "", List.of("80/tcp"), Map.of()));
    return archive;
  }

  public SandboxSpec sandbox(String pod) {
    return new SandboxSpec(
        "default",
        pod,
        UUID.randomUUID().toString(),
        0,
        pod,
        Namespaces.OWN,
        directory.resolve("logs").resolve(pod),
        new Dns(List.of("10.96.0.10"), List.of("default.svc.cluster.local"), List.of("ndots:5")),
        List.of(),
        Resources.NONE,
        Placement.NONE,
        Map.of("app", pod),
        Map.of("note", "a b"));
  }

  public ContainerSpec container(SandboxSpec sandbox, String name, String... command) {
    return new ContainerSpec(
        name,
        0,
        IMAGE,
        "",
        List.of(command),
        List.of(),
        "",
        List.of(),
        List.of(),
        Resources.NONE,
        Security.DEFAULT,
        false,
        false,
        false,
        "",
        "",
        sandbox.logDirectory().resolve(name).resolve("0.log"),
        Map.of("container", name),
        Map.of());
  }

  /** Makes a container's log directory and the container, and starts it. */
  public String start(Sandbox sandbox, ContainerSpec spec) throws IOException {
    Files.createDirectories(spec.logPath().getParent());
    String id = driver.createContainer(sandbox.id(), spec);
    driver.startContainer(id);
    return id;
  }

  @Override
  public void close() throws Exception {
    for (Sandbox sandbox : driver.sandboxes()) {
      driver.stopSandbox(sandbox.id());
      driver.removeSandbox(sandbox.id());
    }
    driver.close();
    client.close();
    containerd.stop();
    network.remove();
    new Command(environment)
        .attempt(List.of("rm", "-rf", directory.toString()), "", Map.of(), Duration.ofMinutes(1));
    environment.close();
  }
}
