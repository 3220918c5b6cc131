package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.CreateTest.assertRefused;
import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.named;
import static io.berth.apiserver.registry.TestingRegistry.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.store.memory.MemoryStore;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ListTest {
  private static final String PODS = Resources.PODS.path("default");
  private static final String MAPS = Resources.CONFIG_MAPS.path("default");

  private final MemoryStore store = new MemoryStore(new SystemEnvironment());
  private final TestingRegistry registry = new TestingRegistry(store);

  ListTest() {
    registry.create(Resources.NAMESPACES, "", named("default"));
    registry.create(Resources.SERVICE_ACCOUNTS, "default", named("default"));
  }

  @AfterEach
  void close() {
    registry.close();
  }

  private ObjectNode ask(ApiRequest request) {
    return body(registry.send(request).orThrow());
  }

  private static List<String> names(JsonNode list) {
    List<String> names = new ArrayList<>();
    list.path("items").forEach(item -> names.add(Meta.name(item)));
    return names;
  }

  private void maps(String... names) {
    for (String name : names) {
      registry.create(Resources.CONFIG_MAPS, "default", named(name));
    }
  }

  @Test
  void aLongListGoesOutInPiecesThatReadAsOne() {
    String data = "x".repeat(1_000);
    for (int i = 0; i < 1_200; i++) {
      ObjectNode map = named("m" + (10_000 + i));
      map.putObject("data").put("text", data);
      registry.create(Resources.CONFIG_MAPS, "default", map);
    }
    TestingSink sink = registry.stream(ApiRequest.get(MAPS));
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int pieces = 0;
    for (byte[] piece = sink.poll(); piece.length > 0; piece = sink.poll()) {
      assertThat(piece.length).isLessThanOrEqualTo(256 << 10);
      body.writeBytes(piece);
      pieces++;
    }
    assertThat(pieces).isGreaterThan(4);
    JsonNode list = Json.parse(body.toByteArray());
    assertThat(names(list)).hasSize(1_200).isSorted();
    assertThat(list.path("kind").asText()).isEqualTo("ConfigMapList");
    assertThat(list.at("/items/700/data/text").asText()).isEqualTo(data);
  }

  @Test
  void aListShowsAllAtOneRevision() {
    maps("b", "a");
    ObjectNode list = ask(ApiRequest.get(MAPS));
    assertThat(list.path("kind").asText()).isEqualTo("ConfigMapList");
    assertThat(list.path("apiVersion").asText()).isEqualTo("v1");
    assertThat(names(list)).containsExactly("a", "b");
    assertThat(Meta.text(list, "resourceVersion"))
        .isEqualTo(Meta.text(list.path("items").get(0), "resourceVersion"));
    assertThat(ask(ApiRequest.get(Resources.SECRETS.path(""))).path("items")).isEmpty();
  }

  @Test
  void pagesShowTheRevisionOfTheFirst() {
    maps("a", "b", "c", "d", "e");
    ObjectNode first = ask(ApiRequest.get(MAPS).withQuery("limit", "2"));
    assertThat(names(first)).containsExactly("a", "b");
    assertThat(first.path("metadata").path("remainingItemCount").asInt()).isEqualTo(3);

    maps("aa", "cc");
    registry.send(ApiRequest.delete(MAPS + "/d")).orThrow();
    ObjectNode second = page(first, "2");
    assertThat(names(second)).containsExactly("c", "d");
    assertThat(Meta.text(second, "resourceVersion")).isEqualTo(Meta.text(first, "resourceVersion"));
    assertThat(second.path("metadata").path("remainingItemCount").asInt()).isEqualTo(1);
    ObjectNode third = page(second, "2");
    assertThat(names(third)).containsExactly("e");
    assertThat(third.path("metadata").has("continue")).isFalse();
  }

  private ObjectNode page(ObjectNode before, String limit) {
    return ask(
        ApiRequest.get(MAPS)
            .withQuery("limit", limit)
            .withQuery("continue", Meta.text(before, "continue")));
  }

  @Test
  void aPageWhoseRevisionIsGoneAnswers410WithAWayOn() {
    maps("a", "b", "c");
    ObjectNode first = ask(ApiRequest.get(MAPS).withQuery("limit", "1"));
    registry.send(ApiRequest.delete(MAPS + "/b")).orThrow();
    store.compact(store.revision());

    ApiResponse gone =
        registry.send(
            ApiRequest.get(MAPS)
                .withQuery("limit", "1")
                .withQuery("continue", Meta.text(first, "continue")));
    assertThat(gone.status()).isEqualTo(410);
    assertThat(body(gone).path("reason").asText()).isEqualTo("Expired");
    assertThat(names(page(body(gone), "5"))).containsExactly("c");
  }

  @Test
  void selectorsPick() {
    for (String name : List.of("a", "b", "c")) {
      ObjectNode pod = pod(name);
      pod.withObject("/spec").put("nodeName", name.equals("c") ? "n2" : "n1");
      registry.create(Resources.PODS, "default", pod);
    }
    assertThat(names(ask(ApiRequest.get(PODS).withQuery("labelSelector", "app in (a,c)"))))
        .containsExactly("a", "c");
    assertThat(names(ask(ApiRequest.get(PODS).withQuery("fieldSelector", "spec.nodeName=n1"))))
        .containsExactly("a", "b");
    assertThat(names(ask(ApiRequest.get(PODS).withQuery("fieldSelector", "metadata.name!=b"))))
        .containsExactly("a", "c");
    ObjectNode limited =
        ask(ApiRequest.get(PODS).withQuery("labelSelector", "app!=b").withQuery("limit", "1"));
    assertThat(names(limited)).containsExactly("a");
    assertThat(limited.path("metadata").has("remainingItemCount")).isFalse();
    assertThat(
            names(
                ask(
                    ApiRequest.get(PODS)
                        .withQuery("labelSelector", "app!=b")
                        .withQuery("limit", "1")
                        .withQuery("continue", Meta.text(limited, "continue")))))
        .containsExactly("c");
  }

  @Test
  void badQueriesAreRefused() {
    assertRefused(
        registry.send(ApiRequest.get(PODS).withQuery("fieldSelector", "spec.foo=1")),
        400,
        "BadRequest",
        "field label not supported: spec.foo");
    for (ApiRequest bad :
        List.of(
            ApiRequest.get(PODS).withQuery("labelSelector", "a in ("),
            ApiRequest.get(PODS).withQuery("continue", "rubbish"),
            ApiRequest.get(PODS).withQuery("limit", "x"))) {
      assertThat(registry.send(bad).status()).isEqualTo(400);
    }
    for (ApiRequest bad :
        List.of(
            ApiRequest.get(PODS).withQuery("resourceVersion", "x"),
            ApiRequest.get(PODS).withQuery("resourceVersionMatch", "Exact"),
            ApiRequest.get(PODS)
                .withQuery("resourceVersion", "5")
                .withQuery("resourceVersionMatch", "Maybe"),
            ApiRequest.get(PODS)
                .withQuery("resourceVersion", "0")
                .withQuery("resourceVersionMatch", "Exact"))) {
      assertThat(registry.send(bad).status()).isEqualTo(422);
    }
  }

  @Test
  void theRevisionAskedForIsThePastTheLeastOrTooFar() {
    maps("a");
    String before = Meta.text(ask(ApiRequest.get(MAPS)), "resourceVersion");
    maps("b");
    assertThat(
            names(
                ask(
                    ApiRequest.get(MAPS)
                        .withQuery("resourceVersion", before)
                        .withQuery("resourceVersionMatch", "Exact"))))
        .containsExactly("a");
    assertThat(names(ask(ApiRequest.get(MAPS).withQuery("resourceVersion", before))))
        .containsExactly("a", "b");
    ask(ApiRequest.get(MAPS).withQuery("resourceVersion", "0"));

    ApiResponse future =
        registry.send(ApiRequest.get(MAPS).withQuery("resourceVersion", "1000000"));
    assertThat(future.status()).isEqualTo(504);
    assertThat(body(future).path("details").path("causes").get(0).path("reason").asText())
        .isEqualTo("ResourceVersionTooLarge");
    store.compact(store.revision());
    assertThat(
            registry
                .send(
                    ApiRequest.get(MAPS)
                        .withQuery("resourceVersion", before)
                        .withQuery("resourceVersionMatch", "Exact"))
                .status())
        .isEqualTo(410);
  }

  @Test
  void theClientChoosesTheForm() {
    maps("a");
    String table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    ObjectNode asTable = ask(ApiRequest.get(MAPS).withHeader("accept", table));
    assertThat(asTable.path("kind").asText()).isEqualTo("Table");
    assertThat(asTable.path("rows").get(0).path("cells").get(0).asText()).isEqualTo("a");
    assertThat(asTable.path("rows").get(0).path("object").path("kind").asText())
        .isEqualTo("PartialObjectMetadata");

    String partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    ObjectNode metadata = ask(ApiRequest.get(MAPS).withHeader("accept", partial));
    assertThat(metadata.path("kind").asText()).isEqualTo("PartialObjectMetadataList");

    String protobuf = "application/vnd.kubernetes.protobuf,application/json";
    assertThat(ask(ApiRequest.get(MAPS).withHeader("accept", protobuf)).path("kind").asText())
        .isEqualTo("ConfigMapList");
    assertThat(
            registry
                .send(
                    ApiRequest.get(MAPS)
                        .withHeader("accept", "application/vnd.kubernetes.protobuf"))
                .status())
        .isEqualTo(406);
    ApiResponse yaml =
        registry.send(ApiRequest.get(MAPS + "/a").withHeader("accept", "application/yaml"));
    assertThat(yaml.header("content-type")).isEqualTo("application/yaml");
    assertThat(Meta.name(Yaml.read(yaml.body()))).isEqualTo("a");
  }

  @Test
  void aBodyMayBeYaml() {
    ApiRequest request =
        ApiRequest.post(
                MAPS,
                "metadata:\n  name: y\ndata:\n  a: 'b'\n"
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8))
            .withHeader("content-type", "application/yaml");
    assertThat(ask(request).path("data").path("a").asText()).isEqualTo("b");
    assertThat(
            registry
                .send(
                    ApiRequest.post(MAPS, "a: [".getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .withHeader("content-type", "application/yaml"))
                .status())
        .isEqualTo(400);
  }

  @Test
  void unknownSubresourcesAndVerbsAreRefused() {
    maps("a");
    assertThat(registry.send(ApiRequest.get(MAPS + "/a/status")).status()).isEqualTo(404);
    assertThat(registry.send(ApiRequest.delete(Resources.NAMESPACES.path(""))).status())
        .isEqualTo(405);
    assertThat(
            registry
                .send(
                    ApiRequest.post(
                        PODS + "/p/status", Json.bytes(json("{'metadata':{'name':'p'}}"))))
                .status())
        .isEqualTo(405);
  }

  @Test
  void podsMayBeAskedForByAddressesThatNoneHas() {
    registry.create(Resources.PODS, "default", pod("a"));
    assertThat(
            names(ask(ApiRequest.get(PODS).withQuery("fieldSelector", "status.podIPs=10.0.0.1"))))
        .isEmpty();
    assertThat(names(ask(ApiRequest.get(PODS).withQuery("fieldSelector", "status.podIPs!=x"))))
        .containsExactly("a");
  }
}
