package io.berth.cli.up;

import io.berth.agent.network.routes.RouteMode;
import io.berth.cli.DataDirectory;
import java.util.List;
import java.util.Map;

/**
 * What a node is told of itself.
 *
 * @param addresses by which it is reached, the first its InternalIP
 * @param podCidr its pods' addresses
 * @param clusterCidr all nodes' pods' addresses
 * @param agentPort where its agent listens
 */
record NodeSettings(
    String name,
    DataDirectory directory,
    List<String> addresses,
    String podCidr,
    String clusterCidr,
    int agentPort,
    Map<String, String> labels,
    RouteMode routes) {

  /** The network of all nodes where nothing else is said: the /16 that a node's own is in. */
  static String aroundOf(String podCidr) {
    String[] parts = podCidr.split("[./]", -1);
    return parts.length == 5 && Integer.parseInt(parts[4]) > 16
        ? parts[0] + "." + parts[1] + ".0.0/16"
        : podCidr;
  }
}
