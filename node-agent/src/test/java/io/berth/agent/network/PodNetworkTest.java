package io.berth.agent.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.process.Command;
import io.berth.api.codec.Json;
import io.berth.api.time.SystemEnvironment;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PodNetworkTest {
  @TempDir Path directory;

  private PodNetwork network(SystemEnvironment environment) {
    return new PodNetwork(
        environment,
        "cri-net",
        "10.213.5.0/24",
        "10.213.0.0/16",
        directory,
        Path.of("/usr/lib/cni"));
  }

  @Test
  void theRuntimeIsToldOfABridgeWithAddressesFromTheSubnet() {
    NetworkConfig config =
        new NetworkConfig(
            "n1", Subnet.parse("10.244.3.0/24"), "10.244.0.0/16", Path.of("/d"), 1400);
    assertThat(Json.mapper().valueToTree(config.conflist()).toString())
        .isEqualTo(
            "{\"cniVersion\":\"1.0.0\",\"name\":\"berth-n1\",\"plugins\":[{\"type\":\"bridge\","
                + "\"bridge\":\""
                + config.bridge()
                + "\",\"isGateway\":true,\"ipMasq\":false,\"hairpinMode\":true,\"mtu\":1400,"
                + "\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"/d/addresses\",\"ranges\":"
                + "[[{\"subnet\":\"10.244.3.0/24\",\"gateway\":\"10.244.3.1\"}]],"
                + "\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}}]}");
    assertThat(config.bridge())
        .hasSizeLessThan(16)
        .isNotEqualTo(new NetworkConfig("n2", config.subnet(), "", Path.of("/d"), 1400).bridge());
    assertThat(config.ruleset())
        .contains("ip saddr 10.244.3.0/24 ip daddr != 10.244.0.0/16")
        .contains("oifname != \"" + config.bridge() + "\" masquerade");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0.0",
        "10.0.0.0/33",
        "10.0.0/24",
        "10.0.0.256/24",
        "a/24",
        "10.0.0.0/30"
      })
  void aMalformedNetworkIsRefused(String text) {
    assertThatThrownBy(() -> Subnet.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void addressesAreCountedFromTheNetworksFirst() {
    assertThat(Subnet.parse("10.244.3.77/24").cidr()).isEqualTo("10.244.3.0/24");
    assertThat(Subnet.parse("192.168.255.0/24").gateway()).isEqualTo("192.168.255.1");
    assertThat(Subnet.macOf("10.244.3.255")).isEqualTo("0a:58:0a:f4:03:ff");
  }

  @Test
  @Tag("real")
  void aMachineKeepsItsTapAndAddressUntilItIsReleased() {
    try (SystemEnvironment environment = new SystemEnvironment()) {
      PodNetwork network = network(environment);
      network.start();
      try {
        TapPort port = network.attachTap("machine-1");
        assertThat(port.address()).startsWith("10.213.5.").isNotEqualTo(network.gateway());
        assertThat(port.gateway()).isEqualTo("10.213.5.1");
        assertThat(port.prefixLength()).isEqualTo(24);
        assertThat(port.mac()).isEqualTo(Subnet.macOf(port.address()));
        assertThat(port.device()).hasSizeLessThan(16);
        assertThat(master(environment, port.device())).contains("master " + network.bridge());

        PodNetwork next = network(environment);
        next.start();
        assertThat(next.attachTap("machine-1")).isEqualTo(port);
        assertThat(next.attachTap("machine-2").address()).isNotEqualTo(port.address());
        next.release("machine-1");
        next.release("machine-1");
        assertThat(Machine.hasLink(port.device())).isFalse();
        next.close();
      } finally {
        network.remove();
        network.remove();
      }
      assertThat(Machine.links()).isNotEmpty();
      assertThat(Machine.hasLink(network.bridge())).isFalse();
    }
  }

  private static String master(SystemEnvironment environment, String link) {
    return new Command(environment).run("ip", "link", "show", "dev", link);
  }
}
