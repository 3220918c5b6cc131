package io.berth.apiserver.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.TestingServer;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.TestingSink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is sent, the answer is no 5xx and shows nothing of the server's inside. Every case has a
 * seed of its own, which a failure names: {@code -Dfuzz.seed=N -Dfuzz.cases=1} runs it alone, more
 * cases search longer.
 */
class RequestFuzzTest {
  private static final long SEED = Long.getLong("fuzz.seed", 20_260);
  private static final int CASES = Integer.getInteger("fuzz.cases", 2_000);
  private static final Identity ADMIN = Identity.of("kubernetes-admin", Identity.MASTERS);
  private static final String JSON = "application/json";

  private static final List<String> PATCHES =
      List.of(
          "application/json-patch+json",
          "application/merge-patch+json",
          "application/strategic-merge-patch+json",
          "application/apply-patch+yaml");

  @TempDir static Path directory;
  private static TestingServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void objectsWithOddValuesAreTakenOrRefused() {
    each(
        (odd, seed) -> {
          ResourceDefinition resource = storable(odd);
          String name = "o" + seed;
          byte[] object = Json.bytes(odd.object(resource, "default", name));
          ApiResponse made = check(seed, ApiRequest.post(resource.path("default"), object));
          if (made.status() == 201) {
            String path = resource.path("default", name);
            JsonNode stored = Json.parse(made.body());
            check(seed, ApiRequest.put(path, Json.bytes(odd.disturbed(stored))));
            check(seed, ApiRequest.get(path).withHeader("accept", table()));
            check(seed, ApiRequest.delete(path));
          }
        });
  }

  @Test
  void patchesOfEveryKindAreAppliedOrRefused() {
    each(
        (odd, seed) -> {
          ResourceDefinition resource = storable(odd);
          String name = odd.chance(80) ? "p" + seed : "missing";
          byte[] object = Json.bytes(odd.object(resource, "default", "p" + seed));
          check(seed, ApiRequest.post(resource.path("default"), object));
          String type = odd.oneOf(PATCHES);
          JsonNode patch =
              type.equals(PATCHES.getFirst())
                  ? operations(odd)
                  : odd.disturbed(odd.object(resource, "default", name));
          String path = resource.path("default", name);
          if (odd.chance(20) && resource.hasSubresource("status")) {
            path += "/status";
          }
          check(
              seed,
              ApiRequest.patch(path, type, Json.bytes(patch)).withQuery("fieldManager", "fuzz"));
        });
  }

  @Test
  void bytesOfAnyKindAreRefused() {
    each(
        (odd, seed) -> {
          ResourceDefinition resource = storable(odd);
          byte[] body = odd.mangled(Json.bytes(odd.object(resource, "default", "b" + seed)));
          String type =
              odd.oneOf(
                  List.of(
                      JSON,
                      "application/yaml",
                      "application/vnd.kubernetes.protobuf",
                      "text/plain",
                      ";;",
                      ""));
          String method = odd.oneOf(List.of("POST", "PUT", "PATCH", "DELETE", "GET"));
          String path =
              method.equals("POST")
                  ? resource.path("default")
                  : resource.path("default", odd.chance(50) ? "default" : "b" + seed);
          check(
              seed,
              new ApiRequest(
                  method, path, List.of(), Map.of("content-type", type, "accept", JSON), body));
        });
  }

  @Test
  void pathsQueriesAndHeadersOfAnyKindAreAnswered() {
    each(
        (odd, seed) -> {
          StringBuilder path =
              new StringBuilder(odd.oneOf(List.of("/api", "/apis", "", "/openapi")));
          for (int i = odd.below(8); i > 0; i--) {
            path.append('/')
                .append(
                    odd.chance(60)
                        ? odd.oneOf(
                            List.of(
                                "v1",
                                "apps",
                                "namespaces",
                                "pods",
                                "default",
                                "deployments",
                                "status",
                                "scale",
                                "log",
                                "watch",
                                "v2",
                                "nodes",
                                "secrets"))
                        : odd.text());
          }
          ApiRequest request =
              odd.chance(50)
                  ? ApiRequest.get(storable(odd).path(odd.chance(50) ? "default" : null))
                  : new ApiRequest(
                      odd.oneOf(List.of("GET", "HEAD", "POST", "DELETE", "OPTIONS", "X")),
                      path.isEmpty() ? "/" : path.toString(),
                      List.of(),
                      Map.of(),
                      new byte[0]);
          for (int i = odd.below(4); i > 0; i--) {
            String name =
                odd.oneOf(
                    List.of(
                        "limit",
                        "continue",
                        "labelSelector",
                        "fieldSelector",
                        "dryRun",
                        "resourceVersionMatch",
                        "fieldValidation",
                        "fieldManager",
                        "force",
                        "gracePeriodSeconds",
                        "propagationPolicy",
                        "pretty",
                        "includeObject"));
            request = request.withQuery(name, odd.text());
          }
          if (odd.chance(40)) {
            request = request.withHeader("accept", odd.chance(50) ? table() : odd.text());
          }
          if (odd.chance(20)) {
            request = request.withHeader("impersonate-user", odd.text());
          }
          if (!request.method().equals("DELETE") || request.path().length() > 60) {
            check(seed, request);
          }
        });
  }

  private static ArrayNode operations(OddInput odd) {
    ArrayNode operations = JsonNodeFactory.instance.arrayNode();
    for (int i = odd.below(4); i >= 0; i--) {
      operations
          .addObject()
          .put("op", odd.oneOf(List.of("add", "remove", "replace", "move", "copy", "test", "x")))
          .put(
              "path",
              odd.oneOf(
                  List.of(
                      "/spec",
                      "/metadata/labels/a",
                      "/metadata",
                      "/data/x",
                      "",
                      "/spec/-",
                      "spec",
                      "/metadata/finalizers/0",
                      "/~2",
                      "/metadata/name")))
          .put("from", odd.oneOf(List.of("/spec", "/metadata", "/nope", "")))
          .set("value", odd.anything(3));
    }
    return operations;
  }

  private static String table() {
    return "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  }

  private static ResourceDefinition storable(OddInput odd) {
    List<ResourceDefinition> resources = new ArrayList<>();
    for (ResourceDefinition resource : server.served().snapshot().all()) {
      if (resource.verbs().contains("update") && !resource.plural().equals("namespaces")) {
        resources.add(resource);
      }
    }
    return odd.oneOf(resources);
  }

  private interface Case {
    void run(OddInput odd, long seed);
  }

  private static void each(Case one) {
    for (long seed = SEED; seed < SEED + CASES; seed++) {
      one.run(new OddInput(seed), seed);
    }
  }

  private static ApiResponse send(ApiRequest request) {
    TestingSink sink = new TestingSink();
    server.api().handle(request, ADMIN, sink);
    return sink.response();
  }

  private static ApiResponse check(long seed, ApiRequest request) {
    ApiResponse response = send(request);
    String body = new String(response.body(), UTF_8);
    String what =
        "seed %d: %s %s %s\n%s\n-> %d %s"
            .formatted(
                seed,
                request.method(),
                request.target(),
                request.headers(),
                cut(new String(request.body(), UTF_8)),
                response.status(),
                cut(body));
    assertThat(response.status()).as(what).isLessThan(500);
    assertThat(body).as(what).doesNotContain("java.lang.", "Exception:", "\tat io.berth");
    if (response.status() >= 400) {
      assertThat(Json.parse(response.body()).path("kind").asText()).as(what).isEqualTo("Status");
    }
    return response;
  }

  private static String cut(String text) {
    return text.length() > 2_000 ? text.substring(0, 2_000) + "..." : text;
  }
}
