package io.berth.agent.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.process.ShortNames;
import io.berth.api.codec.Json;
import java.nio.file.Path;

/**
 * The node's pod network by name. All names come from the node's, so that several agents can share
 * a machine.
 *
 * @param nodeName the node
 * @param subnet addresses of this node's pods
 * @param clusterCidr addresses of all nodes' pods, reached without masquerading
 * @param directory where addresses given out are remembered
 * @param mtu in bytes
 */
record NetworkConfig(String nodeName, Subnet subnet, String clusterCidr, Path directory, int mtu) {
  private static final String CNI_VERSION = "1.0.0";

  /** Bridge names have at most 15 characters. */
  String bridge() {
    return "berth" + ShortNames.of(nodeName, 8);
  }

  String networkName() {
    return "berth-" + nodeName;
  }

  String table() {
    return "berth-pods-" + nodeName;
  }

  String tap(String id) {
    return "bt" + ShortNames.of(nodeName + "/" + id, 10);
  }

  /** What the runtime calls for each sandbox: a bridge with addresses from the subnet. */
  ObjectNode conflist() {
    ObjectNode list = Json.object().put("cniVersion", CNI_VERSION).put("name", networkName());
    ObjectNode plugin =
        list.putArray("plugins")
            .addObject()
            .put("type", "bridge")
            .put("bridge", bridge())
            .put("isGateway", true)
            .put("ipMasq", false)
            .put("hairpinMode", true)
            .put("mtu", mtu);
    plugin.set("ipam", ipam());
    return list;
  }

  /** The same for the address plugin alone. */
  ObjectNode ipamCall() {
    ObjectNode call = Json.object().put("cniVersion", CNI_VERSION).put("name", networkName());
    call.put("type", "bridge").set("ipam", ipam());
    return call;
  }

  private ObjectNode ipam() {
    ObjectNode ipam =
        Json.object()
            .put("type", "host-local")
            .put("dataDir", directory.resolve("addresses").toString());
    ipam.putArray("ranges")
        .addArray()
        .addObject()
        .put("subnet", subnet.cidr())
        .put("gateway", subnet.gateway());
    ipam.putArray("routes").addObject().put("dst", "0.0.0.0/0");
    return ipam;
  }

  /** Masquerades what leaves the pods' networks; replaces what an earlier agent left. */
  String ruleset() {
    return """
        add table ip %1$s
        delete table ip %1$s
        table ip %1$s {
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr %2$s ip daddr != %3$s ip daddr != 224.0.0.0/4 oifname != "%4$s" masquerade
          }
        }
        """
        .formatted(table(), subnet.cidr(), clusterCidr, bridge());
  }

  String removal() {
    return "add table ip %1$s\ndelete table ip %1$s\n".formatted(table());
  }
}
