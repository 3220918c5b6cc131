package io.berth.apiserver.cel;

/**
 * From the least to the most that something costs, or that a value has of characters, items or
 * entries. What is beyond bounds is {@link Long#MAX_VALUE}.
 */
record Range(long min, long max) {
  static final Range NOTHING = new Range(0, 0);
  static final Range ONE = new Range(1, 1);
  static final Range UNKNOWN = new Range(0, Long.MAX_VALUE);

  static Range of(long exactly) {
    return new Range(exactly, exactly);
  }

  Range plus(Range other) {
    return new Range(plus(min, other.min), plus(max, other.max));
  }

  Range times(Range other) {
    return new Range(times(min, other.min), times(max, other.max));
  }

  /** Each rounded up. */
  Range times(double factor) {
    return new Range(scaled(min, factor), scaled(max, factor));
  }

  /** Either of two. */
  Range or(Range other) {
    return new Range(Math.min(min, other.min), Math.max(max, other.max));
  }

  static long plus(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  static long times(long a, long b) {
    return a != 0 && b > Long.MAX_VALUE / a ? Long.MAX_VALUE : a * b;
  }

  private static long scaled(long value, double factor) {
    return (long) Math.ceil(value * factor); // a double that is too large becomes the largest long
  }
}
