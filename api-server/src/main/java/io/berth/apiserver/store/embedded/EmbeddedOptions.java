package io.berth.apiserver.store.embedded;

import java.time.Duration;

/**
 * The bounds of an {@link EmbeddedStore}.
 *
 * @param groupWrites the most writes that one commit takes
 * @param queuedWrites the most writes that may wait for the writer
 * @param queuedBytes the most bytes that may wait for the writer
 * @param recentEvents the most recent events kept in memory for watches
 * @param recentBytes the most bytes that those may hold
 * @param readers the most reads at a time
 * @param patience how long a write waits for its answer, and for room in a full queue
 * @param maxPages the most pages of 4 KiB that the database may have, 0 for no bound; a store that
 *     reaches it behaves as on a full disk
 */
public record EmbeddedOptions(
    int groupWrites,
    int queuedWrites,
    long queuedBytes,
    int recentEvents,
    long recentBytes,
    int readers,
    Duration patience,
    long maxPages) {
  public static EmbeddedOptions defaults() {
    return new EmbeddedOptions(512, 8_192, 64 << 20, 4_096, 8 << 20, 4, Duration.ofSeconds(20), 0);
  }

  EmbeddedOptions withMaxPages(long pages) {
    return new EmbeddedOptions(
        groupWrites,
        queuedWrites,
        queuedBytes,
        recentEvents,
        recentBytes,
        readers,
        patience,
        pages);
  }
}
