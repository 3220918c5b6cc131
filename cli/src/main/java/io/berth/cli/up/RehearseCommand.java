package io.berth.cli.up;

import io.berth.agent.images.ContainerdImages;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.cri.CriClient;
import io.berth.agent.volumes.FileTrees;
import io.berth.api.time.SystemEnvironment;
import io.berth.cli.CommandException;
import io.berth.cli.kube.ApplyCommand;
import io.berth.cli.kube.DeleteCommand;
import io.berth.cli.kube.DescribeCommand;
import io.berth.cli.kube.GetCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Runs a cluster without a runtime for a moment and lets commands work on it, so that the JVM can
 * record which classes a start loads ({@code -XX:AOTCacheOutput}). The build does it once; see
 * {@code docs/decisions/aot-cache.md}.
 */
@Command(
    name = "rehearse",
    hidden = true,
    description = "Run a cluster in memory for a moment, for the JVM to record what it loads.")
public final class RehearseCommand implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Parameters(paramLabel = "MANIFEST", description = "What the commands work with.")
  private Path manifest = Path.of("manifests", "demo.yaml");

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("berth-rehearsal");
    try (SystemEnvironment environment = new SystemEnvironment();
        TestingCluster cluster = new TestingCluster(directory, 1, Stores::open)) {
      new Readiness(environment, cluster.admin()).awaitNode("node-1", LIMIT, new CountDownLatch(1));
      String kubeconfig = cluster.kubeconfig().toString();
      String file = manifest.toString();
      run(new ApplyCommand(), kubeconfig, "-f", file);
      run(new GetCommand(), kubeconfig, "nodes,pods,deployments", "-o", "wide");
      run(new DescribeCommand(), kubeconfig, "pods");
      run(new DeleteCommand(), kubeconfig, "-f", file);
      askRuntime(environment, directory);
    } finally {
      FileTrees.delete(directory);
    }
    return 0;
  }

  private static void run(Object command, String kubeconfig, String... arguments) {
    CommandLine line = new CommandLine(command);
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--kubeconfig";
    all[arguments.length + 1] = kubeconfig;
    int exitCode = line.execute(all);
    if (exitCode != 0) {
      throw new CommandException(line.getCommandName() + " failed with exit code " + exitCode);
    }
  }

  /** A runtime that is not there: what talks to one is loaded by the time that is found out. */
  private static void askRuntime(SystemEnvironment environment, Path directory) {
    try (CriClient cri = new CriClient(directory.resolve("containerd.sock"))) {
      List<?> images = new ContainerdImages(environment, cri, directory.resolve("images")).list();
      throw new CommandException("a runtime that is not there has images: " + images);
    } catch (RuntimeDriverException e) {
      System.out.println("no runtime, as expected: " + e.getMessage());
    }
  }
}
