package io.berth.apiserver.streaming;

/**
 * Where a node's agent is reached.
 *
 * @param node the node's name
 * @param host its internal address, which the agent's certificate must name
 * @param port the agent's HTTPS port
 */
public record NodeAddress(String node, String host, int port) {}
