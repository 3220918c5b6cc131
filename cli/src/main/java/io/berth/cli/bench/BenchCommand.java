package io.berth.cli.bench;

import io.berth.api.codec.Yaml;
import io.berth.api.time.SystemEnvironment;
import io.berth.bench.Bench;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.client.ApiClient;
import io.berth.client.HttpsTransport;
import io.berth.client.Kubeconfig;
import io.berth.client.PemTls;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures an API server: Berth's, or any other by kubeconfig or by URL and token. */
@Command(
    name = "bench",
    description = "Measure an API server, or the scheduler alone.",
    mixinStandardHelpOptions = true,
    subcommands = {SchedulerBenchCommand.class, ServicesBenchCommand.class})
public final class BenchCommand implements Runnable {
  @Parameters(
      arity = "0..*",
      paramLabel = "NAME",
      description =
          "create, get, list, watch, bind, preempt; all but the last where none is named.")
  private List<String> names = List.of();

  @Option(names = "--kubeconfig", paramLabel = "FILE", description = "Of the cluster to measure.")
  private @Nullable Path kubeconfig;

  @Option(names = "--server", paramLabel = "URL", description = "The API server, with --token.")
  private @Nullable URI server;

  @Option(names = "--token", paramLabel = "TOKEN", description = "Bearer token for --server.")
  private @Nullable String token;

  @Option(
      names = "--certificate-authority",
      paramLabel = "FILE",
      description = "Authority of --server's certificate.")
  private @Nullable Path authority;

  @Option(
      names = "--server-pids",
      split = ",",
      paramLabel = "PID",
      description = "Processes of this machine whose CPU time counts as the server's.")
  private List<Long> serverPids = List.of();

  @Option(
      names = "--profile",
      description = "Also print where the server's time went; --server-pids must be JVMs.")
  private boolean profile;

  @Option(
      names = "--connections",
      defaultValue = "64",
      description = "Requests at a time (${DEFAULT-VALUE}).")
  private int connections;

  @Option(
      names = "--pods",
      defaultValue = "10000",
      description = "Pods to create (${DEFAULT-VALUE}).")
  private int pods;

  @Option(
      names = "--gets",
      defaultValue = "50000",
      description = "Reads by name (${DEFAULT-VALUE}).")
  private int gets;

  @Option(
      names = "--warm-up",
      defaultValue = "20000",
      description = "Reads before those that are measured (20000).")
  private int warmUp;

  @Option(
      names = "--watchers",
      defaultValue = "100",
      description = "Watches at a time (${DEFAULT-VALUE}).")
  private int watchers;

  @Option(
      names = "--nodes",
      defaultValue = "1000",
      description = "Simulated nodes (${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--bound",
      defaultValue = "5000",
      description = "Pods to be bound (${DEFAULT-VALUE}).")
  private int bound;

  @Option(
      names = "--rate",
      defaultValue = "0",
      description =
          "Pods a second that bind and preempt create, whatever the server answers; latencies count"
              + " from when a pod was due (as fast as the server answers).")
  private int rate;

  @Override
  public void run() {
    if (rate < 0) {
      throw new CommandException("--rate cannot be negative: " + rate);
    }
    List<String> wanted =
        names.isEmpty() ? List.of("create", "get", "list", "watch", "bind") : names;
    Bench.Options options =
        new Bench.Options(
            connections, pods, gets, warmUp, watchers, nodes, bound, rate, serverPids, profile);
    try (SystemEnvironment environment = new SystemEnvironment();
        HttpsTransport transport = open(environment)) {
      new Bench(new ApiClient(transport), environment, options).run(wanted, System.out);
    } catch (IOException e) {
      throw new CommandException("cannot read the credentials: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }

  private HttpsTransport open(SystemEnvironment environment) throws IOException {
    if (server != null) {
      String pem = authority == null ? null : Files.readString(authority);
      return new HttpsTransport(server, PemTls.context(pem, null, null), token, environment);
    }
    Path file = kubeconfig == null ? DataDirectory.of(null).kubeconfig() : kubeconfig;
    return Kubeconfig.of(file, Yaml.read(Files.readAllBytes(file))).open(environment);
  }
}
