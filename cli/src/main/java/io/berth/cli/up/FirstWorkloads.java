package io.berth.cli.up;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.images.ContainerdImages;
import io.berth.agent.runtime.cri.CriClient;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiRequest;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.cli.kube.Applier;
import io.berth.cli.kube.Manifests;
import io.berth.cli.kube.Tables;
import io.berth.cli.kube.Waiting;
import io.berth.client.ApiClient;
import io.berth.client.ListOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Applies what {@code up} was told to run and waits, with progress, until all of it does. */
final class FirstWorkloads {
  private static final String NAMESPACE = "default";
  private static final String AS_TABLE =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

  private final ApiClient client;
  private final Environment environment;
  private final UpOptions options;
  private final CountDownLatch stop;

  /**
   * @param stop ends the waiting early
   */
  FirstWorkloads(
      ApiClient client, Environment environment, UpOptions options, CountDownLatch stop) {
    this.stop = stop;
    this.client = client;
    this.environment = environment;
    this.options = options;
  }

  void run(Progress progress) {
    List<String> files = new ArrayList<>(options.manifests());
    if (options.demo()) {
      loadDemoImage();
      progress.done("Image " + DemoImage.NAME + " made and loaded");
      files.addFirst(demoManifest());
    }
    List<ObjectNode> objects = Manifests.read(files);
    Applier applier = new Applier(client, NAMESPACE);
    objects.forEach(object -> progress.done(applier.apply(object)));
    awaitRunning(objects, progress);
    if (stop.getCount() > 0) {
      progress.done("All pods are ready");
      printPods();
    }
  }

  private void loadDemoImage() {
    DataDirectory directory = options.directory();
    Path archive = directory.root().resolve("berth-demo.tar");
    DemoImage.write(archive);
    Path socket = NodeRuntime.containerdSocket(environment, directory);
    try (CriClient cri = new CriClient(socket)) {
      new ContainerdImages(environment, cri, directory.agent().resolve("images")).load(archive);
      Files.delete(archive);
    } catch (IOException e) {
      throw new CommandException("cannot delete " + archive + ": " + e.getMessage(), e);
    }
  }

  private static String demoManifest() {
    String home = System.getenv("BERTH_HOME");
    Path manifest = Path.of(home == null ? "." : home, "manifests", "demo.yaml");
    if (!Files.exists(manifest)) {
      throw new CommandException(manifest + " is missing: run 'berth' from its checkout");
    }
    return manifest.toString();
  }

  private void awaitRunning(List<ObjectNode> objects, Progress progress) {
    int wanted = objects.stream().mapToInt(FirstWorkloads::podsOf).sum();
    Waiting waiting = new Waiting(environment, Duration.ofSeconds(options.timeoutSeconds()));
    boolean done =
        waiting.until(
            () -> {
              if (stop.getCount() == 0) {
                return true;
              }
              int ready = objects.stream().mapToInt(this::ready).sum();
              progress.count("pods ready", Math.min(ready, wanted), wanted, "");
              return ready >= wanted;
            });
    if (!done) {
      printPods();
      throw new CommandException(
          "not all pods are ready after "
              + options.timeoutSeconds()
              + " s: 'berth describe pods' says why");
    }
  }

  /** How many pods an object stands for. */
  private static int podsOf(JsonNode object) {
    return switch (object.path("kind").asText()) {
      case "Pod" -> 1;
      case "Deployment", "ReplicaSet" -> object.path("spec").path("replicas").asInt(1);
      default -> 0;
    };
  }

  private int ready(JsonNode object) {
    String kind = object.path("kind").asText();
    if (podsOf(object) == 0) {
      return 0;
    }
    String namespace = object.path("metadata").path("namespace").asText(NAMESPACE);
    String name = object.path("metadata").path("name").asText();
    Optional<JsonNode> now =
        Resources.find(object.path("apiVersion").asText(), kind)
            .flatMap(resource -> client.find(resource, namespace, name))
            .map(ApiObject::tree);
    return now.map(
            n -> kind.equals("Pod") ? podReady(n) : n.path("status").path("readyReplicas").asInt())
        .orElse(0);
  }

  private static int podReady(JsonNode pod) {
    return Readiness.ready(pod) || pod.path("status").path("phase").asText().equals("Succeeded")
        ? 1
        : 0;
  }

  private void printPods() {
    if (client.list(Resources.PODS, NAMESPACE, ListOptions.ALL).items().isEmpty()) {
      return;
    }
    ApiRequest request =
        ApiRequest.get(Resources.PODS.path(NAMESPACE)).withHeader("accept", AS_TABLE);
    System.out.println();
    System.out.print(Tables.of(Json.parse(client.send(request).body())));
  }
}
