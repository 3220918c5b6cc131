package io.berth.agent.network.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.codec.Typed;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

  private static List<ServicePort> read(String spec) {
    return ServicePorts.of(service(spec), List.of(slice(SLICE)), "n1");
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
                    new ServiceEndpoint("10.244.0.2", 8080, true, true, false, true),
                    new ServiceEndpoint("10.244.0.3", 8080, true, true, false, false),
                    new ServiceEndpoint("10.244.0.4", 8080, false, true, true, true))));
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
    assertThat(port.outside()).extracting(ServiceEndpoint::address).containsExactly("10.244.0.2");
  }

  @Test
  void headlessServicesAndNamesForElsewhereNeedNothing() {
    assertThat(read("{\"clusterIP\":\"None\",\"ports\":[{\"port\":80}]}")).isEmpty();
    assertThat(read("{\"type\":\"ExternalName\",\"externalName\":\"x.example\"}")).isEmpty();
    assertThat(ServicePorts.notSupported(service("{\"clusterIP\":\"None\"}"))).isEmpty();
  }

  @Test
  void whatIsNotForwardedIsNamed() {
    Service service =
        service(
            "{\"clusterIP\":\"fd00::9\",\"ports\":[{\"port\":80},{\"port\":81,\"protocol\":\"SCTP\"}]}");
    assertThat(ServicePorts.of(service, List.of(), "n1")).isEmpty();
    assertThat(ServicePorts.notSupported(service))
        .extracting(ServicePorts.NotSupported::fieldPath)
        .containsExactly("spec.ipFamilies", "spec.ports[1].protocol");
  }
}
