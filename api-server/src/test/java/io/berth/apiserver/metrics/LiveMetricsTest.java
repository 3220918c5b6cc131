package io.berth.apiserver.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.server.Delegated;
import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.store.StoreKeys;
import io.berth.apiserver.store.memory.MemoryStore;
import io.berth.apiserver.streaming.NodeAddress;
import io.berth.apiserver.streaming.NodeClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LiveMetricsTest {
  private static final String NODE =
      """
      {"kind":"Node","apiVersion":"v1","metadata":{"name":"%s","uid":"%1$s","labels":{"disk":"fast"}},
       "status":{"addresses":[{"type":"InternalIP","address":"192.0.2.1"}],
       "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}}
      """;
  private static final String POD =
      """
      {"kind":"Pod","apiVersion":"v1","metadata":{"name":"%s","namespace":"default","uid":"%1$s",
       "labels":{"app":"%2$s"}},"spec":{"nodeName":"%3$s"},"status":{"containerStatuses":[
       {"name":"a","state":{"running":{}}},{"name":"b","state":{"running":{}}}]}}
      """;
  private static final String FIGURES =
      """
      {"node":{"time":"2026-01-01T00:00:00Z","window":5001000000,"cpu":1500000000,"memory":1073741824},
       "pods":[
        {"uid":"web","containers":[
         {"name":"a","time":"2026-01-01T00:00:01Z","window":65000000000,"cpu":12345678,"memory":1048576},
         {"name":"b","time":"2026-01-01T00:00:01Z","window":65000000000,"cpu":250000000,"memory":4096}]},
        {"uid":"new","containers":[
         {"name":"a","time":"2026-01-01T00:00:01Z","window":5000000000,"cpu":1,"memory":4096}]}]}
      """;

  private final SystemEnvironment environment = new SystemEnvironment();
  private final MemoryStore store = new MemoryStore(environment);
  private final WatchCache cache = new WatchCache(store, environment, new SimpleMeterRegistry());
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private LiveMetrics metrics = new LiveMetrics(cache, new Agents(), environment);

  @BeforeEach
  void objects() {
    cache.start();
    put(Resources.NODES, "", "n1", NODE.formatted("n1"));
    put(Resources.NODES, "", "down", NODE.formatted("down"));
    put(Resources.PODS, "default", "web", POD.formatted("web", "web", "n1"));
    put(Resources.PODS, "default", "new", POD.formatted("new", "web", "n1"));
    put(Resources.PODS, "default", "lost", POD.formatted("lost", "other", "down"));
    cache.freshRevision();
    metrics = new LiveMetrics(cache, new Agents(), environment);
  }

  @AfterEach
  void close() throws InterruptedException {
    cache.close();
    environment.closeAndWait(Duration.ofSeconds(5));
  }

  private void put(ResourceDefinition kind, String namespace, String name, String json) {
    ObjectKey key = ObjectKey.of(kind.groupResource(), namespace, name);
    store.create(StoreKeys.of(key), json.getBytes(StandardCharsets.UTF_8), 0);
  }

  /** One agent that answers, and one that does not. */
  private final class Agents implements NodeClient {
    @Override
    public Body get(NodeAddress node, String target) throws IOException {
      asked.add(node.node());
      if (node.node().equals("down")) {
        throw new IOException("connection refused");
      }
      return new Body() {
        @Override
        public void receive(Receiver receiver) {
          receiver.onData(FIGURES.getBytes(StandardCharsets.UTF_8));
          receiver.onEnd(null);
        }

        @Override
        public void pause() {}

        @Override
        public void resume() {}

        @Override
        public void cancel() {}
      };
    }

    @Override
    public MessageChannel connect(NodeAddress node, String target, List<String> protocols)
        throws IOException {
      throw new IOException("not asked for");
    }
  }

  private static List<String> names(List<ApiObject> objects) {
    return objects.stream().map(object -> object.key().name()).toList();
  }

  @Test
  void nodesThatAnswerAreThereWithWhatTheyUse() {
    List<ApiObject> nodes = metrics.list(MetricKinds.NODES, "", node -> true);
    assertThat(names(nodes)).containsExactly("n1");
    assertThat(nodes.getFirst().tree().path("usage"))
        .isEqualTo(Json.object().put("cpu", "1500m").put("memory", "1Gi"));
    assertThat(nodes.getFirst().tree().path("window").asText()).isEqualTo("5.001s");
    assertThat(nodes.getFirst().header().labels()).containsEntry("disk", "fast");
  }

  @Test
  void podsAreThereOnceAllOfTheirContainersHaveARate() {
    List<ApiObject> pods = metrics.list(MetricKinds.PODS, "default", pod -> true);
    assertThat(names(pods)).containsExactly("web");
    var pod = pods.getFirst().tree();
    assertThat(pod.path("containers").get(0).path("usage").path("cpu").asText())
        .isEqualTo("12345678n");
    assertThat(pod.path("containers").get(1).path("usage").path("memory").asText())
        .isEqualTo("4Ki");
    assertThat(pod.path("window").asText()).isEqualTo("1m5s");
    assertThat(pod.path("metadata").path("labels").path("app").asText()).isEqualTo("web");
  }

  @Test
  void onlyTheNodesOfThePodsAreAskedAndOneAnswerServesAll() {
    assertThat(metrics.find(MetricKinds.PODS, "default", "web")).isPresent();
    assertThat(metrics.find(MetricKinds.PODS, "default", "new")).isEmpty();
    assertThat(asked).containsExactly("n1");
  }

  @Test
  void anAgentThatIsDownHoldsUpNobodyElse() {
    assertThat(metrics.find(MetricKinds.PODS, "default", "lost")).isEmpty();
    assertThat(metrics.find(MetricKinds.NODES, "", "n1")).isPresent();
    assertThat(metrics.find(MetricKinds.NODES, "", "none")).isEmpty();
  }

  @Test
  void anotherServerTakesOverAndGivesBack() {
    ServedResources served = new ServedResources(Resources.served(), MetricKinds.all());
    GroupVersion version = new GroupVersion("metrics.k8s.io", "v1beta1");
    assertThat(served.find("metrics.k8s.io", "v1beta1", "pods")).isEqualTo(MetricKinds.PODS);
    served.delegate(Map.of(version, Delegated.UNKNOWN), Map.of());
    assertThat(served.find("metrics.k8s.io", "v1beta1", "pods")).isNull();
    assertThat(served.snapshot().delegates("metrics.k8s.io", "v1beta1")).isTrue();
    served.delegate(Map.of(), Map.of());
    assertThat(served.find("metrics.k8s.io", "v1beta1", "pods")).isEqualTo(MetricKinds.PODS);
  }
}
