package io.berth.agent.cgroup;

/**
 * What a group used, those below it included. Sizes are bytes; -1 where the kernel does not tell.
 *
 * @param cpuNanos CPU time since the group was made
 * @param memory all memory, caches included
 * @param workingSet what cannot be taken back at once: all but file pages that rest
 * @param rss anonymous memory
 * @param cache file pages
 * @param mapped file pages that are mapped
 * @param swap swapped out
 * @param pageFaults since the group was made
 * @param majorFaults those that read from a disk
 */
public record CgroupUsage(
    long cpuNanos,
    long memory,
    long workingSet,
    long rss,
    long cache,
    long mapped,
    long swap,
    long pageFaults,
    long majorFaults) {}
