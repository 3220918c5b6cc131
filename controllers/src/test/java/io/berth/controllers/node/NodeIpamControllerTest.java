package io.berth.controllers.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.resource.Resources;
import io.berth.controllers.ControllersConfig;
import io.berth.controllers.testing.Cluster;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeIpamControllerTest {
  private static final ControllersConfig CONFIG =
      ControllersConfig.DEFAULT.withClusterCidrs(List.of("10.244.0.0/22", "fd00:44::/60"));

  private static String cidrs(Cluster cluster, String node) {
    return cluster.get(Resources.NODES, node).path("spec").path("podCIDRs").toString();
  }

  private static void node(Cluster cluster, String name, String spec) {
    cluster.put(Resources.NODES, "{'metadata':{'name':'%s'},'spec':{%s}}", name, spec);
  }

  @Test
  void eachNodeHasANetworkOfEachFamilyThatNoOtherHas() {
    try (Cluster cluster = new Cluster(1, CONFIG)) {
      node(cluster, "a", "'podCIDR':'10.244.1.0/24','podCIDRs':['10.244.1.0/24']");
      node(cluster, "b", "");
      node(cluster, "c", "");
      node(cluster, "d", "");
      cluster.settle();
      assertThat(Set.of(cidrs(cluster, "b"), cidrs(cluster, "c"), cidrs(cluster, "d")))
          .containsExactlyInAnyOrder(
              "[\"10.244.0.0/24\",\"fd00:44:0:0:0:0:0:0/64\"]",
              "[\"10.244.2.0/24\",\"fd00:44:0:1:0:0:0:0/64\"]",
              "[\"10.244.3.0/24\",\"fd00:44:0:2:0:0:0:0/64\"]");
      assertThat(cluster.get(Resources.NODES, "b").path("spec").path("podCIDR").asText())
          .startsWith("10.244.");
    }
  }

  @Test
  void whereAllAreTakenANodeWaitsUntilOneLeaves() {
    try (Cluster cluster =
        new Cluster(1, ControllersConfig.DEFAULT.withClusterCidrs(List.of("10.244.0.0/24")))) {
      node(cluster, "a", "");
      cluster.settle();
      node(cluster, "b", "");
      cluster.settle();
      assertThat(cidrs(cluster, "b")).isEmpty();
      cluster.api.remove(Resources.NODES, "", "a");
      cluster.advance(31);
      assertThat(cidrs(cluster, "b")).isEqualTo("[\"10.244.0.0/24\"]");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.244.0.0/16 | 10.244.0.0/24 | 10.244.1.0/24",
        "10.244.0.0/16 | 10.244.0.0/22 | 10.244.4.0/24",
        "10.244.0.0/16 | 10.244.0.128/26 | 10.244.1.0/24",
        "10.244.0.0/16 | 10.0.0.0/8 | NONE",
        "10.244.0.0/16 | 10.245.0.0/24 | 10.244.0.0/24",
        "10.244.0.0/16 | 10.243.255.0/24 | 10.244.0.0/24",
        "10.244.0.0/16 | fd00::/64 | 10.244.0.0/24",
        "fd00::/48 | fd00::/64 | fd00:0:0:1:0:0:0:0/64",
      })
  void whatIsTakenIsNotGivenAgain(String pool, String taken, String next) {
    assertThat(CidrPool.parse(pool).next(List.of(taken)).orElse("NONE")).isEqualTo(next);
  }

  @Test
  void aClusterNetworkHasRoomForNodes() {
    for (String wrong : List.of("10.244.0.0", "10.244.0.0/25", "10.0.0.0/7", "x/16")) {
      assertThatThrownBy(() -> CidrPool.parse(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
