package io.berth.scheduler.decide;

import io.berth.scheduler.preferences.Rating;

/** Brings raw values of nodes to 0..100. */
final class Scales {
  private Scales() {}

  /** Adds the first so many values, brought to 0..100 and weighed, to the totals. */
  static void add(Rating.Scale scale, double[] values, int count, double weight, double[] totals) {
    double largest = Double.NEGATIVE_INFINITY;
    double smallest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      if (!Double.isNaN(values[i])) {
        largest = Math.max(largest, values[i]);
        smallest = Math.min(smallest, values[i]);
      }
    }
    for (int i = 0; i < count; i++) {
      totals[i] += weight * scaled(scale, values[i], smallest, largest);
    }
  }

  private static double scaled(Rating.Scale scale, double value, double smallest, double largest) {
    return switch (scale) {
      case NONE -> value;
      case TO_LARGEST -> largest <= 0 ? 0 : 100 * value / largest;
      case REVERSED -> largest <= 0 ? 100 : 100 - 100 * value / largest;
      case SMALLEST_TO_LARGEST ->
          largest == smallest ? 0 : 100 * (value - smallest) / (largest - smallest);
      case EVENNESS -> {
        if (Double.isNaN(value)) {
          yield 0;
        }
        yield largest <= 0 ? 100 : 100 * (largest + smallest - value) / largest;
      }
    };
  }
}
