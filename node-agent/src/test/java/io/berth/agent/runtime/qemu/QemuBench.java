package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.api.time.SystemEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A real QEMU driver for tests: a kernel, which is fetched once and kept in the module's build
 * directory, taps, and images of busybox.
 */
final class QemuBench implements AutoCloseable {
  static final String IMAGE = "docker.io/library/busybox:latest";
  static final String OTHER_IMAGE = "docker.io/library/other:1";
  static final String WEB_IMAGE = "docker.io/library/web:1";

  final SystemEnvironment environment = new SystemEnvironment();
  final DirectoryImageStore images =
      new DirectoryImageStore()
          .with(IMAGE, "", List.of(), List.of("sh"))
          .with(WEB_IMAGE, "web", List.of("sh", "-c"), List.of("id; env; exec sleep 3600"));
  final TestTaps taps = new TestTaps();
  final Path directory;
  QemuDriver driver;

  QemuBench() throws IOException {
    directory = Files.createTempDirectory("berth-qemu-test");
    driver = started();
  }

  private QemuDriver started() {
    QemuDriver made =
        new QemuDriver(
            QemuConfig.of(directory, kernel(), "test" + ProcessHandle.current().pid()),
            images,
            taps,
            environment);
    made.start();
    return made;
  }

  /** The agent's end and a new one's start. */
  void restart() {
    driver.close();
    driver = started();
  }

  private static synchronized Path kernel() {
    Path root = Path.of("target", "guest-kernel").toAbsolutePath();
    if (GuestKernel.find(root).isEmpty()) {
      GuestKernel.fetch(root);
    }
    return root;
  }

  @Override
  public void close() throws IOException {
    for (Sandbox sandbox : driver.sandboxes()) {
      driver.removeSandbox(sandbox.id());
    }
    driver.close();
    taps.releaseAll();
    environment.close();
    FileTrees.deleteTree(directory);
  }
}
