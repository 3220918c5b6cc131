package io.berth.agent.containerd;

import io.berth.agent.process.Command;
import io.berth.agent.process.Daemon;
import io.berth.agent.process.ShortNames;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's own containerd, which disturbs no other on the machine: own root, state, socket and
 * configuration below one directory. It outlives the agent, and a new agent finds it again. Where
 * it dies it is started again, with back-off; containers go on meanwhile, each held by its shim.
 *
 * <p>{@link #start} and {@link #stop} are called from one thread; the rest is safe for many.
 */
public final class PrivateContainerd implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PrivateContainerd.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration STOP_GRACE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration STABLE = Duration.ofMinutes(1);

  /** A socket's path has 108 bytes in the kernel, and containerd adds ".ttrpc" to its own. */
  private static final int LONGEST_SOCKET = 100;

  private final Environment environment;
  private final Path directory;
  private final Path socket;
  private final String sandboxImage;
  private final Path cniConfigurations;
  private final Path cniPlugins;
  private final Object lock = new Object();
  private @Nullable Daemon daemon;
  private long startedNanos;
  private int failures;
  private boolean supervising;

  /**
   * @param directory everything is kept below it; made where missing
   * @param sandboxImage the full name of the image that holds a sandbox's namespaces open
   * @param cniConfigurations directory with the network's configuration
   * @param cniPlugins directory with the CNI plugins
   */
  public PrivateContainerd(
      Environment environment,
      Path directory,
      String sandboxImage,
      Path cniConfigurations,
      Path cniPlugins) {
    this.environment = environment;
    this.directory = directory.toAbsolutePath().normalize();
    this.socket = socketIn(this.directory);
    this.sandboxImage = sandboxImage;
    this.cniConfigurations = cniConfigurations.toAbsolutePath();
    this.cniPlugins = cniPlugins;
  }

  /** Where it serves the container runtime interface. */
  public Path socket() {
    return socket;
  }

  /**
   * Finds the one that runs or starts one, waits until it takes connections, and watches it from
   * then on.
   *
   * @throws RuntimeDriverException it did not come up; the message says why
   */
  public void start() {
    synchronized (lock) {
      supervising = true;
    }
    try {
      prepare();
      Daemon found = Daemon.find(pidFile()).orElse(null);
      adopt(found != null ? found : launch());
      if (found != null) {
        log.info("found containerd pid={} socket={}", found.pid(), socket());
      }
      awaitSocket();
    } catch (IOException e) {
      throw new RuntimeDriverException("containerd cannot be started: " + e.getMessage(), e);
    }
  }

  /** Null where it runs, else what is wrong. */
  public @Nullable String health() {
    synchronized (lock) {
      return daemon != null && daemon.alive() ? null : "containerd is not running";
    }
  }

  /** Lets it run on, unwatched. */
  @Override
  public void close() {
    synchronized (lock) {
      supervising = false;
    }
  }

  /**
   * Ends it. Its containers go on: end them first, through the driver, where they are to end.
   * Idempotent.
   */
  public void stop() throws InterruptedException {
    close();
    Optional<Daemon> found = Daemon.find(pidFile());
    if (found.isPresent()) {
      found.get().stop(STOP_GRACE);
      log.info("stopped containerd pid={}", found.get().pid());
    }
  }

  private void prepare() throws IOException {
    Files.createDirectories(directory);
    Files.createDirectories(cniConfigurations);
    Files.createDirectories(socket.resolveSibling("."));
  }

  private Daemon launch() throws IOException {
    Path file = directory.resolve("config.toml");
    Files.writeString(file, configuration().toToml());
    Daemon started =
        Daemon.start(
            List.of("containerd", "--config", file.toString()),
            pidFile(),
            directory.resolve("containerd.log"));
    log.info("started containerd pid={} socket={}", started.pid(), socket());
    return started;
  }

  private ContainerdConfig configuration() throws IOException {
    return new ContainerdConfig(
        directory.resolve("root"),
        directory.resolve("state"),
        socket,
        sandboxImage,
        Overlay.works(new Command(environment), directory) ? "overlayfs" : "native",
        cniConfigurations,
        cniPlugins,
        directory.resolve("certs.d"),
        !Capabilities.haveSysResource());
  }

  private void adopt(Daemon next) {
    synchronized (lock) {
      daemon = next;
      startedNanos = environment.clock().nanos();
    }
    next.onExit(() -> onExit(next));
  }

  private void onExit(Daemon ended) {
    Duration pause;
    synchronized (lock) {
      if (!supervising || daemon != ended) {
        return;
      }
      boolean wasStable = environment.clock().nanos() - startedNanos > STABLE.toNanos();
      failures = wasStable ? 1 : failures + 1;
      pause = pauseAfter(failures);
    }
    log.warn("containerd died pid={} restartIn={}", ended.pid(), pause);
    environment.timers().after(pause, this::restart);
  }

  static Duration pauseAfter(int failures) {
    Duration pause = Duration.ofMillis(50L << Math.min(failures - 1, 12));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  private void restart() {
    synchronized (lock) {
      if (!supervising) {
        return;
      }
    }
    try {
      prepare();
      adopt(launch());
    } catch (IOException e) {
      log.warn("containerd cannot be started: {}", e.getMessage());
      environment.timers().after(LONGEST_PAUSE, this::restart);
    }
  }

  private void awaitSocket() {
    long deadline = environment.clock().nanos() + START_LIMIT.toNanos();
    while (!accepts(socket())) {
      String problem = health();
      if (problem != null || environment.clock().nanos() > deadline) {
        throw new RuntimeDriverException(
            (problem != null ? problem : "containerd does not answer") + "; see " + logFile());
      }
      pause(Duration.ofMillis(5));
    }
  }

  private void pause(Duration duration) {
    CountDownLatch over = new CountDownLatch(1);
    environment.timers().after(duration, over::countDown);
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted while containerd was starting", e);
    }
  }

  private static boolean accepts(Path socket) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private Path pidFile() {
    return directory.resolve("containerd.pid");
  }

  private Path logFile() {
    return directory.resolve("containerd.log");
  }

  /** A socket below the directory, or, where that would be too long, below /run/berth. */
  static Path socketIn(Path directory) {
    Path inside = directory.resolve("containerd.sock");
    if (inside.toString().getBytes(StandardCharsets.UTF_8).length <= LONGEST_SOCKET) {
      return inside;
    }
    return Path.of("/run/berth", ShortNames.of(directory.toString(), 12), "containerd.sock");
  }
}
