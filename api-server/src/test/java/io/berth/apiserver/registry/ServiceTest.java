package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.CreateTest.assertRefused;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ServiceTest {
  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private ApiResponse post(String name, String spec) {
    ObjectNode service = json("{'metadata':{'name':'" + name + "'},'spec':" + spec + "}");
    return registry.send(ApiRequest.post(Resources.SERVICES.path("default"), Json.bytes(service)));
  }

  private ObjectNode create(String name, String spec) {
    return TestingRegistry.body(post(name, spec).orThrow());
  }

  private static String address(JsonNode service) {
    return service.path("spec").path("clusterIP").asText();
  }

  private void delete(String name) {
    registry.send(ApiRequest.delete(Resources.SERVICES.path("default", name))).orThrow();
  }

  @Test
  void aServiceGetsAnAddressOfItsOwnAndKeepsIt() {
    ObjectNode a = create("a", "{'ports':[{'port':80}]}");
    ObjectNode b = create("b", "{'ports':[{'port':80}]}");
    assertThat(address(a)).startsWith("10.96.").isNotEqualTo(address(b));
    assertThat(a.path("spec").path("clusterIPs").get(0).asText()).isEqualTo(address(a));
    assertThat(a.path("spec").path("type").asText()).isEqualTo("ClusterIP");

    ObjectNode again =
        json("{'metadata':{'name':'a','namespace':'default'}," + "'spec':{'ports':[{'port':81}]}}");
    assertThat(address(registry.put(Resources.SERVICES, again))).isEqualTo(address(a));
    Meta.of(again).put("namespace", "default");
    again.withObject("/spec").put("clusterIP", "10.96.7.7").putArray("clusterIPs").add("10.96.7.7");
    assertRefused(
        registry.send(putRequest(Resources.SERVICES, again)),
        422,
        "Invalid",
        "may not change once set");
  }

  @Test
  void anAddressByNameMustBeInRangeAndFree() {
    create("a", "{'clusterIP':'10.96.0.10','ports':[{'port':80}]}");
    assertRefused(
        post("b", "{'clusterIP':'10.96.0.10','ports':[{'port':80}]}"),
        422,
        "Invalid",
        "failed to allocate IP 10.96.0.10: provided IP is already allocated");
    assertRefused(
        post("b", "{'clusterIP':'192.168.0.1','ports':[{'port':80}]}"),
        422,
        "Invalid",
        "the provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/16");
    delete("a");
    create("b", "{'clusterIP':'10.96.0.10','ports':[{'port':80}]}");
  }

  @Test
  void aHeadlessServiceHasNoAddressAndAnExternalNameNothing() {
    assertThat(address(create("h", "{'clusterIP':'None','ports':[{'port':80}]}")))
        .isEqualTo("None");
    ObjectNode external = create("e", "{'type':'ExternalName','externalName':'example.com'}");
    assertThat(external.path("spec").has("clusterIP")).isFalse();
    assertThat(external.path("spec").has("ipFamilies")).isFalse();
  }

  @Test
  void nodePortsAreGivenKeptAndGivenBack() {
    ObjectNode a = create("a", "{'type':'NodePort','ports':[{'port':80}]}");
    int port = a.path("spec").path("ports").get(0).path("nodePort").asInt();
    assertThat(port).isBetween(30_000, 32_767);
    String same = "{'type':'NodePort','ports':[{'port':80,'nodePort':" + port + "}]}";
    assertRefused(post("b", same), 422, "Invalid", "provided port is already allocated");
    assertRefused(
        post("b", "{'type':'NodePort','ports':[{'port':80,'nodePort':40000}]}"),
        422,
        "Invalid",
        "provided port is not in the valid range. The range of valid ports is 30000-32767");

    a.withObject("/spec").put("type", "ClusterIP");
    ObjectNode inner = registry.put(Resources.SERVICES, a);
    assertThat(inner.path("spec").path("ports").get(0).has("nodePort")).isFalse();
    assertThat(address(inner)).isEqualTo(address(a));
    create("b", same);
  }

  @Test
  void aServiceThatIsRefusedOrDryTakesNothing() {
    assertThat(post("A-b", "{'clusterIP':'10.96.0.20','ports':[{'port':80}]}").status())
        .isEqualTo(422);
    assertThat(
            post(
                    "c",
                    "{'type':'NodePort','clusterIP':'10.96.0.20',"
                        + "'ports':[{'port':80,'nodePort':99}]}")
                .status())
        .isEqualTo(422);
    create("a", "{'clusterIP':'10.96.0.20','ports':[{'port':80}]}");
    assertThat(post("a", "{'clusterIP':'10.96.0.21','ports':[{'port':80}]}").status())
        .isEqualTo(409);
    create("b", "{'clusterIP':'10.96.0.21','ports':[{'port':80}]}");
  }
}
