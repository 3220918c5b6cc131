package io.berth.agent.network.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.network.routes.RoutePlan.Hop;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoutePlanTest {
  private static final Links LINKS =
      Links.read(
          Json.parse(
              """
              [{"ifname":"lo","mtu":65536,"addr_info":[{"local":"127.0.0.1","prefixlen":8,"scope":"host"}]},
               {"ifname":"eth0","mtu":9000,"addr_info":[
                 {"local":"192.168.1.10","prefixlen":24,"scope":"global"},
                 {"local":"2001:db8::10","prefixlen":64,"scope":"global"},
                 {"local":"fe80::1","prefixlen":64,"scope":"link"}]},
               {"ifname":"br","mtu":9000,"addr_info":[
                 {"local":"10.244.0.1","prefixlen":24,"scope":"global"}]}]\
              """
                  .getBytes(StandardCharsets.UTF_8)),
          Set.of("br"));

  private static Peer peer(String node, String address, String... cidrs) {
    return new Peer(node, List.of(address), List.of(cidrs));
  }

  private static Map<String, Hop> plan(RouteMode mode, Peer... peers) {
    return RoutePlan.of(List.of(peers), "n0", LINKS, mode);
  }

  @Test
  void aNodeOnTheSameLinkIsTheNextHopAndOthersAreBehindATunnel() {
    assertThat(
            plan(
                RouteMode.AUTO,
                peer("n0", "192.168.1.10", "10.244.0.0/24"),
                peer("n1", "192.168.1.11", "10.244.1.0/24"),
                peer("n2", "192.168.2.12", "10.244.2.0/24")))
        .containsOnly(
            Map.entry("10.244.1.0/24", new Hop("192.168.1.11", false)),
            Map.entry("10.244.2.0/24", new Hop("192.168.2.12", true)));
  }

  @Test
  void theModeDecidesWhereItIsGiven() {
    Peer near = peer("n1", "192.168.1.11", "10.244.1.0/24");
    Peer far = peer("n2", "192.168.2.12", "10.244.2.0/24");
    assertThat(plan(RouteMode.VXLAN, near, far))
        .allSatisfy((cidr, hop) -> assertThat(hop.tunnel()).isTrue());
    assertThat(plan(RouteMode.HOST_GW, near, far)).containsOnlyKeys("10.244.1.0/24");
  }

  @Test
  void agentsOnThisMachineNeedNoRoute() {
    assertThat(plan(RouteMode.AUTO, peer("n1", "192.168.1.10", "10.244.1.0/24"))).isEmpty();
  }

  @Test
  void eachFamilyGoesByAnAddressOfItsOwnOrThroughTheTunnel() {
    Peer both =
        new Peer(
            "n1", List.of("192.168.1.11", "2001:db8::11"), List.of("10.244.1.0/24", "fd00:1::/64"));
    assertThat(plan(RouteMode.AUTO, both))
        .containsOnly(
            Map.entry("10.244.1.0/24", new Hop("192.168.1.11", false)),
            Map.entry("fd00:1:0:0:0:0:0:0/64", new Hop("2001:db8::11", false)));
    assertThat(plan(RouteMode.AUTO, peer("n1", "192.168.1.11", "fd00:1::/64")))
        .containsValue(new Hop("192.168.1.11", true));
  }

  @Test
  void whatTwoNodesClaimIsTheFirstOnes() {
    assertThat(
            plan(
                RouteMode.AUTO,
                peer("n2", "192.168.1.12", "10.244.1.0/24"),
                peer("n1", "192.168.1.11", "10.244.1.7/24")))
        .containsOnly(Map.entry("10.244.1.0/24", new Hop("192.168.1.11", false)));
  }

  @Test
  void networksHaveABaseAndABound() {
    assertThat(Network.parse("10.244.3.9/22").text()).isEqualTo("10.244.0.0/22");
    assertThat(Network.parse("255.255.255.255/1").text()).isEqualTo("128.0.0.0/1");
    assertThat(Network.parse("fd00:1::5/64").text()).isEqualTo("fd00:1:0:0:0:0:0:0/64");
    assertThat(Network.parse("0.0.0.0/0").text()).isEqualTo("0.0.0.0/0");
    assertThatThrownBy(() -> Network.parse("10.0.0.0/33"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Network.parse("10.0.0.0"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
