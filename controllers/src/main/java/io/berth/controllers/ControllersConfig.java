package io.berth.controllers;

import java.time.Duration;
import java.util.List;

/**
 * How the controllers work. The defaults are Kubernetes'.
 *
 * @param replicaSetWorkers how many ReplicaSets are worked on at once
 * @param deploymentWorkers how many Deployments
 * @param garbageWorkers how many objects the garbage collector looks at at once
 * @param otherWorkers how many keys each of the other loops works on at once
 * @param nodeGracePeriod how long a node's lease may go without a renewal before it counts as lost
 * @param nodeStartupGracePeriod the same for a node that has never reported
 * @param terminatedPodThreshold how many ended pods are kept before the oldest are deleted; 0 for
 *     no limit
 * @param rootCa the cluster's CA certificate as PEM, published to every namespace as the config map
 *     {@code kube-root-ca.crt}; empty to publish none
 * @param clusterCidrs what nodes' pods have their addresses from: one network, or one of each
 *     family; empty to give none
 */
public record ControllersConfig(
    int replicaSetWorkers,
    int deploymentWorkers,
    int garbageWorkers,
    int otherWorkers,
    Duration nodeGracePeriod,
    Duration nodeStartupGracePeriod,
    int terminatedPodThreshold,
    String rootCa,
    List<String> clusterCidrs) {
  public static final ControllersConfig DEFAULT =
      new ControllersConfig(
          5, 5, 20, 5, Duration.ofSeconds(40), Duration.ofSeconds(60), 12_500, "", List.of());

  public ControllersConfig {
    clusterCidrs = List.copyOf(clusterCidrs);
    if (replicaSetWorkers < 1 || deploymentWorkers < 1 || garbageWorkers < 1 || otherWorkers < 1) {
      throw new IllegalArgumentException("every loop needs a worker");
    }
    if (nodeGracePeriod.isNegative() || nodeGracePeriod.isZero()) {
      throw new IllegalArgumentException("nodeGracePeriod must be positive");
    }
  }

  public ControllersConfig withRootCa(String pem) {
    return new ControllersConfig(
        replicaSetWorkers,
        deploymentWorkers,
        garbageWorkers,
        otherWorkers,
        nodeGracePeriod,
        nodeStartupGracePeriod,
        terminatedPodThreshold,
        pem,
        clusterCidrs);
  }

  public ControllersConfig withClusterCidrs(List<String> cidrs) {
    return new ControllersConfig(
        replicaSetWorkers,
        deploymentWorkers,
        garbageWorkers,
        otherWorkers,
        nodeGracePeriod,
        nodeStartupGracePeriod,
        terminatedPodThreshold,
        rootCa,
        cidrs);
  }
}
