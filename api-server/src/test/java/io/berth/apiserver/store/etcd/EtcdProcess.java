package io.berth.apiserver.store.etcd;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** This machine's etcd as a process that a test may kill and start again on the same data. */
final class EtcdProcess implements AutoCloseable {
  private final Path directory;
  private final String scheme;
  private final List<String> flags;
  private final int port = freePort();
  private final int peerPort = freePort();
  private @Nullable Process process;

  EtcdProcess(Path directory, String scheme, List<String> flags) {
    this.directory = directory;
    this.scheme = scheme;
    this.flags = List.copyOf(flags);
  }

  String endpoint() {
    return scheme + "://127.0.0.1:" + port;
  }

  void start() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "etcd",
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=" + endpoint(),
                "--advertise-client-urls=" + endpoint(),
                "--listen-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-advertise-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-cluster=default=http://127.0.0.1:" + peerPort,
                "--max-request-bytes=2097152"));
    command.addAll(flags);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("etcd.log").toFile()))
            .start();
  }

  /** SIGKILL. */
  void kill() {
    Process running = process;
    if (running != null) {
      try {
        running.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    kill();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
