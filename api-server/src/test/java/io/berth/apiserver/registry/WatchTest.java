package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.named;
import static io.berth.apiserver.registry.TestingRegistry.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.store.memory.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WatchTest {
  private static final String MAPS = Resources.CONFIG_MAPS.path("default");

  private final MemoryStore store = new MemoryStore(new SystemEnvironment());
  private final TestingRegistry registry = new TestingRegistry(store);

  WatchTest() {
    registry.create(Resources.NAMESPACES, "", named("default"));
    registry.create(Resources.SERVICE_ACCOUNTS, "default", named("default"));
  }

  @AfterEach
  void close() {
    registry.close();
  }

  private static ApiRequest watch(String path, String... query) {
    ApiRequest request = ApiRequest.get(path).withQuery("watch", "true");
    for (int i = 0; i < query.length; i += 2) {
      request = request.withQuery(query[i], query[i + 1]);
    }
    return request;
  }

  private static void assertEvent(JsonNode event, String type, String name) {
    assertThat(event.path("type").asText() + " " + Meta.name(event.path("object")))
        .isEqualTo(type + " " + name);
  }

  private ObjectNode map(String name, String label) {
    return registry.create(
        Resources.CONFIG_MAPS,
        "default",
        json("{'metadata':{'name':'" + name + "','labels':{'l':'" + label + "'}}}"));
  }

  private void relabel(String name, String label) {
    registry
        .send(
            ApiRequest.patch(
                MAPS + "/" + name,
                "application/merge-patch+json",
                Json.bytes(json("{'metadata':{'labels':{'l':'" + label + "'}}}"))))
        .orThrow();
  }

  private void delete(String name) {
    registry.send(ApiRequest.delete(MAPS + "/" + name)).orThrow();
  }

  private String revision() {
    return Meta.text(registry.list(Resources.CONFIG_MAPS, "default"), "resourceVersion");
  }

  @Test
  void fromARevisionComesEveryChangeAfterIt() {
    map("before", "x");
    TestingSink events = registry.stream(watch(MAPS, "resourceVersion", revision()));
    ObjectNode made = map("a", "x");
    relabel("a", "y");
    delete("a");

    JsonNode added = events.next();
    assertEvent(added, "ADDED", "a");
    assertThat(added.path("object")).isEqualTo(made);
    assertEvent(events.next(), "MODIFIED", "a");
    JsonNode deleted = events.next();
    assertEvent(deleted, "DELETED", "a");
    assertThat(Long.parseLong(Meta.text(deleted.path("object"), "resourceVersion")))
        .isEqualTo(store.revision());
  }

  @Test
  void withoutARevisionComesFirstWhatExists() {
    map("a", "x");
    map("b", "x");
    TestingSink events = registry.stream(watch(MAPS));
    assertEvent(events.next(), "ADDED", "a");
    assertEvent(events.next(), "ADDED", "b");
    map("c", "x");
    assertEvent(events.next(), "ADDED", "c");
  }

  @Test
  void theInitialEventsEndWithABookmark() {
    map("a", "x");
    TestingSink events =
        registry.stream(
            watch(
                MAPS,
                "sendInitialEvents",
                "true",
                "resourceVersionMatch",
                "NotOlderThan",
                "allowWatchBookmarks",
                "true"));
    assertEvent(events.next(), "ADDED", "a");
    JsonNode bookmark = events.next();
    assertThat(bookmark.path("type").asText()).isEqualTo("BOOKMARK");
    JsonNode metadata = bookmark.path("object").path("metadata");
    assertThat(metadata.path("annotations").path("k8s.io/initial-events-end").asText())
        .isEqualTo("true");
    assertThat(metadata.path("resourceVersion").asText()).isEqualTo(revision());
    assertThat(registry.send(watch(MAPS, "sendInitialEvents", "true")).status()).isEqualTo(422);
  }

  @Test
  void objectsEnterAndLeaveASelection() {
    TestingSink events =
        registry.stream(watch(MAPS, "resourceVersion", revision(), "labelSelector", "l=x"));
    map("a", "y");
    relabel("a", "x");
    relabel("a", "y");
    map("b", "x");
    assertEvent(events.next(), "ADDED", "a");
    assertEvent(events.next(), "DELETED", "a");
    assertEvent(events.next(), "ADDED", "b");
  }

  @Test
  void podsAreWatchedByNode() {
    TestingSink events =
        registry.stream(
            watch(
                Resources.PODS.path(""),
                "resourceVersion",
                revision(),
                "fieldSelector",
                "spec.nodeName=n1"));
    registry.create(Resources.PODS, "default", pod("p"));
    registry
        .send(
            ApiRequest.post(
                Resources.PODS.path("default", "p", "binding"),
                Json.bytes(json("{'metadata':{'name':'p'},'target':{'name':'n1'}}"))))
        .orThrow();
    assertEvent(events.next(), "ADDED", "p");
  }

  @Test
  void aRevisionThatIsGoneIsAnErrorEvent() {
    map("a", "x");
    String old = revision();
    for (int i = 0; i < 5_000; i++) { // more than the cache keeps
      relabel("a", "v" + i);
    }
    store.compact(store.revision());
    TestingSink events = registry.stream(watch(MAPS, "resourceVersion", old));
    JsonNode error = events.next();
    assertThat(error.path("type").asText()).isEqualTo("ERROR");
    assertThat(error.path("object").path("code").asInt()).isEqualTo(410);
    assertThat(error.path("object").path("reason").asText()).isEqualTo("Expired");
    events.assertEnded();
  }

  @Test
  void aWatchEndsAtItsTimeAndWithItsClient() {
    TestingSink timed = registry.stream(watch(MAPS, "timeoutSeconds", "1"));
    timed.assertEnded();
    TestingSink left = registry.stream(watch(MAPS, "resourceVersion", revision()));
    left.hangUp();
    map("a", "x");
    left.assertEnded();
  }

  @Test
  void tablesCarryTheirColumnsOnce() {
    map("a", "x");
    TestingSink events =
        registry.stream(
            watch(MAPS).withHeader("accept", "application/json;as=Table;v=v1;g=meta.k8s.io"));
    assertThat(events.next().path("object").path("columnDefinitions")).isNotEmpty();
    map("b", "x");
    JsonNode second = events.next().path("object");
    assertThat(second.path("columnDefinitions")).isEmpty();
    assertThat(second.path("rows").get(0).path("cells").get(0).asText()).isEqualTo("b");
  }

  /** What a client knows after a list and the events since is what a later list shows. */
  @Test
  void listAndEventsMakeTheLaterList() {
    for (long seed = 1; seed <= 5; seed++) {
      replay(new Random(seed), "seed-" + seed + "-");
    }
  }

  private void replay(Random random, String prefix) {
    List<String> selectors = List.of("l in (a,b)", "l!=a", "l", "!l", "l=c");
    randomWrites(random, prefix, 20);
    List<Map<String, String>> known = new ArrayList<>();
    List<TestingSink> sinks = new ArrayList<>();
    for (String selector : selectors) {
      ObjectNode list = selected(selector);
      known.add(versions(list));
      sinks.add(
          registry.stream(
              watch(
                  MAPS,
                  "labelSelector",
                  selector,
                  "resourceVersion",
                  Meta.text(list, "resourceVersion"))));
    }
    randomWrites(random, prefix, 100);
    ObjectNode last = map(prefix + "end-a", "a");
    ObjectNode end = map(prefix + "end-c", "c");
    ObjectNode bare = registry.create(Resources.CONFIG_MAPS, "default", named(prefix + "end-x"));
    for (int i = 0; i < selectors.size(); i++) {
      String wanted =
          switch (selectors.get(i)) {
            case "l in (a,b)" -> Meta.name(last);
            case "!l", "l!=a" -> Meta.name(bare);
            default -> Meta.name(end);
          };
      apply(known.get(i), sinks.get(i), wanted);
      Map<String, String> later = versions(selected(selectors.get(i)));
      assertThat(known.get(i)).as(selectors.get(i)).isEqualTo(later);
      sinks.get(i).hangUp();
    }
  }

  private static void apply(Map<String, String> known, TestingSink events, String until) {
    while (true) {
      JsonNode event = events.next();
      JsonNode object = event.path("object");
      String name = Meta.name(object);
      switch (event.path("type").asText()) {
        case "ADDED" -> assertThat(known.put(name, version(object))).as(name).isNull();
        case "MODIFIED" -> assertThat(known.put(name, version(object))).as(name).isNotNull();
        case "DELETED" -> assertThat(known.remove(name)).as(name).isNotNull();
        default -> throw new AssertionError(event);
      }
      if (name.equals(until)) {
        return;
      }
    }
  }

  private void randomWrites(Random random, String prefix, int count) {
    for (int i = 0; i < count; i++) {
      String name = prefix + random.nextInt(10);
      String label = List.of("a", "b", "c").get(random.nextInt(3));
      switch (random.nextInt(4)) {
        case 0 -> registry.send(ApiRequest.delete(MAPS + "/" + name));
        case 1 ->
            registry.send(
                ApiRequest.patch(
                    MAPS + "/" + name,
                    "application/merge-patch+json",
                    Json.bytes(
                        json(
                            "{'metadata':{'labels':{'l':"
                                + (random.nextBoolean() ? "null" : "'" + label + "'")
                                + "}}}"))));
        default ->
            registry.send(
                ApiRequest.post(
                    MAPS,
                    Json.bytes(
                        json(
                            "{'metadata':{'name':'"
                                + name
                                + "','labels':{'l':'"
                                + label
                                + "'}}}"))));
      }
    }
  }

  private ObjectNode selected(String selector) {
    return TestingRegistry.body(
        registry.send(ApiRequest.get(MAPS).withQuery("labelSelector", selector)).orThrow());
  }

  private static Map<String, String> versions(JsonNode list) {
    Map<String, String> versions = new TreeMap<>();
    list.path("items").forEach(item -> versions.put(Meta.name(item), version(item)));
    return versions;
  }

  private static String version(JsonNode object) {
    return Meta.text(object, "resourceVersion");
  }

  @Test
  void aWatchWhoseTimeIsOverEndsAtOnce() {
    map("there", "x");
    registry.stream(watch(MAPS, "timeoutSeconds", "-1")).assertEnded();
  }
}
