package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver.Dns;
import java.util.List;

/**
 * What of the node's configuration pods see.
 *
 * @param nodeName the node's name
 * @param hostIps the node's addresses, the first the primary
 * @param clusterDns addresses of the cluster's resolver; empty where there is none
 * @param clusterDomain such as {@code cluster.local}
 * @param nodeDns the node's own resolver
 */
public record PodConfig(
    String nodeName,
    List<String> hostIps,
    List<String> clusterDns,
    String clusterDomain,
    Dns nodeDns) {}
