package io.berth.scheduler.core;

import java.util.Arrays;

/**
 * Arithmetic on amounts by slot. Arrays may differ in length: what is missing is zero. No argument
 * is changed.
 */
public final class Amounts {
  private static final long[] NONE = new long[0];

  private Amounts() {}

  public static long[] none() {
    return NONE;
  }

  public static long at(long[] amounts, int slot) {
    return slot < amounts.length ? amounts[slot] : 0;
  }

  public static long[] with(long[] amounts, int slot, long value) {
    long[] result = Arrays.copyOf(amounts, Math.max(amounts.length, slot + 1));
    result[slot] = value;
    return result;
  }

  public static long[] plus(long[] a, long[] b) {
    long[] sum = Arrays.copyOf(a, Math.max(a.length, b.length));
    for (int i = 0; i < b.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  public static long[] minus(long[] a, long[] b) {
    long[] difference = Arrays.copyOf(a, Math.max(a.length, b.length));
    for (int i = 0; i < b.length; i++) {
      difference[i] -= b[i];
    }
    return difference;
  }

  public static long[] max(long[] a, long[] b) {
    long[] larger = Arrays.copyOf(a, Math.max(a.length, b.length));
    for (int i = 0; i < b.length; i++) {
      larger[i] = Math.max(larger[i], b[i]);
    }
    return larger;
  }
}
