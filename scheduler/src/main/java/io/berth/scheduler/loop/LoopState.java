package io.berth.scheduler.loop;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.decide.Deciders;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.queue.SchedulingQueue;
import io.berth.scheduler.volume.VolumeRules;

/**
 * What the loop works on. All of it changes in place: {@link LoopGuard} is the lock on it.
 *
 * @param cluster the nodes with the pods on them or about to be
 * @param deciders decide, a profile each
 * @param queue the pods that wait
 * @param gangs the pod groups
 * @param preemption makes room
 * @param volumes what pods' claims demand, and the volumes they are to get
 * @param room whom room that was made is for
 */
record LoopState(
    Cluster cluster,
    Deciders deciders,
    SchedulingQueue queue,
    Gangs gangs,
    Preemption preemption,
    VolumeRules volumes,
    Room room) {}
