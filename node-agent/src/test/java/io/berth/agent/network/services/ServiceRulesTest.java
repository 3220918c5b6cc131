package io.berth.agent.network.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.network.Family;
import io.berth.agent.process.Command;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ServiceRulesTest {
  private static final ServiceRules RULES =
      new ServiceRules("t", Family.IPV4, "10.244.0.0/24", "br", false);

  private final List<String> scripts = new ArrayList<>();
  private boolean refuse;
  private final RuleTable table = new RuleTable(this::kernel, RULES);

  private void kernel(String script) {
    if (refuse) {
      refuse = false;
      throw new Command.FailedException("refused");
    }
    scripts.add(script);
  }

  private static ServiceEndpoint at(String address, boolean local) {
    return ServiceEndpoint.ready(address, 8080, local);
  }

  private static ServiceEndpoint terminating(String address) {
    return new ServiceEndpoint(address, 8080, false, true, true, true, Hint.NONE, Hint.NONE);
  }

  private static ServicePort port(
      int nodePort, boolean localOutside, int affinity, ServiceEndpoint... endpoints) {
    return new ServicePort(
        "default/web:http",
        "tcp",
        "10.96.0.5",
        List.of(),
        80,
        nodePort,
        false,
        localOutside,
        affinity,
        List.of(endpoints));
  }

  private static ServicePort inside(ServiceEndpoint... endpoints) {
    return port(0, false, 0, endpoints);
  }

  /** What changed with services of these names; the skeleton of the first time is left out. */
  private String change(Map<String, ServicePort> services) {
    if (scripts.isEmpty()) {
      table.apply(Map.of());
    }
    scripts.clear();
    Map<String, ServiceElements> elements = new TreeMap<>();
    services.forEach((name, port) -> elements.put(name, RULES.of(List.of(port))));
    table.apply(elements);
    return String.join("", scripts);
  }

  private String change(ServicePort port) {
    return change(Map.of("default/web", port));
  }

  private static String lines(String... lines) {
    return String.join("\n", lines) + "\n";
  }

  @Test
  void aServiceWithoutEndpointsIsRefused() {
    assertThat(change(inside())).isEqualTo("add element ip t refused { 10.96.0.5 . tcp . 80 }\n");
  }

  @Test
  void connectionsAreSpreadOverReadyEndpoints() {
    assertThat(change(inside(at("10.244.0.2", true), at("10.244.1.2", false))))
        .isEqualTo(
            lines(
                "add chain ip t pick-any-2",
                "add rule ip t pick-any-2 meta priority set numgen random mod 2",
                "add rule ip t pick-any-2 goto to-any",
                "add element ip t any { 10.96.0.5 . tcp . 80 . 0:0 : 10.244.0.2 . 8080,"
                    + " 10.96.0.5 . tcp . 80 . 0:1 : 10.244.1.2 . 8080 }",
                "add element ip t hairpin { 10.244.0.2 . 10.244.0.2 }",
                "add element ip t services { 10.96.0.5 . tcp . 80 : goto pick-any-2 }"));
  }

  @Test
  void endpointsThatEndServeOnlyWhileNoOtherIsReady() {
    assertThat(change(inside(terminating("10.244.0.2")))).contains(": 10.244.0.2 . 8080");
    assertThat(change(inside(terminating("10.244.0.2"), at("10.244.0.3", true))))
        .contains("add element ip t any { 10.96.0.5 . tcp . 80 . 0:0 : 10.244.0.3 . 8080 }")
        .doesNotContain(": 10.244.0.2 . 8080");
  }

  @Test
  void aNodePortIsMarkedSoThatAnswersComeBack() {
    assertThat(change(port(30080, false, 0, at("10.244.1.2", false))))
        .contains(
            "add rule ip t out-pick-node-any-1 meta mark set meta mark or 0x20000"
                + " goto pick-node-any-1\n")
        .contains("add element ip t node-ports { tcp . 30080 : goto out-pick-node-any-1 }\n")
        .contains("add element ip t node-any { tcp . 30080 . 0:0 : 10.244.1.2 . 8080 }\n");
  }

  @Test
  void aLocalPolicyKeepsTheSourceAndDropsWithoutLocalEndpoints() {
    assertThat(change(port(30080, true, 0, at("10.244.0.2", true), at("10.244.1.2", false))))
        .contains(
            lines(
                "add rule ip t near-pick-node-any-2-pick-node-local-1 ip saddr 10.244.0.0/24"
                    + " goto pick-node-any-2",
                "add rule ip t near-pick-node-any-2-pick-node-local-1 fib saddr type local"
                    + " meta mark set meta mark or 0x20000 goto pick-node-any-2",
                "add rule ip t near-pick-node-any-2-pick-node-local-1 goto pick-node-local-1"));
    assertThat(change(port(30080, true, 0, at("10.244.1.2", false))))
        .contains("add rule ip t near-pick-node-any-1 drop\n");
  }

  @Test
  void clientsAreRememberedByWhatTheyHad() {
    assertThat(change(port(0, false, 600, at("10.244.0.2", true), at("10.244.0.3", true))))
        .contains("timeout 600s : meta priority }")
        .contains("goto keep-any-2-600")
        .doesNotContain("add element ip t any {");
  }

  @Test
  void onlyWhatDiffersIsChanged() {
    change(inside(at("10.244.0.2", true)));
    assertThat(change(inside(at("10.244.0.2", true)))).isEmpty();
    assertThat(change(inside(at("10.244.0.2", true), at("10.244.0.3", true))))
        .isEqualTo(
            lines(
                "add chain ip t pick-any-2",
                "add rule ip t pick-any-2 meta priority set numgen random mod 2",
                "add rule ip t pick-any-2 goto to-any",
                "delete element ip t services { 10.96.0.5 . tcp . 80 }",
                "add element ip t any { 10.96.0.5 . tcp . 80 . 0:1 : 10.244.0.3 . 8080 }",
                "add element ip t hairpin { 10.244.0.3 . 10.244.0.3 }",
                "add element ip t services { 10.96.0.5 . tcp . 80 : goto pick-any-2 }"));
    scripts.clear();
    table.apply(Map.of("default/web", ServiceElements.NONE));
    assertThat(scripts)
        .containsExactly(
            lines(
                "delete element ip t any { 10.96.0.5 . tcp . 80 . 0:0,"
                    + " 10.96.0.5 . tcp . 80 . 0:1 }",
                "delete element ip t hairpin { 10.244.0.2 . 10.244.0.2, 10.244.0.3 . 10.244.0.3 }",
                "delete element ip t services { 10.96.0.5 . tcp . 80 }"));
  }

  @Test
  void whatTwoServicesNeedStaysUntilNeitherDoes() {
    ServicePort one = inside(at("10.244.0.2", true));
    change(Map.of("a", one, "b", one));
    scripts.clear();
    table.apply(Map.of("a", ServiceElements.NONE));
    assertThat(scripts).isEmpty();
    table.apply(Map.of("b", ServiceElements.NONE));
    assertThat(String.join("", scripts)).contains("delete element ip t hairpin");
  }

  @Test
  void afterARefusalAllIsMadeAnew() {
    change(inside(at("10.244.0.2", true)));
    refuse = true;
    scripts.clear();
    table.apply(Map.of("other", RULES.of(List.of(port(30080, false, 0, at("10.244.0.3", true))))));
    assertThat(scripts).hasSize(1);
    assertThat(scripts.getFirst())
        .startsWith("add table ip t\ndelete table ip t\n")
        .contains("10.244.0.2 . 8080")
        .contains("10.244.0.3 . 8080");
  }

  private static ServicePort udp(ServiceEndpoint... endpoints) {
    return new ServicePort(
        "ns/dns:",
        "udp",
        "10.96.0.10",
        List.of(),
        53,
        0,
        false,
        false,
        0,
        Arrays.asList(endpoints));
  }

  @Test
  void flowsToEndpointsThatWentAreForgotten() {
    List<ServicePort> before = List.of(udp(at("10.244.0.2", true)));
    List<ServicePort> none = List.of(udp());
    assertThat(UdpFlows.stale(before, none))
        .containsExactly(List.of("-D", "-p", "udp", "-f", "ipv4", "--dst-nat", "10.244.0.2"));
    assertThat(UdpFlows.stale(none, before))
        .containsExactly(
            List.of("-D", "-p", "udp", "-f", "ipv4", "--orig-dst", "10.96.0.10", "--dport", "53"));
    assertThat(UdpFlows.stale(before, before)).isEmpty();
  }
}
