package io.berth.apiserver.store.etcd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * etcd in a container whose image is made from scratch with this machine's own etcd, so that no
 * registry is needed. One for all tests of a JVM.
 */
final class EtcdContainer {
  private static final Path ETCD = Path.of("/usr/bin/etcd");
  private static final List<Path> LIBRARIES =
      List.of(
          Path.of("/lib64/ld-linux-x86-64.so.2"),
          Path.of("/lib/x86_64-linux-gnu/libc.so.6"),
          Path.of("/lib/x86_64-linux-gnu/libpthread.so.0"),
          Path.of("/lib/x86_64-linux-gnu/libresolv.so.2"));
  private static final int PORT = 2379;

  private static final class Holder {
    static final GenericContainer<?> STARTED = start();
  }

  private EtcdContainer() {}

  /** The URL of the running etcd. */
  static String endpoint() {
    GenericContainer<?> etcd = Holder.STARTED;
    return "http://" + etcd.getHost() + ":" + etcd.getMappedPort(PORT);
  }

  @SuppressWarnings("resource") // Testcontainers stops it with the JVM
  private static GenericContainer<?> start() {
    GenericContainer<?> etcd =
        new GenericContainer<>(image())
            .withExposedPorts(PORT)
            .withCommand(
                "/usr/bin/etcd",
                "--data-dir=/data",
                "--listen-client-urls=http://0.0.0.0:" + PORT,
                "--advertise-client-urls=http://127.0.0.1:" + PORT,
                "--max-request-bytes=2097152")
            .waitingFor(Wait.forLogMessage(".*ready to serve.*", 1))
            .withStartupTimeout(Duration.ofSeconds(60));
    etcd.start();
    return etcd;
  }

  private static ImageFromDockerfile image() {
    ImageFromDockerfile image =
        new ImageFromDockerfile("berth-test-etcd", false).withFileFromPath("etcd", ETCD);
    List<Path> present = LIBRARIES.stream().filter(Files::exists).toList();
    for (Path library : present) {
      image.withFileFromPath(library.getFileName().toString(), real(library));
    }
    return image.withDockerfileFromBuilder(
        builder -> {
          builder.from("scratch").copy("etcd", ETCD.toString());
          present.forEach(l -> builder.copy(l.getFileName().toString(), l.toString()));
          builder.build();
        });
  }

  private static Path real(Path link) {
    try {
      return link.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
