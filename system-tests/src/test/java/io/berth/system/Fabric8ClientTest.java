package io.berth.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import io.berth.cli.kube.Waiting;
import io.berth.cli.up.TestingCluster;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** fabric8's client, which nobody here wrote, against a cluster in memory. */
@Tag("real")
class Fabric8ClientTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private static Path scratch;
  private static final SystemEnvironment environment = new SystemEnvironment();
  private static TestingCluster cluster;
  private static KubernetesClient client;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    cluster = new TestingCluster(scratch, 1);
    client = client(false);
  }

  private static KubernetesClient client(boolean onlyHttpWatches) {
    Config config = Config.fromKubeconfig(cluster.kubeconfig().toFile());
    config.setNamespace("default");
    config.setOnlyHttpWatches(onlyHttpWatches);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  @AfterAll
  static void stop() {
    client.close();
    cluster.close();
    environment.close();
  }

  private static void eventually(BooleanSupplier condition) {
    assertThat(new Waiting(environment, LIMIT).until(condition)).isTrue();
  }

  private static ConfigMap configMap(String name, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withData(Map.of("key", value))
        .build();
  }

  private static void watches(KubernetesClient with, String name) {
    List<String> events = new CopyOnWriteArrayList<>();
    Watcher<ConfigMap> watcher =
        new Watcher<>() {
          @Override
          public void eventReceived(Action action, ConfigMap map) {
            events.add(action + " " + map.getData().get("key"));
          }

          @Override
          public void onClose(WatcherException cause) {
            events.add("closed " + cause);
          }
        };
    try (Watch watch = with.configMaps().withName(name).watch(watcher)) {
      with.resource(configMap(name, "one")).create();
      with.configMaps()
          .withName(name)
          .edit(map -> new ConfigMapBuilder(map).addToData("key", "two").build());
      with.configMaps().withName(name).delete();
      eventually(() -> events.size() == 3);
      assertThat(watch).isNotNull();
    }
    assertThat(events).startsWith("ADDED one", "MODIFIED two", "DELETED two");
  }

  @Test
  void watchesByWebSocketAndByHttpTellEveryChange() {
    watches(client, "by-websocket");
    try (KubernetesClient http = client(true)) {
      watches(http, "by-http");
    }
  }

  @Test
  void informersFollowWhatChanges() {
    List<String> events = new CopyOnWriteArrayList<>();
    ResourceEventHandler<ConfigMap> handler =
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(ConfigMap map) {
            events.add("add " + map.getMetadata().getName());
          }

          @Override
          public void onUpdate(ConfigMap before, ConfigMap map) {
            events.add("update " + map.getMetadata().getName());
          }

          @Override
          public void onDelete(ConfigMap map, boolean unknown) {
            events.add("delete " + map.getMetadata().getName());
          }
        };
    ConfigMap first =
        new ConfigMapBuilder(configMap("informed-1", "a"))
            .editMetadata()
            .addToLabels("informed", "yes")
            .endMetadata()
            .build();
    client.resource(first).create();
    try (SharedIndexInformer<ConfigMap> informer =
        client.configMaps().withLabel("informed", "yes").inform(handler)) {
      eventually(() -> informer.getStore().list().size() == 1);
      client
          .configMaps()
          .withName("informed-1")
          .edit(map -> new ConfigMapBuilder(map).addToData("more", "b").build());
      eventually(() -> events.contains("update informed-1"));
      // Loses its label: to the informer it is gone.
      client
          .configMaps()
          .withName("informed-1")
          .edit(
              map ->
                  new ConfigMapBuilder(map)
                      .editMetadata()
                      .removeFromLabels("informed")
                      .endMetadata()
                      .build());
      // The store changes before its handlers are told.
      eventually(() -> informer.getStore().list().isEmpty() && events.size() == 3);
      assertThat(events)
          .containsExactly("add informed-1", "update informed-1", "delete informed-1");
    }
  }

  @Test
  void serverSideApplyOwnsFieldsAndConflicts() {
    ConfigMap mine = configMap("applied", "mine");
    ConfigMap applied = client.resource(mine).fieldManager("one").serverSideApply();
    assertThat(applied.getMetadata().getManagedFields().getFirst().getManager()).isEqualTo("one");
    ConfigMap theirs = configMap("applied", "theirs");
    Assertions.assertThatThrownBy(
            () -> client.resource(theirs).fieldManager("two").serverSideApply())
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(409);
              assertThat(e.getStatus().getDetails().getCauses().getFirst().getField())
                  .isEqualTo(".data.key");
            });
    ConfigMap forced =
        client.resource(theirs).fieldManager("two").forceConflicts().serverSideApply();
    assertThat(forced.getData()).containsEntry("key", "theirs");
  }

  @Test
  void patchesOfEachTypeAndScaling() {
    Deployment web =
        new DeploymentBuilder()
            .withNewMetadata()
            .withName("scaled")
            .endMetadata()
            .withNewSpec()
            .withReplicas(1)
            .withNewSelector()
            .addToMatchLabels("app", "scaled")
            .endSelector()
            .withNewTemplate()
            .withNewMetadata()
            .addToLabels("app", "scaled")
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName("c")
            .withImage("web:1")
            .withImagePullPolicy("Never")
            .withNewResources()
            .addToRequests("cpu", new Quantity("10m"))
            .endResources()
            .endContainer()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();
    client.resource(web).create();
    var deployment = client.apps().deployments().withName("scaled");
    deployment.scale(2);
    deployment.waitUntilCondition(
        d -> d.getStatus() != null && Integer.valueOf(2).equals(d.getStatus().getReadyReplicas()),
        30,
        TimeUnit.SECONDS);
    deployment.patch(
        PatchContext.of(PatchType.STRATEGIC_MERGE),
        "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"web:2\"}]}}}}");
    deployment.patch(
        PatchContext.of(PatchType.JSON),
        "[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":1}]");
    deployment.patch(
        PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"annotations\":{\"a\":\"b\"}}}");
    Deployment patched = deployment.get();
    assertThat(patched.getSpec().getReplicas()).isEqualTo(1);
    assertThat(patched.getMetadata().getAnnotations()).containsEntry("a", "b");
    assertThat(patched.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage())
        .isEqualTo("web:2");
    deployment.rolling().restart();
    deployment.withTimeout(30, TimeUnit.SECONDS).delete();
    eventually(() -> client.pods().withLabel("app", "scaled").list().getItems().isEmpty());
  }

  @Test
  void logsAndCommandsReachTheContainer() throws Exception {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("talks")
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName("main")
            .withImage("busybox")
            .withImagePullPolicy("Never")
            .withCommand("sh", "-c", "echo hello; sleep infinity")
            .endContainer()
            .endSpec()
            .build();
    client.resource(pod).create();
    client.pods().withName("talks").waitUntilReady(30, TimeUnit.SECONDS);
    assertThat(client.pods().withName("talks").getLog()).isEqualTo("hello\n");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ExecWatch exec =
        client
            .pods()
            .withName("talks")
            .writingOutput(out)
            .exec("sh", "-c", "echo from inside; exit 4")) {
      assertThat(exec.exitCode().get(30, TimeUnit.SECONDS)).isEqualTo(4);
    }
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("from inside\n");
  }

  @Test
  void aLeaderIsElectedAndItsSuccessorAfterIt() throws Exception {
    CompletableFuture<Void> first = new CompletableFuture<>();
    CompletableFuture<Void> second = new CompletableFuture<>();
    CompletableFuture<?> leading = elector("a", first).start();
    first.get(30, TimeUnit.SECONDS);
    CompletableFuture<?> waiting = elector("b", second).start();
    assertThat(second.isDone()).isFalse();
    leading.cancel(true);
    second.get(30, TimeUnit.SECONDS);
    assertThat(
            client
                .leases()
                .inNamespace("default")
                .withName("leader")
                .get()
                .getSpec()
                .getHolderIdentity())
        .isEqualTo("b");
    waiting.cancel(true);
  }

  private static LeaderElector elector(String name, CompletableFuture<Void> leads) {
    return client
        .leaderElector()
        .withConfig(
            new LeaderElectionConfigBuilder()
                .withName("test")
                .withLock(new LeaseLock("default", "leader", name))
                .withLeaseDuration(Duration.ofSeconds(3))
                .withRenewDeadline(Duration.ofSeconds(2))
                .withRetryPeriod(Duration.ofMillis(200))
                .withReleaseOnCancel(true)
                .withLeaderCallbacks(
                    new LeaderCallbacks(() -> leads.complete(null), () -> {}, leader -> {}))
                .build())
        .build();
  }
}
