package io.berth.agent.images;

import io.berth.agent.process.Command;
import io.berth.agent.runtime.cri.TestingNode;
import io.berth.api.time.SystemEnvironment;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A registry of Debian's {@code docker-registry} on the loopback interface. */
public final class TestingRegistry implements AutoCloseable {
  public static final String USER = "mia";
  public static final String PASSWORD = "sesame-1";

  /** Bcrypt of the password, as the registry wants it. */
  private static final String HASH = "$2b$05$abcdefghijklmnopqrstuuzo5IImY0zERKwQEfeXwmOWs3JOXXF5y";

  private final Path directory;
  private final int port;
  private final Process process;

  /**
   * @param auth whether it opens for {@link #USER} only
   */
  public TestingRegistry(Path directory, boolean auth) throws IOException {
    this.directory = directory;
    Files.createDirectories(directory);
    Path users = Files.writeString(directory.resolve("users"), USER + ":" + HASH + "\n");
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String config =
        """
        version: 0.1
        storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}
        http: {addr: "127.0.0.1:%d"}
        """
            .formatted(directory.resolve("blobs"), port);
    String lock = auth ? "auth: {htpasswd: {realm: testing, path: %s}}\n".formatted(users) : "";
    Path file = Files.writeString(directory.resolve("config.yml"), config + lock);
    process =
        new ProcessBuilder("docker-registry", "serve", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    awaitAnswer();
  }

  private void awaitAnswer() throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      try {
        HttpURLConnection connection =
            (HttpURLConnection) URI.create("http://" + host() + "/v2/").toURL().openConnection();
        connection.getResponseCode();
        return;
      } catch (IOException e) {
        if (System.nanoTime() > end || !process.isAlive()) {
          throw new IOException(Files.readString(directory.resolve("log")), e);
        }
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  /** Host and port, as images are named. */
  public String host() {
    return "127.0.0.1:" + port;
  }

  /** Puts busybox there under a name such as {@code team/app:1}, and returns the name in full. */
  public String push(SystemEnvironment environment, String name) throws IOException {
    Path archive = directory.resolve("push.tar");
    TestingNode.busybox(archive, "pushed:1");
    String target = "docker://" + host() + "/" + name;
    Command.Result result =
        new Command(environment)
            .attempt(
                "skopeo",
                "copy",
                "-q",
                "--dest-tls-verify=false",
                "--dest-creds=" + USER + ":" + PASSWORD,
                "oci-archive:" + archive,
                target);
    if (!result.succeeded()) {
      throw new IOException(result.complaint());
    }
    return host() + "/" + name;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
