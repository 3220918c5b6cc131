package io.berth.cli.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.time.SystemEnvironment;
import io.berth.cli.CommandException;
import io.berth.cli.kube.Connection;
import io.berth.cli.kube.Manifests;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.packing.Packings;
import io.berth.scheduler.simulate.Bounds;
import io.berth.scheduler.simulate.InputReader;
import io.berth.scheduler.simulate.Mixes;
import io.berth.scheduler.simulate.Offline;
import io.berth.scheduler.simulate.Study;
import io.berth.scheduler.simulate.Workloads;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The scheduler's own core over files, with no cluster. */
@Command(
    name = "simulate",
    description = "Try strategies of packing on lists of nodes and pods, offline.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "FILE is a trace where its name ends in .csv, with the columns sn, cpu_milli, memory_mib,"
          + " gpu, model of nodes and cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec of pods;"
          + " else YAML or JSON of Kubernetes, such as 'kubectl get nodes -o json' prints it."
          + " Workloads stand for as many pods as their controllers would make.",
    })
public final class SimulateCommand implements Runnable {
  @Option(names = "--nodes", paramLabel = "FILE", description = "The nodes; they begin empty.")
  private @Nullable Path nodesFile;

  @Option(names = "--pods", paramLabel = "FILE", description = "The pods that come to them.")
  private @Nullable Path podsFile;

  @Option(
      names = "--inflate",
      paramLabel = "FACTOR",
      description =
          "Draw pods of the list again until they ask for so many times what there is of the"
              + " scarcest resource; 0 for the list as it is. 1.3 where absent, 0 with --offline.")
  private @Nullable Double inflate;

  @Option(
      names = "--seeds",
      paramLabel = "SEEDS",
      defaultValue = "42-51",
      description = "Orders in which the pods come, such as 42-51 or 1,3,5-9 (${DEFAULT-VALUE}).")
  private String seeds = "";

  @Option(
      names = "--policy",
      split = ",",
      paramLabel = "NAME",
      description =
          "FragmentationAware, MostAllocated, LeastAllocated, RequestedToCapacityRatio, BestFit or"
              + " DotProduct; may be repeated. All of them where absent.")
  private List<String> policies = List.of();

  @Option(
      names = "--mix",
      paramLabel = "NAME",
      description =
          "Instead of files 8,000 pods drawn at random for 1,500 nodes of 32 CPUs and 256 GiB,"
              + " others for each seed: uniform or bimodal.")
  private @Nullable String mix;

  @Option(
      names = "--offline",
      description =
          "The pods are all known beforehand: place the big ones first, in several orders, and"
              + " print the best beside bounds that no placement can beat.")
  private boolean offline;

  @Option(
      names = "--from-cluster",
      description = "Ask about a live cluster, which is only read; with -f and --fail-...")
  private boolean fromCluster;

  @Mixin private Connection connection = new Connection();

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description =
          "Would the pods of these manifests fit beside what runs, and where? A file, a folder, or"
              + " - for standard input; may be repeated.")
  private List<String> manifests = List.of();

  @Option(
      names = "--fail-zone",
      paramLabel = "ZONE",
      description = "What if the nodes of this zone fail? May be repeated.")
  private List<String> zones = List.of();

  @Option(
      names = "--fail-node",
      paramLabel = "NODE",
      description = "What if this node fails? May be repeated.")
  private List<String> failingNodes = List.of();

  @Option(
      names = "--no-preemption",
      description = "With --from-cluster: as if no pod could push out others.")
  private boolean withoutPreemption;

  @Option(names = "--ignore-gpus", description = "As if nobody had GPUs or asked for them.")
  private boolean ignoreGpus;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Runs at a time: as many as there are cores where absent. Results do not depend on it,"
              + " the speed of each run does.")
  private int threads;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table or json (${DEFAULT-VALUE}).")
  private String output = "table";

  @Override
  public void run() {
    if (!output.equals("table") && !output.equals("json")) {
      throw new CommandException("-o " + output + ": expected table or json");
    }
    if (threads < 0) {
      throw new CommandException("--threads " + threads + ": expected 1 or more");
    }
    try {
      List<String> names = policies.isEmpty() ? Packings.names() : List.copyOf(policies);
      names.forEach(Packings::maker);
      if (fromCluster) {
        ask();
        return;
      }
      if (!manifests.isEmpty()
          || !zones.isEmpty()
          || !failingNodes.isEmpty()
          || withoutPreemption) {
        throw new CommandException(
            "-f, --fail-zone, --fail-node and --no-preemption go with --from-cluster");
      }
      Study.Plan plan = new Study.Plan(lists(), names, Seeds.parse(seeds), inflate());
      if (offline) {
        offline(plan);
      } else {
        study(plan);
      }
    } catch (NoSuchFileException e) {
      throw new CommandException("the file " + e.getFile() + " does not exist", e);
    } catch (IOException e) {
      throw new CommandException("cannot read: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }

  private static Path file(@Nullable Path given, String option) {
    if (given == null) {
      throw new CommandException(
          "missing " + option + " FILE: a list of nodes and one of pods are needed");
    }
    return given;
  }

  private double inflate() {
    double factor = inflate == null ? (offline ? 0 : 1.3) : inflate;
    if (!(factor >= 0 && factor <= 100)) {
      throw new CommandException("--inflate " + factor + ": expected 0 to 100");
    }
    return factor;
  }

  private LongFunction<Workloads> lists() throws IOException {
    String drawn = mix;
    if (drawn == null) {
      Workloads given = given(file(nodesFile, "--nodes"), file(podsFile, "--pods"));
      return seed -> given;
    }
    if (nodesFile != null || podsFile != null) {
      throw new CommandException("--mix is instead of --nodes and --pods");
    }
    Mixes.of(drawn, 0);
    return seed -> Mixes.of(drawn, seed);
  }

  private Workloads given(Path nodesFile, Path podsFile) throws IOException {
    ResourceIndex resources = new ResourceIndex();
    InputReader reader = new InputReader(resources, "default");
    List<NodeRecord> nodes = reader.nodes(nodesFile);
    List<PodRecord> pods = reader.pods(podsFile, nodes);
    Workloads given = new Workloads(nodes, pods.stream().map(PodRecord::shape).toList(), resources);
    return ignoreGpus ? given.withoutGpus() : given;
  }

  private void study(Study.Plan plan) throws InterruptedException {
    Study study = new Study(plan);
    StudyReport report =
        new StudyReport(
            plan,
            study.scarcest(),
            measured(study.pods(), (pool, clock, arrived) -> study.run(pool, clock, arrived)));
    print(report.json(), report.table());
  }

  private void offline(Study.Plan plan) throws InterruptedException {
    long seed = plan.seeds().getFirst();
    Workloads given = plan.lists().apply(seed);
    Workloads all = plan.inflate() == 0 ? given : given.shuffled(seed, plan.inflate());
    Offline batch = new Offline(all, plan.policies());
    OfflineReport report =
        new OfflineReport(
            all,
            Bounds.of(all),
            measured(batch.pods(), (pool, clock, arrived) -> batch.run(pool, clock, arrived)));
    print(report.json(), report.table());
  }

  private void ask() {
    if (policies.size() > 1) {
      throw new CommandException("with --from-cluster at most one --policy is tried");
    }
    if (manifests.isEmpty() && zones.isEmpty() && failingNodes.isEmpty()) {
      throw new CommandException(
          "nothing is asked: name manifests with -f, or --fail-zone or --fail-node");
    }
    List<ObjectNode> objects = manifests.isEmpty() ? List.of() : Manifests.read(manifests);
    ClusterQuestion question =
        new ClusterQuestion(
            connection.client(),
            connection.namespace(),
            policies.stream().findFirst().orElse(null),
            !withoutPreemption);
    int nodes = question.nodes();
    ClusterReport report =
        new ClusterReport(
            objects.isEmpty() ? null : question.come(String.join(", ", manifests), objects),
            zones.isEmpty() && failingNodes.isEmpty() ? null : question.fail(zones, failingNodes),
            nodes);
    print(report.json(), report.table());
  }

  /** What runs simulations. */
  private interface Runs<T> {
    T run(Executor executor, LongSupplier nanos, Runnable arrived) throws InterruptedException;
  }

  private <T> T measured(long pods, Runs<T> runs) throws InterruptedException {
    int atATime = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    ExecutorService executor = Executors.newFixedThreadPool(atATime);
    try (SystemEnvironment environment = new SystemEnvironment();
        ProgressBar bar = ProgressBar.onStandardError(environment.clock(), pods)) {
      return runs.run(executor, environment.clock()::nanos, bar::add);
    } finally {
      executor.shutdownNow();
    }
  }

  private void print(ObjectNode json, String table) {
    System.out.print(output.equals("json") ? json.toPrettyString() + "\n" : table);
  }
}
