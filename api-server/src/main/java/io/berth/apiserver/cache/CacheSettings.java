package io.berth.apiserver.cache;

import java.time.Duration;

/**
 * The bounds of a {@link WatchCache}.
 *
 * @param windowEvents the most recent events kept of each resource, to start watches from
 * @param windowBytes the most bytes of JSON that those may hold, each resource
 * @param watcherQueue the most events that may wait for one watcher before it is cut, beside those
 *     that it starts with
 * @param backfill how many revisions of the store's history are read at the start, so that watchers
 *     of a server before this one go on from memory
 * @param catchUps the most watches at a time that read the store's own history
 * @param freshness how long a request waits for the cache to reach a revision
 * @param bookmarkEvery how often each watcher is told how far the cache is
 */
public record CacheSettings(
    int windowEvents,
    long windowBytes,
    int watcherQueue,
    int backfill,
    int catchUps,
    Duration freshness,
    Duration bookmarkEvery) {
  public static CacheSettings defaults() {
    return new CacheSettings(
        4_096, 8 << 20, 1_024, 2_000, 64, Duration.ofSeconds(3), Duration.ofSeconds(60));
  }
}
