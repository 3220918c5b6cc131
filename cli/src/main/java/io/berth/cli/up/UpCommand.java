package io.berth.cli.up;

import io.berth.api.codec.Yaml;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiException;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.HttpsTransport;
import io.berth.client.Kubeconfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * A whole cluster in one process: runs it in the foreground until a signal, or starts it in the
 * background.
 */
@Command(
    name = "up",
    description = "Start a cluster on this machine.",
    mixinStandardHelpOptions = true)
public final class UpCommand implements Callable<Integer> {
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);

  @Mixin private UpOptions options = new UpOptions();

  @Override
  public Integer call() throws Exception {
    checkRoot();
    options.schedulerFile(); // what is wrong with it is said before anything starts
    try (SystemEnvironment environment = new SystemEnvironment()) {
      Progress progress = new Progress(System.out, environment.clock(), isTerminal());
      if (options.detach()) {
        new Background(environment, options).start(READY_LIMIT);
        progress.done("Node " + options.nodeName() + " is Ready");
        startWorkloads(environment, progress, new CountDownLatch(1));
        printNext();
        return 0;
      }
      return foreground(environment, progress);
    }
  }

  /** A node makes bridges, namespaces and mounts: to fail at the first of them helps nobody. */
  static void checkRoot() throws IOException {
    Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!user.equals(0)) {
      throw new CommandException(
          "a node runs containers and virtual machines, for which it must be root: run it with"
              + " sudo");
    }
  }

  /** Since JDK 22 there is a console object even where there is no terminal. */
  @SuppressWarnings("SystemConsoleNull")
  static boolean isTerminal() {
    return System.console() != null && System.console().isTerminal();
  }

  private int foreground(SystemEnvironment environment, Progress progress) {
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Signals.onFirst(stop::countDown, stopped);
    DataDirectory directory = options.directory();
    try (InstanceLock lock = InstanceLock.take(directory);
        Cluster cluster = Cluster.start(environment, options)) {
      progress.done("API server at https://127.0.0.1:" + cluster.port());
      boolean ready =
          new Readiness(environment, cluster.admin())
              .awaitNode(options.nodeName(), READY_LIMIT, stop);
      int exitCode = 0;
      if (ready) {
        progress.done("Node " + options.nodeName() + " is Ready");
        exitCode = tryWorkloads(environment, progress, stop);
        await(stop);
      }
      System.out.println("Stopping");
      boolean keep = Files.exists(directory.keepWorkloads());
      cluster.stop(keep);
      Files.deleteIfExists(directory.keepWorkloads());
      progress.done(keep ? "Stopped; workloads run on" : "Stopped");
      return exitCode;
    } catch (IOException e) {
      throw new CommandException("cannot write in " + directory.root() + ": " + e.getMessage(), e);
    } finally {
      stopped.countDown();
    }
  }

  /** The cluster stays up where its first workloads fail: that is when it is looked into. */
  private int tryWorkloads(SystemEnvironment environment, Progress progress, CountDownLatch stop) {
    try {
      startWorkloads(environment, progress, stop);
      if (stop.getCount() > 0) {
        printNext();
        System.out.println("Ctrl-C stops the cluster.");
      }
      return 0;
    } catch (CommandException | ApiException | ApiUnavailableException e) {
      System.err.println("berth: " + e.getMessage());
      System.err.println("The cluster goes on; Ctrl-C stops it.");
      return 1;
    }
  }

  /** Applies what the options name and waits until it runs, as any client would: over HTTPS. */
  private void startWorkloads(
      SystemEnvironment environment, Progress progress, CountDownLatch stop) {
    if (!options.demo() && options.manifests().isEmpty()) {
      return;
    }
    try (HttpsTransport transport = kubeconfig(options.kubeconfig()).open(environment)) {
      new FirstWorkloads(new ApiClient(transport), environment, options, stop).run(progress);
    }
  }

  static Kubeconfig kubeconfig(Path file) {
    try {
      return Kubeconfig.of(file, Yaml.read(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new CommandException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private void printNext() {
    System.out.println();
    System.out.println("Try next:");
    System.out.println("  export KUBECONFIG=" + options.kubeconfig());
    System.out.println("  kubectl get nodes,pods -o wide");
    if (options.demo()) {
      System.out.println("  kubectl exec web-vm -- uname -a");
      System.out.println("  kubectl scale deploy/web --replicas 5");
    } else {
      System.out.println("  kubectl apply -f manifests/demo.yaml");
      System.out.println("  berth image load FILE");
    }
    System.out.println();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
