package io.berth.cli.up;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.scheduler.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code berth up}. */
final class UpOptions {
  @Mixin private NodeOptions node = new NodeOptions();

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "6443",
      description = "The API server's port (${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "Also write the kubeconfig here.")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--pod-cidr",
      paramLabel = "CIDR",
      defaultValue = "10.244.0.0/24",
      description = "The node's pod addresses (${DEFAULT-VALUE}).")
  private String podCidr = "";

  @Option(
      names = "--service-cidr",
      paramLabel = "CIDR",
      defaultValue = "10.96.0.0/16",
      description = "The Services' addresses (${DEFAULT-VALUE}).")
  private String serviceCidr = "";

  @Option(
      names = "--store",
      paramLabel = "KIND",
      defaultValue = "embedded",
      description = "embedded or etcd.")
  private String store = "";

  @Option(
      names = "--etcd-endpoints",
      split = ",",
      paramLabel = "URL",
      description = "With --store etcd.")
  private List<String> etcdEndpoints = List.of();

  @Option(
      names = "--scheduler-config",
      paramLabel = "FILE",
      description = "How the scheduler decides: a KubeSchedulerConfiguration.")
  private @Nullable Path schedulerConfig;

  @Option(
      names = "--detach",
      description = "Return when the node is Ready, and leave the cluster running.")
  private boolean detach;

  @Option(names = "--demo", description = "Make the demo's image and run the demo.")
  private boolean demo;

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description = "Apply this once the node is Ready.")
  private List<String> manifests = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "180",
      description = "How long to wait for what was applied (${DEFAULT-VALUE}).")
  private long timeoutSeconds;

  /**
   * By what the scheduler decides: a {@code KubeSchedulerConfiguration} that was found to be right.
   *
   * @throws CommandException the file cannot be read
   */
  JsonNode schedulerFile() {
    if (schedulerConfig == null) {
      return Json.object()
          .put("apiVersion", Configuration.API_VERSION)
          .put("kind", Configuration.KIND);
    }
    try {
      JsonNode file = Yaml.read(Files.readAllBytes(schedulerConfig));
      Configuration.read(file);
      return file;
    } catch (NoSuchFileException e) {
      throw new CommandException("--scheduler-config " + schedulerConfig + ": no such file", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandException(
          "--scheduler-config " + schedulerConfig + ": " + e.getMessage(), e);
    }
  }

  DataDirectory directory() {
    return node.directory();
  }

  int port() {
    return port;
  }

  int agentPort() {
    return node.agentPort();
  }

  Path kubeconfig() {
    return kubeconfig == null ? directory().kubeconfig() : kubeconfig.toAbsolutePath();
  }

  String nodeName() {
    return node.name();
  }

  String podCidr() {
    return podCidr;
  }

  String clusterCidr() {
    return node.clusterCidr(podCidr);
  }

  String serviceCidr() {
    return serviceCidr;
  }

  boolean etcd() {
    return switch (store) {
      case "embedded" -> {
        if (!etcdEndpoints.isEmpty()) {
          throw new CommandException("--etcd-endpoints goes with --store etcd");
        }
        yield false;
      }
      case "etcd" -> {
        if (etcdEndpoints.isEmpty()) {
          throw new CommandException("--store etcd needs --etcd-endpoints URL[,URL...]");
        }
        yield true;
      }
      default -> throw new CommandException("--store " + store + ": expected embedded or etcd");
    };
  }

  List<String> etcdEndpoints() {
    return etcdEndpoints;
  }

  boolean detach() {
    return detach;
  }

  boolean demo() {
    return demo;
  }

  List<String> manifests() {
    return manifests;
  }

  long timeoutSeconds() {
    return timeoutSeconds;
  }

  /**
   * The same command without {@code --detach} and what is applied, for the process in the
   * background.
   */
  List<String> inBackground() {
    List<String> arguments = new ArrayList<>(List.of("up"));
    arguments.addAll(node.arguments());
    arguments.addAll(
        List.of("--port", Integer.toString(port), "--kubeconfig", kubeconfig().toString()));
    arguments.addAll(
        List.of("--pod-cidr", podCidr, "--service-cidr", serviceCidr, "--store", store));
    if (!etcdEndpoints.isEmpty()) {
      arguments.addAll(List.of("--etcd-endpoints", String.join(",", etcdEndpoints)));
    }
    if (schedulerConfig != null) {
      arguments.addAll(List.of("--scheduler-config", schedulerConfig.toAbsolutePath().toString()));
    }
    return arguments;
  }
}
