package io.berth.client.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Transport.StreamListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FakeApiTest {
  private static final String PODS = "/api/v1/namespaces/ns/pods";

  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private final FakeApi api = new FakeApi(environment);
  private final List<String> events = new ArrayList<>();

  private static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private JsonNode send(ApiRequest request) throws Exception {
    ApiResponse response = api.send(request);
    return ((ObjectNode) Json.parse(response.body())).put("httpStatus", response.status());
  }

  private void watch(String query) {
    ApiRequest request = ApiRequest.get(PODS).withQuery("watch", "true");
    for (String pair : query.split("&")) {
      request = request.withQuery(pair.split("=", 2)[0], pair.split("=", 2)[1]);
    }
    api.stream(
        request,
        new StreamListener() {
          @Override
          public void onStart(int status) {
            events.add("start " + status);
          }

          @Override
          public void onFrame(byte[] frame) {
            JsonNode event = Json.parse(frame);
            String name = event.path("object").path("metadata").path("name").asText();
            events.add((event.path("type").asText() + " " + name).strip());
          }

          @Override
          public void onClose(@Nullable Throwable cause) {
            events.add(cause == null ? "end" : "broken");
          }
        });
  }

  @Test
  void namesAreGeneratedAndStaleUpdatesRefused() throws Exception {
    JsonNode pod = send(ApiRequest.post(PODS, json("{'metadata':{'generateName':'web-'}}")));
    String name = pod.path("metadata").path("name").asText();
    assertThat(name).matches("web-[a-z0-9]{5}");
    assertThat(pod.path("status").path("phase").asText()).isEqualTo("Pending");

    ObjectNode stale = pod.deepCopy();
    stale.withObject("/metadata/labels").put("a", "b");
    assertThat(
            send(ApiRequest.put(PODS + "/" + name, Json.bytes(stale))).path("httpStatus").asInt())
        .isEqualTo(200);
    assertThat(send(ApiRequest.put(PODS + "/" + name, Json.bytes(stale))).path("reason").asText())
        .isEqualTo("Conflict");
  }

  @Test
  void watchesFollowSelectors() throws Exception {
    watch("labelSelector=a=b");
    send(ApiRequest.post(PODS, json("{'metadata':{'name':'x'}}")));
    byte[] in = json("{'metadata':{'labels':{'a':'b'}}}");
    byte[] out = json("{'metadata':{'labels':null}}");
    send(ApiRequest.patch(PODS + "/x", "application/merge-patch+json", in));
    send(ApiRequest.patch(PODS + "/x", "application/merge-patch+json", out));
    environment.runReady();
    assertThat(events).containsExactly("start 200", "ADDED x", "DELETED x");
  }

  @Test
  void heldWatchesAreDelayedAndCutOnesBreak() throws Exception {
    watch("resourceVersion=1");
    environment.runReady();
    api.holdWatches();
    send(ApiRequest.post(PODS, json("{'metadata':{'name':'x'}}")));
    environment.runReady();
    assertThat(events).containsExactly("start 200");
    api.releaseWatches();
    api.cutWatches();
    environment.runReady();
    assertThat(events).containsExactly("start 200", "ADDED x", "broken");
  }

  @Test
  void aForgottenVersionIsGone() throws Exception {
    send(ApiRequest.post(PODS, json("{'metadata':{'name':'x'}}")));
    api.forgetHistory();
    watch("resourceVersion=1");
    environment.runReady();
    assertThat(events).containsExactly("start 200", "ERROR", "end");
  }

  @Test
  void finalizersHoldADeletedObject() throws Exception {
    send(ApiRequest.post(PODS, json("{'metadata':{'name':'x','finalizers':['a/b']}}")));
    send(ApiRequest.delete(PODS + "/x"));
    assertThat(api.find(Resources.PODS, "ns", "x")).isPresent();
    byte[] released = json("{'metadata':{'finalizers':[]}}");
    send(ApiRequest.patch(PODS + "/x", "application/merge-patch+json", released));
    assertThat(api.find(Resources.PODS, "ns", "x")).isEmpty();
  }

  @Test
  void aLostReplyTookEffect() {
    api.faults().lostReply(1, FakeFaults.request("POST", "/pods"));
    assertThatThrownBy(() -> api.send(ApiRequest.post(PODS, json("{'metadata':{'name':'x'}}"))))
        .isInstanceOf(IOException.class);
    assertThat(api.find(Resources.PODS, "ns", "x")).isPresent();
  }

  @Test
  void aPodIsBoundOnce() throws Exception {
    send(ApiRequest.post(PODS, json("{'metadata':{'name':'x'}}")));
    ApiRequest bind = ApiRequest.post(PODS + "/x/binding", json("{'target':{'name':'n1'}}"));
    assertThat(send(bind).path("httpStatus").asInt()).isEqualTo(201);
    assertThat(send(bind).path("httpStatus").asInt()).isEqualTo(409);
  }
}
