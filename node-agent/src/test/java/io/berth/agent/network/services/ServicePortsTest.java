package io.berth.agent.network.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.network.Family;
import io.berth.api.codec.Typed;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServicePortsTest {
  private static final String SLICE =
      """
      {"addressType":"IPv4","metadata":{"name":"web-1","namespace":"default"},
       "ports":[{"name":"http","port":8080,"protocol":"TCP"},{"name":"admin","port":9000}],
       "endpoints":[
         {"addresses":["10.244.0.3"],"nodeName":"n2","conditions":{"ready":true}},
         {"addresses":["10.244.0.2"],"nodeName":"n1"},
         {"addresses":["10.244.0.4"],"nodeName":"n1",
          "conditions":{"ready":false,"serving":true,"terminating":true}}]}
      """;

  private static final ServicePorts.Place HERE = new ServicePorts.Place("n1", "z1");

  private static List<ServicePort> read(String spec) {
    return ServicePorts.of(service(spec), List.of(slice(SLICE)), HERE);
  }

  private static Service service(String spec) {
    String json =
        "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},\"spec\":" + spec + "}";
    return Typed.decode(json.getBytes(StandardCharsets.UTF_8), Service.class);
  }

  private static EndpointSlice slice(String json) {
    return Typed.decode(json.getBytes(StandardCharsets.UTF_8), EndpointSlice.class);
  }

  @Test
  void endpointsAreThoseOfThePortByName() {
    List<ServicePort> ports =
        read(
            "{\"clusterIP\":\"10.96.0.9\",\"ports\":[{\"name\":\"http\",\"port\":80,\"nodePort\":30080}]}");
    assertThat(ports)
        .containsExactly(
            new ServicePort(
                "default/web:http",
                "tcp",
                "10.96.0.9",
                List.of(),
                80,
                30080,
                false,
                false,
                0,
                List.of(
                    ServiceEndpoint.ready("10.244.0.2", 8080, true),
                    ServiceEndpoint.ready("10.244.0.3", 8080, false),
                    new ServiceEndpoint(
                        "10.244.0.4", 8080, false, true, true, true, Hint.NONE, Hint.NONE))));
  }

  @Test
  void policiesAndAffinityAreRead() {
    ServicePort port =
        read("{\"clusterIP\":\"10.96.0.9\",\"sessionAffinity\":\"ClientIP\","
                + "\"externalTrafficPolicy\":\"Local\",\"internalTrafficPolicy\":\"Local\","
                + "\"externalIPs\":[\"198.51.100.7\"],"
                + "\"ports\":[{\"name\":\"admin\",\"port\":9,\"protocol\":\"TCP\"}]}")
            .getFirst();
    assertThat(port.affinitySeconds()).isEqualTo(10_800);
    assertThat(port.externalAddresses()).containsExactly("198.51.100.7");
    assertThat(port.inside()).extracting(ServiceEndpoint::address).containsExactly("10.244.0.2");
    assertThat(port.local()).extracting(ServiceEndpoint::address).containsExactly("10.244.0.2");
  }

  @Test
  void headlessServicesAndNamesForElsewhereNeedNothing() {
    assertThat(read("{\"clusterIP\":\"None\",\"ports\":[{\"port\":80}]}")).isEmpty();
    assertThat(read("{\"type\":\"ExternalName\",\"externalName\":\"x.example\"}")).isEmpty();
    assertThat(ServicePorts.notSupported(service("{\"clusterIP\":\"None\"}"), Set.of(Family.IPV4)))
        .isEmpty();
  }

  @Test
  void eachFamilyOfAddressesIsForwardedToItsOwnEndpoints() {
    String slice = SLICE.replace("IPv4", "IPv6").replace("10.244.0.", "fd00::");
    String spec =
        "{\"clusterIP\":\"10.96.0.9\",\"clusterIPs\":[\"10.96.0.9\",\"fd96::9\"],"
            + "\"ports\":[{\"name\":\"admin\",\"port\":9}]}";
    List<ServicePort> ports =
        ServicePorts.of(service(spec), List.of(slice(SLICE), slice(slice)), HERE);
    assertThat(ports)
        .extracting(p -> p.clusterAddress() + " " + p.inside().getFirst().address())
        .containsExactly("10.96.0.9 10.244.0.2", "fd96::9 fd00::2");
    assertThat(ServicePorts.notSupported(service(spec), Set.of(Family.IPV4)))
        .extracting(ServicePorts.NotSupported::fieldPath)
        .containsExactly("spec.ipFamilies[1]");
  }

  private static List<String> near(String... hints) {
    StringBuilder endpoints = new StringBuilder();
    for (int i = 0; i < hints.length; i++) {
      endpoints.append(i == 0 ? "" : ",");
      endpoints.append("{\"addresses\":[\"10.244.0.%d\"],\"hints\":{%s}}".formatted(i, hints[i]));
    }
    EndpointSlice slice =
        slice(
            "{\"addressType\":\"IPv4\",\"metadata\":{\"name\":\"w\",\"namespace\":\"d\"},"
                + "\"ports\":[{\"port\":8080}],\"endpoints\":["
                + endpoints
                + "]}");
    Service service = service("{\"clusterIP\":\"10.96.0.9\",\"ports\":[{\"port\":80}]}");
    return ServicePorts.of(service, List.of(slice), HERE).getFirst().everywhere().stream()
        .map(ServiceEndpoint::address)
        .toList();
  }

  @Test
  void nearEndpointsArePreferredWhereEachSaysWhomItIsFor() {
    String here = "\"forZones\":[{\"name\":\"z1\"}]";
    String there = "\"forZones\":[{\"name\":\"z2\"}]";
    String node = "\"forNodes\":[{\"name\":\"n1\"}],";
    String other = "\"forNodes\":[{\"name\":\"n2\"}],";
    assertThat(near(here, there)).containsExactly("10.244.0.0");
    assertThat(near(here, "")).hasSize(2);
    assertThat(near(there, there)).hasSize(2);
    assertThat(near(other + here, node + there)).containsExactly("10.244.0.1");
    assertThat(near(other + here, other + there)).containsExactly("10.244.0.0");
  }
}
