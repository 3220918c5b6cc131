package io.berth.agent.node;

/**
 * What the machine is and has at the moment. Sizes are bytes.
 *
 * @param pids processes and threads that run
 * @param maxPids the most that can
 */
public record Machine(
    int cpus,
    long memory,
    long memoryAvailable,
    long disk,
    long diskAvailable,
    long pids,
    long maxPids,
    String kernel,
    String osImage,
    String architecture,
    String machineId,
    String bootId,
    String systemUuid) {}
