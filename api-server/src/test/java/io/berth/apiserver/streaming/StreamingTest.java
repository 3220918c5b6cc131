package io.berth.apiserver.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.TestingSink;
import io.berth.apiserver.server.Verb;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamingTest {
  private final Map<ObjectKey, ApiObject> objects = new HashMap<>();
  private final FakeNode node = new FakeNode();
  private final ObjectLookup lookup = key -> Optional.ofNullable(objects.get(key));
  private final RequestHandler logs = new PodLogs(lookup, node);
  private final RequestHandler exec =
      Objects.requireNonNull(
          Connectors.all(
                  lookup,
                  node,
                  new Backend.Plain(),
                  new Random(1),
                  (info, identity, options, sink) -> {})
              .get("pods/exec"));

  /** An agent that keeps what it is asked and answers with fixed text, or fails. */
  private static final class FakeNode implements NodeClient {
    final List<String> asked = new ArrayList<>();
    IOException failure = new IOException("unset");
    boolean fails;

    @Override
    public Body get(NodeAddress address, String target) throws IOException {
      asked.add(address.host() + ":" + address.port() + target);
      if (fails) {
        throw failure;
      }
      return new Body() {
        @Override
        public void receive(Receiver receiver) {
          receiver.onData("one\n".getBytes(UTF_8));
          receiver.onData("two\n".getBytes(UTF_8));
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
    public MessageChannel connect(NodeAddress address, String target, List<String> protocols)
        throws IOException {
      asked.add(address.host() + ":" + address.port() + target);
      throw failure;
    }
  }

  @BeforeEach
  void cluster() {
    put(
        Resources.NODES.groupResource(),
        "",
        "n1",
        """
        {"status":{"addresses":[{"type":"Hostname","address":"n1"},
          {"type":"InternalIP","address":"192.0.2.1"}],
          "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}}\
        """);
    pod("one", "n1", "\"web\"");
    pod("two", "n1", "\"web\",\"side\"");
    pod("waiting", "", "\"web\"");
  }

  private void pod(String name, String nodeName, String containers) {
    List<String> specs = new ArrayList<>();
    List<String> statuses = new ArrayList<>();
    for (String container : containers.split(",")) {
      specs.add("{\"name\":" + container + "}");
      statuses.add("{\"name\":" + container + ",\"state\":{\"running\":{}}}");
    }
    put(
        Resources.PODS.groupResource(),
        "d",
        name,
        "{\"metadata\":{\"annotations\":{}},\"spec\":{\"nodeName\":\"%s\",\"containers\":%s,\"initContainers\":[{\"name\":\"init\"}]},\"status\":{\"containerStatuses\":%s}}"
            .formatted(nodeName, specs, statuses));
  }

  private void put(GroupResource resource, String namespace, String name, String json) {
    ObjectKey key = ObjectKey.of(resource, namespace, name);
    ObjectHeader header = new ObjectHeader(key, "u", 1, Map.of(), Map.of(), List.of(), null);
    objects.put(key, new ApiObject(header, json.getBytes(UTF_8)));
  }

  private String log(String pod, String... query) {
    TestingSink sink = new TestingSink();
    logs.handle(request(query), info(pod, "log"), Identity.of("x"), sink);
    return new String(sink.response().body(), UTF_8);
  }

  private static RequestInfo info(String pod, String subresource) {
    return new RequestInfo(Verb.GET, Resources.PODS, "d", pod, subresource);
  }

  private static ApiRequest request(String... query) {
    ApiRequest request = ApiRequest.get("/api/v1/namespaces/d/pods/p/log");
    for (int i = 0; i < query.length; i += 2) {
      request = request.withQuery(query[i], query[i + 1]);
    }
    return request;
  }

  private static void fails(Runnable call, int code, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.getMessage()).contains(message);
              assertThat(e.code()).isEqualTo(code);
            });
  }

  @Test
  void aLogComesFromThePodsNodeWithItsOptions() {
    assertThat(log("one", "follow", "true", "tailLines", "10", "sinceTime", "2026-01-01T00:00:00Z"))
        .isEqualTo("one\ntwo\n");
    assertThat(node.asked)
        .containsExactly(
            "192.0.2.1:10250/containerLogs/d/one/web?follow=true&tailLines=10&sinceTime=2026-01-01T00:00:00Z");
    assertThat(log("waiting")).isEmpty();
  }

  @Test
  void theContainerIsNamedOrTheOnlyOne() {
    log("two", "container", "side");
    assertThat(node.asked.getFirst()).contains("/containerLogs/d/two/side");
    fails(
        () -> log("two"),
        400,
        "a container name must be specified for pod two, choose one of: [web side] or one of the"
            + " init containers: [init]");
    fails(() -> log("one", "container", "no"), 400, "container no is not valid for pod one");
    fails(() -> log("none"), 404, "pods \"none\" not found");
  }

  @Test
  void badLogOptionsAreNamed() {
    fails(() -> log("one", "tailLines", "-1"), 422, "tailLines: Invalid value: -1");
    fails(() -> log("one", "limitBytes", "0"), 422, "limitBytes: Invalid value: 0");
    fails(() -> log("one", "tailLines", "x"), 400, "tailLines");
    fails(() -> log("one", "sinceTime", "yesterday"), 400, "sinceTime");
    fails(() -> log("one", "insecureSkipTLSVerifyBackend", "true"), 400, "NotSupported");
  }

  @Test
  void whatTheNodeSaysIsPassedOn() {
    node.fails = true;
    node.failure =
        new NodeRefusedException(
            400, "container \"web\" in pod \"one\" is waiting to start: ContainerCreating");
    fails(() -> log("one"), 400, "is waiting to start: ContainerCreating");
    node.failure =
        new NodeRefusedException(
            404,
            Json.object()
                .put("kind", "Status")
                .put("code", 404)
                .put("reason", "NotFound")
                .put("message", "gone")
                .toString());
    fails(() -> log("one"), 404, "gone");
    node.failure = new IOException("connection refused");
    fails(
        () -> log("one"),
        500,
        "error dialing backend: node n1 at 192.0.2.1:10250: connection refused");
  }

  private void session(String pod, String... query) {
    exec.handle(request(query), info(pod, "exec"), Identity.of("x"), new TestingSink());
  }

  @Test
  void sessionsThatCannotBeAreRefusedInWords() {
    fails(() -> session("one", "command", "sh"), 400, "at least 1 of stdin, stdout, stderr");
    fails(() -> session("one", "stdout", "true"), 422, "command: Required value");
    fails(
        () -> session("waiting", "command", "sh", "stdout", "1"),
        400,
        "does not have a host assigned");
    fails(() -> session("one", "command", "sh", "stdout", "1"), 400, "Upgrade request required");
    fails(
        () -> session("two", "command", "sh", "stdout", "1", "container", "init"),
        500,
        "container not found (\"init\")");
  }
}
