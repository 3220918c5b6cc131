package io.berth.cli.bench;

import io.berth.api.time.SystemEnvironment;
import io.berth.bench.SchedulerCore;
import io.berth.cli.CommandException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the scheduler's core, with no API server. */
@Command(
    name = "scheduler",
    description = "Measure how many pods the scheduler's core decides in a second of one thread.",
    mixinStandardHelpOptions = true)
public final class SchedulerBenchCommand implements Runnable {
  private static final int MOST_NODES = 1_000_000;

  @Option(
      names = "--nodes",
      split = ",",
      defaultValue = "5000,50000",
      paramLabel = "N",
      description = "On so many nodes (${DEFAULT-VALUE}).")
  private List<Integer> nodes = List.of();

  @Option(
      names = "--pods",
      split = ",",
      defaultValue = "basic,spread,anti,preferred,mixed",
      paramLabel = "KIND",
      description = "Pods of these kinds: ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private List<SchedulerCore.Kind> kinds = List.of();

  @Option(
      names = "--rounds",
      defaultValue = "3",
      paramLabel = "N",
      description = "Rounds after a warm-up; their median is printed (${DEFAULT-VALUE}).")
  private int rounds;

  @Override
  public void run() {
    if (rounds < 1) {
      throw new CommandException("--rounds " + rounds + ": expected at least 1");
    }
    for (int count : nodes) {
      if (count < 1 || count > MOST_NODES) {
        throw new CommandException("--nodes " + count + ": expected 1 to " + MOST_NODES);
      }
    }
    try (SystemEnvironment environment = new SystemEnvironment()) {
      new SchedulerCore(environment.clock(), rounds).run(nodes, kinds, System.out);
    }
  }
}
