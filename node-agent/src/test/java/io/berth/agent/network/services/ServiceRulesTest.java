package io.berth.agent.network.services;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceRulesTest {
  private static final ServiceRules RULES = new ServiceRules("t", "10.244.0.0/24", "br", false);

  private static ServiceEndpoint ready(String address, boolean local) {
    return new ServiceEndpoint(address, 8080, true, true, false, local);
  }

  private static ServiceEndpoint terminating(String address, boolean local) {
    return new ServiceEndpoint(address, 8080, false, true, true, local);
  }

  private static ServicePort port(int nodePort, int affinity, ServiceEndpoint... endpoints) {
    return new ServicePort(
        "default/web:http",
        "tcp",
        "10.96.0.5",
        List.of(),
        80,
        nodePort,
        false,
        false,
        affinity,
        List.of(endpoints));
  }

  private static ServicePort local(int nodePort, ServiceEndpoint... endpoints) {
    return new ServicePort(
        "default/web:http",
        "tcp",
        "10.96.0.5",
        List.of(),
        80,
        nodePort,
        false,
        true,
        0,
        List.of(endpoints));
  }

  private static String script(ServicePort... ports) {
    return RULES.rules(List.of(ports)).changesFrom(Ruleset.empty(), "t");
  }

  @Test
  void aServiceWithoutEndpointsIsRefused() {
    assertThat(script(port(0, 0))).isEqualTo("add element ip t refused { 10.96.0.5 . tcp . 80 }\n");
  }

  @Test
  void connectionsAreSpreadOverReadyEndpoints() {
    assertThat(script(port(0, 0, ready("10.244.0.2", true), ready("10.244.1.2", false))))
        .isEqualTo(
            """
            add chain ip t svc-%1$s
            flush chain ip t svc-%1$s
            add rule ip t svc-%1$s meta l4proto tcp dnat ip to numgen random mod 2 \
            map { 0 : 10.244.0.2 . 8080, 1 : 10.244.1.2 . 8080 }
            add element ip t hairpin { 10.244.0.2 . 10.244.0.2 }
            add element ip t services { 10.96.0.5 . tcp . 80 : goto svc-%1$s }
            """
                .formatted(ID));
  }

  private static final String ID = io.berth.agent.process.ShortNames.of("default/web:http/tcp", 16);

  @Test
  void endpointsThatEndServeOnlyWhileNoOtherIsReady() {
    assertThat(script(port(0, 0, terminating("10.244.0.2", true))))
        .contains("dnat ip to 10.244.0.2:8080");
    assertThat(script(port(0, 0, terminating("10.244.0.2", true), ready("10.244.0.3", true))))
        .contains("dnat ip to 10.244.0.3:8080")
        .doesNotContain("10.244.0.2:");
  }

  @Test
  void aNodePortIsMarkedSoThatAnswersComeBack() {
    assertThat(script(port(30080, 0, ready("10.244.1.2", false))))
        .contains("add rule ip t ext-" + ID + " meta mark set meta mark or 0x20000\n")
        .contains("add element ip t node-ports { tcp . 30080 : goto ext-" + ID + " }\n");
  }

  @Test
  void aLocalPolicyKeepsTheSourceAndDropsWithoutLocalEndpoints() {
    assertThat(script(local(30080, ready("10.244.0.2", true), ready("10.244.1.2", false))))
        .contains(
            """
            add rule ip t ext-%1$s ip saddr 10.244.0.0/24 goto svc-%1$s
            add rule ip t ext-%1$s fib saddr type local meta mark set meta mark or 0x20000 goto svc-%1$s
            add rule ip t ext-%1$s meta l4proto tcp dnat ip to 10.244.0.2:8080
            """
                .formatted(ID));
    assertThat(script(local(30080, ready("10.244.1.2", false))))
        .contains("add rule ip t ext-" + ID + " drop\n");
  }

  @Test
  void clientsAreRememberedWhereAskedFor() {
    assertThat(script(port(0, 600, ready("10.244.0.2", true), ready("10.244.0.3", true))))
        .contains("flags dynamic,timeout; timeout 600s;")
        .contains("numgen random mod 2 vmap { 0 : goto ep-");
  }

  @Test
  void onlyWhatDiffersIsChanged() {
    Ruleset one = RULES.rules(List.of(port(0, 0, ready("10.244.0.2", true))));
    Ruleset two =
        RULES.rules(List.of(port(0, 0, ready("10.244.0.2", true), ready("10.244.0.3", true))));
    assertThat(one.changesFrom(one, "t")).isEmpty();
    assertThat(two.changesFrom(one, "t"))
        .doesNotContain("services")
        .contains("flush chain ip t svc-" + ID)
        .contains("add element ip t hairpin { 10.244.0.3 . 10.244.0.3 }");
    assertThat(Ruleset.empty().changesFrom(one, "t"))
        .isEqualTo(
            """
            delete element ip t hairpin { 10.244.0.2 . 10.244.0.2 }
            delete element ip t services { 10.96.0.5 . tcp . 80 }
            flush chain ip t svc-%1$s
            delete chain ip t svc-%1$s
            """
                .formatted(ID));
  }

  @Test
  void flowsToEndpointsThatWentAreForgotten() {
    ServicePort before =
        new ServicePort(
            "ns/dns:",
            "udp",
            "10.96.0.10",
            List.of(),
            53,
            0,
            false,
            false,
            0,
            List.of(ready("10.244.0.2", true)));
    ServicePort none =
        new ServicePort(
            "ns/dns:", "udp", "10.96.0.10", List.of(), 53, 0, false, false, 0, List.of());
    assertThat(UdpFlows.stale(List.of(before), List.of(none)))
        .containsExactly(List.of("-D", "-p", "udp", "--dst-nat", "10.244.0.2"));
    assertThat(UdpFlows.stale(List.of(none), List.of(before)))
        .containsExactly(List.of("-D", "-p", "udp", "--orig-dst", "10.96.0.10", "--dport", "53"));
    assertThat(UdpFlows.stale(List.of(before), List.of(before))).isEmpty();
  }
}
