package io.berth.agent.cgroup;

/** Amounts of CPU as control groups count them. Pure. */
public final class CpuShare {
  /** Over which a limit is counted. */
  public static final long PERIOD_MICROS = 100_000;

  private static final long MIN_SHARES = 2;
  private static final long MAX_SHARES = 262_144;
  private static final long MIN_QUOTA_MICROS = 1_000;

  private CpuShare() {}

  /** Version 1's {@code cpu.shares}: 1024 for a CPU. */
  public static long shares(long requestMillis) {
    return Math.clamp(requestMillis * 1024 / 1000, MIN_SHARES, MAX_SHARES);
  }

  /** Version 2's {@code cpu.weight} for as many shares, by the formula that runtimes use. */
  public static long weight(long requestMillis) {
    return 1 + (shares(requestMillis) - MIN_SHARES) * 9999 / (MAX_SHARES - MIN_SHARES);
  }

  /** The shares that come nearest to a weight of version 2. */
  public static long sharesOf(long weight) {
    return MIN_SHARES + ((weight - 1) * (MAX_SHARES - MIN_SHARES) + 9998) / 9999;
  }

  /** Microseconds of CPU in each period; -1 for no limit. */
  public static long quota(long limitMillis) {
    return limitMillis <= 0 ? -1 : Math.max(limitMillis * PERIOD_MICROS / 1000, MIN_QUOTA_MICROS);
  }
}
