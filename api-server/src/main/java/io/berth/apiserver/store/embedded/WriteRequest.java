package io.berth.apiserver.store.embedded;

import org.jspecify.annotations.Nullable;

/** What the writer may be asked to do. */
sealed interface WriteRequest {
  /** The bytes that it holds in memory. */
  default long bytes() {
    return 0;
  }

  /** Whether its commit must be on the disk before it is acknowledged. */
  default boolean durable() {
    return true;
  }

  /**
   * Writes or deletes a key.
   *
   * @param value null to delete
   * @param expected the version that must be there, 0 for none
   * @param lifetimeSeconds 0 to leave it
   */
  record Put(String key, byte @Nullable [] value, long expected, long lifetimeSeconds)
      implements WriteRequest {
    @Override
    public long bytes() {
      return value == null ? 0 : value.length;
    }

    @Override
    public boolean durable() {
      return lifetimeSeconds == 0; // what has a lifetime is many and cheap to lose
    }
  }

  /** Deletes some keys whose lifetime has ended; the answer is how many. */
  record Expire(int limit) implements WriteRequest {
    @Override
    public boolean durable() {
      return false;
    }
  }

  /** Declares everything before a revision forgotten; removes nothing yet. */
  record Forget(long revision) implements WriteRequest {}

  /** Removes a stretch of what is forgotten; the answer is whether more is left. */
  record Sweep(int rows) implements WriteRequest {
    @Override
    public boolean durable() {
      return false; // repeated where it is lost
    }
  }

  /** Finds out whether the disk can be written again. */
  record Probe() implements WriteRequest {}
}
