package io.berth.agent.pod;

/**
 * An attempt at something failed; it is tried again at a time of the monotonic clock, or never.
 *
 * @param waiting what the status says meanwhile
 * @param untilNanos when to try again
 * @param failures how often it failed in a row
 * @param forever whether nothing but a new pod helps
 */
public record Blocked(Waiting waiting, long untilNanos, int failures, boolean forever) {
  public boolean holds(long nowNanos) {
    return forever || untilNanos - nowNanos > 0;
  }
}
