package io.berth.agent;

import io.berth.agent.node.NodeConfig;
import io.berth.agent.runtime.RuntimeDriver.Dns;
import io.berth.agent.server.ServerConfig;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an agent is set up.
 *
 * @param node the node as it registers itself
 * @param dataDirectory where pods' volumes and logs go
 * @param clusterDns addresses of the cluster's resolver; empty where there is none
 * @param clusterDomain such as {@code cluster.local}
 * @param nodeDns the node's own resolver
 * @param server the agent's server, or null for none
 */
public record AgentConfig(
    NodeConfig node,
    Path dataDirectory,
    List<String> clusterDns,
    String clusterDomain,
    Dns nodeDns,
    @Nullable ServerConfig server) {}
