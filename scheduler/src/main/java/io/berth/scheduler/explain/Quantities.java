package io.berth.scheduler.explain;

import io.berth.scheduler.core.ResourceIndex;
import java.util.List;

/** Amounts as people write them: {@code 500m}, {@code 2}, {@code 1536Mi}, {@code 3Gi}. */
final class Quantities {
  private static final List<String> UNITS = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi");

  private Quantities() {}

  /** Bytes are rounded up to the largest unit that keeps three digits. */
  static String show(int slot, long amount) {
    return switch (slot) {
      case ResourceIndex.CPU -> amount % 1000 == 0 ? Long.toString(amount / 1000) : amount + "m";
      case ResourceIndex.MEMORY, ResourceIndex.EPHEMERAL_STORAGE -> bytes(amount);
      default -> Long.toString(amount);
    };
  }

  private static String bytes(long amount) {
    long value = amount;
    int unit = 0;
    while (unit < UNITS.size() - 1 && (value >= 10_000 || (value >= 1024 && value % 1024 == 0))) {
      value = (value + 1023) / 1024;
      unit++;
    }
    return value + UNITS.get(unit);
  }
}
