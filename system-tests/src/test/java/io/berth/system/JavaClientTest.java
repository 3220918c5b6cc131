package io.berth.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.gson.reflect.TypeToken;
import io.berth.api.time.SystemEnvironment;
import io.berth.cli.kube.Waiting;
import io.berth.cli.up.TestingCluster;
import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.kubernetes.client.extended.leaderelection.LeaderElector;
import io.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.kubernetes.client.informer.ResourceEventHandler;
import io.kubernetes.client.informer.SharedIndexInformer;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.apis.ApiextensionsV1Api;
import io.kubernetes.client.openapi.apis.CoordinationV1Api;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.apis.VersionApi;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ConfigMapList;
import io.kubernetes.client.openapi.models.V1CustomResourceDefinition;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.PatchUtils;
import io.kubernetes.client.util.Watch;
import io.kubernetes.client.util.Yaml;
import io.kubernetes.client.util.generic.dynamic.DynamicKubernetesApi;
import io.kubernetes.client.util.generic.dynamic.DynamicKubernetesObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kubernetes' own Java client against a cluster in memory: objects, watches and leases. */
@Tag("real")
@Timeout(60)
class JavaClientTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String NAMESPACE = "default";

  @TempDir private static Path scratch;
  private static final SystemEnvironment environment = new SystemEnvironment();
  private static TestingCluster cluster;
  private static ApiClient client;
  private static CoreV1Api core;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    cluster = new TestingCluster(scratch, 0);
    client = Config.fromConfig(cluster.kubeconfig().toString());
    core = new CoreV1Api(client);
  }

  @AfterAll
  static void stop() {
    client.getHttpClient().dispatcher().executorService().shutdown();
    client.getHttpClient().connectionPool().evictAll();
    cluster.close();
    environment.close();
  }

  private static void eventually(BooleanSupplier condition) {
    assertThat(new Waiting(environment, LIMIT).until(condition)).isTrue();
  }

  private static V1ConfigMap configMap(String name, String value) {
    return new V1ConfigMap()
        .apiVersion("v1")
        .kind("ConfigMap")
        .metadata(new V1ObjectMeta().name(name).putLabelsItem("of", name.replaceAll("-.*", "")))
        .data(Map.of("key", value));
  }

  private static V1ConfigMap create(String name, String value) throws ApiException {
    return core.createNamespacedConfigMap(NAMESPACE, configMap(name, value)).execute();
  }

  private static ApiException refused(Call call) {
    ApiException e = catchThrowableOfType(ApiException.class, call::run);
    assertThat(e).isNotNull();
    return e;
  }

  /** A request that may be refused. */
  private interface Call {
    void run() throws ApiException;
  }

  @Test
  void theServerTellsItsVersion() throws ApiException {
    assertThat(new VersionApi(client).getCode().execute().getGitVersion()).startsWith("v1.36.");
  }

  @Test
  void objectsAreCreatedReadReplacedAndDeleted() throws ApiException {
    V1ConfigMap created = create("whole", "one");
    assertThat(created.getMetadata().getCreationTimestamp()).isNotNull();
    assertThat(refused(() -> create("whole", "one")).getCode()).isEqualTo(409);
    V1ConfigMap replaced =
        core.replaceNamespacedConfigMap("whole", NAMESPACE, created.data(Map.of("key", "two")))
            .execute();
    assertThat(replaced.getMetadata().getResourceVersion())
        .isNotEqualTo(created.getMetadata().getResourceVersion());
    assertThat(
            refused(() -> core.replaceNamespacedConfigMap("whole", NAMESPACE, created).execute())
                .getResponseBody())
        .contains("\"reason\":\"Conflict\"", "the object has been modified");
    V1ConfigMap patched =
        PatchUtils.patch(
            V1ConfigMap.class,
            () ->
                core.patchNamespacedConfigMap(
                        "whole",
                        NAMESPACE,
                        new V1Patch(
                            "[{\"op\":\"add\",\"path\":\"/data/more\",\"value\":\"three\"}]"))
                    .buildCall(null),
            V1Patch.PATCH_FORMAT_JSON_PATCH,
            client);
    assertThat(patched.getData()).isEqualTo(Map.of("key", "two", "more", "three"));
    assertThat(core.deleteNamespacedConfigMap("whole", NAMESPACE).execute().getStatus())
        .isEqualTo("Success");
    assertThat(refused(() -> core.readNamespacedConfigMap("whole", NAMESPACE).execute()).getCode())
        .isEqualTo(404);
  }

  @Test
  void dryRunAnswersAsIfAndLeavesNothing() throws ApiException {
    V1ConfigMap answered =
        core.createNamespacedConfigMap(NAMESPACE, configMap("dry", "one")).dryRun("All").execute();
    assertThat(answered.getMetadata().getUid()).isNotEmpty();
    assertThat(refused(() -> core.readNamespacedConfigMap("dry", NAMESPACE).execute()).getCode())
        .isEqualTo(404);
  }

  @Test
  void unknownFieldsAreRefusedWhereTheClientAsksForThat() {
    V1Patch patch = new V1Patch("{\"dat\":{\"key\":\"typo\"}}");
    ApiException e =
        refused(
            () -> {
              create("strict", "one");
              PatchUtils.patch(
                  V1ConfigMap.class,
                  () ->
                      core.patchNamespacedConfigMap("strict", NAMESPACE, patch)
                          .fieldValidation("Strict")
                          .buildCall(null),
                  V1Patch.PATCH_FORMAT_JSON_MERGE_PATCH,
                  client);
            });
    assertThat(e.getResponseBody()).contains("unknown field \\\"dat\\\"");
  }

  @Test
  void pagesTogetherAreTheWholeListAsItWasAtTheFirst() throws ApiException {
    for (int i = 0; i < 7; i++) {
      create("paged-" + i, "x");
    }
    List<String> names = new ArrayList<>();
    String next = null;
    List<Long> remaining = new ArrayList<>();
    do {
      V1ConfigMapList page =
          core.listNamespacedConfigMap(NAMESPACE).limit(3)._continue(next).execute();
      page.getItems().stream()
          .map(map -> map.getMetadata().getName())
          .filter(name -> name.startsWith("paged-"))
          .forEach(names::add);
      remaining.add(page.getMetadata().getRemainingItemCount());
      if (next == null) {
        create("paged-9-late", "x"); // after the first page was cut
      }
      next = page.getMetadata().getContinue();
    } while (next != null && !next.isEmpty());
    assertThat(names)
        .containsExactly(
            "paged-0", "paged-1", "paged-2", "paged-3", "paged-4", "paged-5", "paged-6");
    assertThat(remaining.getFirst()).isGreaterThanOrEqualTo(4);
    assertThat(remaining.getLast()).isNull();
    core.deleteCollectionNamespacedConfigMap(NAMESPACE).labelSelector("of=paged").execute();
    assertThat(
            core.listNamespacedConfigMap(NAMESPACE).labelSelector("of=paged").execute().getItems())
        .isEmpty();
  }

  private static V1ConfigMap apply(String manager, boolean force, V1ConfigMap map)
      throws ApiException {
    return PatchUtils.patch(
        V1ConfigMap.class,
        () ->
            core.patchNamespacedConfigMap(
                    map.getMetadata().getName(), NAMESPACE, new V1Patch(JSON.serialize(map)))
                .fieldManager(manager)
                .force(force)
                .buildCall(null),
        V1Patch.PATCH_FORMAT_APPLY_YAML,
        client);
  }

  @Test
  void serverSideApplyOwnsFieldsAndConflicts() throws ApiException {
    apply("one", false, configMap("applied", "mine"));
    V1ConfigMap theirs = configMap("applied", "theirs");
    ApiException conflict = refused(() -> apply("two", false, theirs));
    assertThat(conflict.getCode()).isEqualTo(409);
    assertThat(conflict.getResponseBody())
        .contains("conflict with \\\"one\\\": .data.key", "FieldManagerConflict");
    assertThat(apply("two", true, theirs).getData()).containsEntry("key", "theirs");
  }

  @Test
  void watchesTellEveryChange() throws Exception {
    String since =
        core.listNamespacedConfigMap(NAMESPACE).execute().getMetadata().getResourceVersion();
    create("watched", "one");
    core.deleteNamespacedConfigMap("watched", NAMESPACE).execute();
    List<String> events = new ArrayList<>();
    try (Watch<V1ConfigMap> watch =
        Watch.createWatch(
            client,
            core.listNamespacedConfigMap(NAMESPACE)
                .watch(true)
                .fieldSelector("metadata.name=watched")
                .resourceVersion(since)
                .timeoutSeconds(1)
                .buildCall(null),
            new TypeToken<Watch.Response<V1ConfigMap>>() {}.getType())) {
      watch.forEach(event -> events.add(event.type + " " + event.object.getData().get("key")));
    }
    assertThat(events).containsExactly("ADDED one", "DELETED one");
  }

  @Test
  void informersFollowWhatChanges() throws ApiException {
    List<String> events = new CopyOnWriteArrayList<>();
    create("informed-1", "a");
    SharedInformerFactory factory = new SharedInformerFactory(client);
    SharedIndexInformer<V1ConfigMap> informer =
        factory.sharedIndexInformerFor(
            parameters ->
                core.listNamespacedConfigMap(NAMESPACE)
                    .labelSelector("of=informed")
                    .resourceVersion(parameters.resourceVersion)
                    .timeoutSeconds(parameters.timeoutSeconds)
                    .watch(parameters.watch)
                    .buildCall(null),
            V1ConfigMap.class,
            V1ConfigMapList.class);
    informer.addEventHandler(handler(events));
    factory.startAllRegisteredInformers();
    try {
      eventually(() -> informer.hasSynced() && events.size() == 1);
      create("informed-2", "b");
      eventually(() -> informer.getIndexer().list().size() == 2);
      core.replaceNamespacedConfigMap("informed-2", NAMESPACE, configMap("informed-2", "c"))
          .execute();
      eventually(() -> events.size() == 3);
      core.deleteNamespacedConfigMap("informed-1", NAMESPACE).execute();
      eventually(() -> informer.getIndexer().list().size() == 1 && events.size() == 4);
    } finally {
      factory.stopAllRegisteredInformers();
    }
    assertThat(events)
        .containsExactly(
            "add informed-1 a", "add informed-2 b", "update informed-2 c", "delete informed-1 a");
  }

  private static ResourceEventHandler<V1ConfigMap> handler(List<String> events) {
    return new ResourceEventHandler<>() {
      private void add(String what, V1ConfigMap map) {
        events.add(what + " " + map.getMetadata().getName() + " " + map.getData().get("key"));
      }

      @Override
      public void onAdd(V1ConfigMap map) {
        add("add", map);
      }

      @Override
      public void onUpdate(V1ConfigMap before, V1ConfigMap map) {
        add("update", map);
      }

      @Override
      public void onDelete(V1ConfigMap map, boolean unknown) {
        add("delete", map);
      }
    };
  }

  @Test
  void customObjectsAreServedAsSoonAsTheirDefinitionIs() throws Exception {
    V1CustomResourceDefinition definition =
        Yaml.loadAs(
            Path.of("src/test/resources/helm/chart/crds/crd.yaml").toFile(),
            V1CustomResourceDefinition.class);
    ApiextensionsV1Api definitions = new ApiextensionsV1Api(client);
    definitions.createCustomResourceDefinition(definition).execute();
    DynamicKubernetesApi carts =
        new DynamicKubernetesApi("shop.example.com", "v1", "carts", client);
    eventually(() -> carts.list(NAMESPACE).isSuccess());
    JsonElement json =
        JsonParser.parseString(
            """
            {"apiVersion": "shop.example.com/v1", "kind": "Cart",
             "metadata": {"name": "mine", "namespace": "default"}, "spec": {"items": 2, "lost": 1}}
            """);
    DynamicKubernetesObject cart =
        carts
            .create(new DynamicKubernetesObject(json.getAsJsonObject()))
            .throwsApiException()
            .getObject();
    assertThat(cart.getRaw().getAsJsonObject("spec").toString()).isEqualTo("{\"items\":2}");
    assertThat(
            carts
                .patch(
                    NAMESPACE,
                    "mine",
                    V1Patch.PATCH_FORMAT_JSON_MERGE_PATCH,
                    new V1Patch("{\"spec\":{\"items\":-1}}"))
                .getStatus()
                .getMessage())
        .contains("spec.items: Invalid value");
    assertThat(carts.delete(NAMESPACE, "mine").isSuccess()).isTrue();
    definitions.deleteCustomResourceDefinition(definition.getMetadata().getName()).execute();
  }

  @Test
  void aLeaderIsElectedAndItsSuccessorAfterIt() throws Exception {
    CompletableFuture<Void> first = new CompletableFuture<>();
    CompletableFuture<Void> second = new CompletableFuture<>();
    LeaderElector a = elector("a");
    Thread leading = Thread.ofVirtual().start(() -> a.run(() -> first.complete(null), () -> {}));
    first.get(30, TimeUnit.SECONDS);
    LeaderElector b = elector("b");
    Thread waiting = Thread.ofVirtual().start(() -> b.run(() -> second.complete(null), () -> {}));
    assertThat(second.isDone()).isFalse();
    a.close(); // which releases the lease
    second.get(30, TimeUnit.SECONDS);
    var lease =
        new CoordinationV1Api(client).readNamespacedLease("java-leader", NAMESPACE).execute();
    assertThat(lease.getSpec().getHolderIdentity()).isEqualTo("b");
    assertThat(lease.getSpec().getLeaseTransitions()).isGreaterThanOrEqualTo(1);
    b.close();
    leading.interrupt();
    waiting.interrupt();
    leading.join();
    waiting.join();
  }

  private static LeaderElector elector(String name) {
    return new LeaderElector(
        new LeaderElectionConfig(
            new LeaseLock(NAMESPACE, "java-leader", name, client),
            Duration.ofSeconds(3),
            Duration.ofSeconds(2),
            Duration.ofMillis(200)));
  }
}
