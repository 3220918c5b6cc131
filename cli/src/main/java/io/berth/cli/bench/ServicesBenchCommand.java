package io.berth.cli.bench;

import io.berth.api.time.SystemEnvironment;
import io.berth.bench.ServiceProgramming;
import io.berth.cli.CommandException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures a node's forwarding of services, with no API server. */
@Command(
    name = "services",
    description = {
      "Measure how long a node takes to program services into the kernel, and one change.",
      "Needs root and nft; makes a table of its own and takes it away again."
    },
    mixinStandardHelpOptions = true)
public final class ServicesBenchCommand implements Runnable {
  private static final int MOST_SERVICES = 60_000;
  private static final int MOST_ENDPOINTS = 100;

  @Option(
      names = "--services",
      defaultValue = "10000",
      paramLabel = "N",
      description = "So many services (${DEFAULT-VALUE}).")
  private int services;

  @Option(
      names = "--endpoints",
      defaultValue = "10",
      paramLabel = "N",
      description = "Endpoints of each (${DEFAULT-VALUE}).")
  private int endpoints;

  @Option(
      names = "--changes",
      defaultValue = "50",
      paramLabel = "N",
      description = "Changes of one service each, one after the other (${DEFAULT-VALUE}).")
  private int changes;

  @Override
  public void run() {
    check("--services", services, MOST_SERVICES);
    check("--endpoints", endpoints, MOST_ENDPOINTS);
    check("--changes", changes, MOST_SERVICES);
    try (SystemEnvironment environment = new SystemEnvironment()) {
      new ServiceProgramming(environment, services, endpoints, changes).run(System.out);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }

  private static void check(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new CommandException(option + " " + value + ": expected 1 to " + most);
    }
  }
}
