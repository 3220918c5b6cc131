package io.berth.cli.kube;

import io.berth.api.codec.Yaml;
import io.berth.api.time.SystemEnvironment;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.client.ApiClient;
import io.berth.client.Kubeconfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that talks to a cluster, and the way there that they lead to. */
public final class Connection {
  @Option(names = "--kubeconfig", paramLabel = "FILE", description = "The cluster's kubeconfig.")
  private @Nullable Path kubeconfigFile;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      description = "The namespace; the kubeconfig's where absent.")
  private @Nullable String namespace;

  private @Nullable Kubeconfig kubeconfig;
  private final SystemEnvironment environment = new SystemEnvironment();

  Kubeconfig kubeconfig() {
    Kubeconfig known = kubeconfig;
    if (known == null) {
      known = load(find());
      kubeconfig = known;
    }
    return known;
  }

  public ApiClient client() {
    return new ApiClient(kubeconfig().open(environment));
  }

  SystemEnvironment environment() {
    return environment;
  }

  /** The namespace that objects are in which name none. */
  public String namespace() {
    return namespace == null ? kubeconfig().namespace() : namespace;
  }

  private Path find() {
    List<Path> candidates = new ArrayList<>();
    if (kubeconfigFile != null) {
      candidates.add(kubeconfigFile);
    } else {
      String variable = System.getenv("KUBECONFIG");
      if (variable != null && !variable.isEmpty()) {
        candidates.add(Path.of(variable));
      } else {
        candidates.add(DataDirectory.of(null).kubeconfig());
        candidates.add(Path.of(System.getProperty("user.home"), ".kube", "config"));
      }
    }
    for (Path candidate : candidates) {
      if (Files.exists(candidate)) {
        return candidate;
      }
    }
    throw new CommandException(
        "no kubeconfig at "
            + candidates.getFirst()
            + ": start a cluster with 'berth up', or name one with --kubeconfig");
  }

  private static Kubeconfig load(Path file) {
    try {
      return Kubeconfig.of(file, Yaml.read(Files.readAllBytes(file)));
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandException(file + ": " + e.getMessage(), e);
    }
  }
}
