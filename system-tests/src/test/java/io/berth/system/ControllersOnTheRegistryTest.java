package io.berth.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.CustomResources;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.admission.PlacementPreview;
import io.berth.apiserver.authz.Authorization;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.kinds.FirstPolicies;
import io.berth.apiserver.kinds.KindSettings;
import io.berth.apiserver.kinds.Kinds;
import io.berth.apiserver.registry.ResourceHandler;
import io.berth.apiserver.server.ApiServer;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.Router;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.store.memory.MemoryStore;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.ListOptions;
import io.berth.client.PatchType;
import io.berth.controllers.Controllers;
import io.berth.controllers.ControllersConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The controllers against the real registry in one process, with defaults, rules and admission. */
class ControllersOnTheRegistryTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final SystemEnvironment environment = new SystemEnvironment();
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final MemoryStore store = new MemoryStore(environment);
  private final WatchCache cache = new WatchCache(store, environment, metrics);
  private ApiClient admin;
  private Controllers controllers;

  @BeforeEach
  void start() throws InterruptedException {
    cache.start();
    ServedResources served = ServedResources.builtIn();
    Authorization authorization = new Authorization(cache);
    ApiServer api =
        new ApiServer(
            new Router(served),
            authorization.authorizer(),
            List.of(),
            Map.of(),
            metrics,
            environment.clock());
    ResourceHandler resources =
        Kinds.handler(
            store,
            cache,
            environment,
            KindSettings.defaults(),
            authorization,
            Map.of(),
            served,
            new PlacementPreview());
    api.serve(resources);
    admin = client(api, Identity.of("admin", Identity.MASTERS));
    for (String namespace : List.of("kube-system", "kube-public")) {
      create(Resources.NAMESPACES, "{'metadata':{'name':'" + namespace + "'}}");
    }
    new FirstPolicies(resources, environment.executor()).ensure();
    create(Resources.NAMESPACES, "{'metadata':{'name':'ns'}}");
    controllers =
        new Controllers(
            client(api, Identity.of(Identity.CONTROLLER_MANAGER)),
            environment,
            metrics,
            ControllersConfig.DEFAULT.withRootCa("PEM"),
            null);
    controllers.start();
  }

  private ApiClient client(ApiServer api, Identity identity) {
    return new ApiClient(new InProcessTransport(api, identity, environment));
  }

  @AfterEach
  void close() {
    controllers.close();
    cache.close();
    environment.close();
  }

  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private void create(ResourceDefinition resource, String object) {
    ObjectNode tree = (ObjectNode) json(object);
    tree.put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
    admin.create(resource, resource.namespaced() ? "ns" : null, tree);
  }

  private void eventually(BooleanSupplier condition) throws InterruptedException {
    long end = environment.clock().nanos() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(environment.clock().nanos()).as("the time").isLessThan(end);
      CountDownLatch tick = new CountDownLatch(1);
      environment.timers().after(Duration.ofMillis(10), tick::countDown);
      tick.await(1, TimeUnit.SECONDS);
    }
  }

  private List<ApiObject> list(ResourceDefinition resource) {
    return admin.list(resource, "ns", ListOptions.ALL).items();
  }

  private JsonNode deployment() {
    return admin.get(Resources.DEPLOYMENTS, "ns", "web").tree();
  }

  /** What an agent would do: run every pod and have it ready. */
  private void runPods() {
    int address = 1;
    for (ApiObject pod : list(Resources.PODS)) {
      if (pod.tree().path("status").path("phase").asText().equals("Pending")) {
        admin.patch(
            Resources.PODS,
            "ns",
            pod.key().name(),
            "status",
            PatchType.MERGE,
            json(
                "{'status':{'phase':'Running','podIP':'10.0.0.%d','podIPs':[{'ip':'10.0.0.%d'}],"
                        .formatted(address, address)
                    + "'conditions':[{'type':'Ready','status':'True',"
                    + "'lastTransitionTime':'2026-01-01T00:00:00Z'}]}}"));
      }
      address++;
    }
  }

  private void deploy(int replicas) {
    create(
        Resources.DEPLOYMENTS,
        "{'metadata':{'name':'web'},'spec':{'replicas':%d,'selector':{'matchLabels':{'app':'web'}},"
                .formatted(replicas)
            + "'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'c',"
            + "'image':'v1','ports':[{'containerPort':8080,'name':'http'}]}]}}}}");
  }

  private boolean complete(int replicas) {
    runPods();
    JsonNode status = deployment().path("status");
    return status.path("updatedReplicas").asInt() == replicas
        && status.path("replicas").asInt() == replicas
        && status.path("availableReplicas").asInt() == replicas
        && status.path("observedGeneration").asInt()
            == deployment().path("metadata").path("generation").asInt();
  }

  @Test
  void customObjectsAreGarbageTooAndGoWithTheirNamespace() throws InterruptedException {
    ObjectNode crd =
        (ObjectNode)
            json(
                "{'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition',"
                    + "'metadata':{'name':'toys.test.example.com'},'spec':{"
                    + "'group':'test.example.com','scope':'Namespaced','names':{'plural':'toys',"
                    + "'kind':'Toy'},'versions':[{'name':'v1','served':true,'storage':true,"
                    + "'schema':{'openAPIV3Schema':{'type':'object'}}}]}}");
    admin.create(Resources.CUSTOM_RESOURCE_DEFINITIONS, null, crd);
    ResourceDefinition toys = CustomResources.stored(crd);
    eventually(() -> admin.find(toys, "ns", "none").isEmpty() && served(toys));
    create(Resources.CONFIG_MAPS, "{'metadata':{'name':'owner'}}");
    String uid = admin.get(Resources.CONFIG_MAPS, "ns", "owner").header().uid();
    create(
        toys,
        "{'metadata':{'name':'owned','ownerReferences':[{'apiVersion':'v1','kind':'ConfigMap',"
            + "'name':'owner','uid':'"
            + uid
            + "'}]}}");
    create(toys, "{'metadata':{'name':'free'}}");
    admin.delete(Resources.CONFIG_MAPS, "ns", "owner", DeleteOptions.DEFAULT);
    eventually(() -> admin.find(toys, "ns", "owned").isEmpty());
    assertThat(admin.find(toys, "ns", "free")).isPresent();
    admin.delete(Resources.NAMESPACES, null, "ns", DeleteOptions.DEFAULT);
    eventually(() -> admin.find(Resources.NAMESPACES, null, "ns").isEmpty());
    assertThat(admin.list(toys, null, ListOptions.ALL).items()).isEmpty();
  }

  private boolean served(ResourceDefinition resource) {
    try {
      admin.list(resource, null, ListOptions.ALL);
      return true;
    } catch (ApiException e) {
      return false;
    }
  }

  @Test
  void aDeploymentBehindAServiceIsRolledOutAndDeleted() throws InterruptedException {
    eventually(() -> admin.find(Resources.CONFIG_MAPS, "ns", "kube-root-ca.crt").isPresent());
    create(
        Resources.SERVICES,
        "{'metadata':{'name':'web'},'spec':{'selector':{'app':'web'},"
            + "'ports':[{'port':80,'targetPort':'http'}]}}");
    deploy(3);
    eventually(() -> complete(3));
    eventually(
        () ->
            list(Resources.ENDPOINT_SLICES).stream()
                    .mapToInt(s -> s.tree().path("endpoints").size())
                    .sum()
                == 3);
    admin.patch(
        Resources.DEPLOYMENTS,
        "ns",
        "web",
        null,
        PatchType.STRATEGIC_MERGE,
        json("{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'v2'}]}}}}"));
    eventually(() -> complete(3));
    assertThat(list(Resources.REPLICA_SETS)).hasSize(2);
    admin.delete(Resources.DEPLOYMENTS, "ns", "web", DeleteOptions.propagation("Foreground"));
    eventually(() -> admin.find(Resources.DEPLOYMENTS, "ns", "web").isEmpty());
    assertThat(list(Resources.PODS)).isEmpty();
    assertThat(list(Resources.REPLICA_SETS)).isEmpty();
  }

  @Test
  void aClusterAtRestIsSilent() throws InterruptedException {
    deploy(3);
    eventually(() -> complete(3));
    create(
        Resources.SERVICES,
        "{'metadata':{'name':'web'},'spec':{'selector':{'app':'web'},'ports':[{'port':80}]}}");
    eventually(() -> admin.find(Resources.ENDPOINTS, "ns", "web").isPresent());
    eventually(this::quiet);
  }

  /** Whether nothing at all was written for a second. */
  private boolean quiet() {
    String before = version();
    CountDownLatch second = new CountDownLatch(1);
    environment.timers().after(Duration.ofSeconds(1), second::countDown);
    try {
      second.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return before.equals(version());
  }

  private String version() {
    return admin.list(Resources.RUNTIME_CLASSES, null, ListOptions.ALL).resourceVersion();
  }

  @Test
  void aNamespaceGoesWithAllThatIsInIt() throws InterruptedException {
    deploy(2);
    eventually(() -> complete(2));
    admin.delete(Resources.NAMESPACES, null, "ns", DeleteOptions.DEFAULT);
    eventually(() -> admin.find(Resources.NAMESPACES, null, "ns").isEmpty());
    assertThat(list(Resources.PODS)).isEmpty();
  }

  @Test
  void theDefaultRolesAreAggregated() throws Exception {
    eventually(() -> grantsOf("admin").contains("rolebindings"));
    eventually(() -> grantsOf("admin").contains("pods/exec"));
    eventually(() -> grantsOf("admin").contains("endpointslices"));
  }

  private String grantsOf(String role) {
    return admin.get(Resources.CLUSTER_ROLES, null, role).tree().path("rules").toString();
  }

  @Test
  void aLargeDeploymentIsMadeExactly() throws InterruptedException {
    eventually(() -> admin.find(Resources.SERVICE_ACCOUNTS, "ns", "default").isPresent());
    deploy(1_000);
    eventually(() -> deployment().path("status").path("replicas").asInt() == 1_000);
    assertThat(list(Resources.PODS)).hasSize(1_000);
  }
}
