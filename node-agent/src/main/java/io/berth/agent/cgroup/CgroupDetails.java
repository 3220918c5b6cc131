package io.berth.agent.cgroup;

/**
 * What else is known of a group. -1 where the kernel does not tell; limits are 0 where there is
 * none, a quota -1.
 *
 * @param userNanos CPU time in user mode
 * @param systemNanos CPU time in the kernel
 * @param periods of its CPU limit that have passed
 * @param throttledPeriods in which it used up its limit
 * @param throttledNanos how long it was held up
 * @param shares as version 1 counts them
 * @param quotaMicros of CPU in each period
 * @param periodMicros the period's length
 * @param memoryLimit bytes
 * @param memoryReservation bytes
 * @param swapLimit bytes
 * @param maxMemory the most it ever had, bytes
 * @param memoryFailures how often it ran into its memory limit
 * @param oomKills how many of its processes were killed for want of memory
 * @param processes right in the group
 * @param threads in it and below
 * @param maxThreads the most it may have
 * @param readBytes from disks
 * @param writtenBytes to disks
 * @param reads from disks
 * @param writes to disks
 */
public record CgroupDetails(
    long userNanos,
    long systemNanos,
    long periods,
    long throttledPeriods,
    long throttledNanos,
    long shares,
    long quotaMicros,
    long periodMicros,
    long memoryLimit,
    long memoryReservation,
    long swapLimit,
    long maxMemory,
    long memoryFailures,
    long oomKills,
    long processes,
    long threads,
    long maxThreads,
    long readBytes,
    long writtenBytes,
    long reads,
    long writes) {}
