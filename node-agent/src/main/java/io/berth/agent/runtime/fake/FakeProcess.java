package io.berth.agent.runtime.fake;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a container of a {@link FakeDriver} does.
 *
 * @param runsFor how long until it ends by itself, or null where it never does
 * @param exitCode its code when it ends by itself
 * @param stdout what it prints at its start
 * @param stderr likewise
 * @param ignoresTerm whether only SIGKILL ends it
 * @param lastWords what it leaves as its termination message
 */
public record FakeProcess(
    @Nullable Duration runsFor,
    int exitCode,
    String stdout,
    String stderr,
    boolean ignoresTerm,
    String lastWords) {
  /** Runs until it is told to end. */
  public static final FakeProcess SERVICE = new FakeProcess(null, 0, "", "", false, "");

  /** Ends by itself. */
  public static FakeProcess exits(Duration after, int code) {
    return new FakeProcess(after, code, "", "", false, "");
  }

  /** Does not react to SIGTERM. */
  public static FakeProcess stubborn() {
    return new FakeProcess(null, 0, "", "", true, "");
  }
}
