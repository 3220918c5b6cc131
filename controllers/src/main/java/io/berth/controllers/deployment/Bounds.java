package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How far a rolling update may stray from the number of replicas, in pods.
 *
 * @param surge pods above
 * @param unavailable pods below
 */
record Bounds(int surge, int unavailable) {
  private static final int DEFAULT_PERCENT = 25;

  /**
   * Numbers or percentages of the replicas: the surge rounded up, the unavailable rounded down.
   * Were both zero nothing could move, so one may then be unavailable.
   */
  static Bounds of(JsonNode maxSurge, JsonNode maxUnavailable, int replicas) {
    int surge = resolve(maxSurge, replicas, true);
    int unavailable = resolve(maxUnavailable, replicas, false);
    if (surge == 0 && unavailable == 0) {
      unavailable = 1;
    }
    return new Bounds(surge, Math.min(unavailable, replicas));
  }

  private static int resolve(JsonNode value, int replicas, boolean up) {
    if (value.isNumber()) {
      return Math.max(0, value.asInt());
    }
    int percent = percent(value.asText());
    long hundredths = (long) percent * replicas;
    return (int) (up ? Math.ceilDiv(hundredths, 100) : hundredths / 100);
  }

  private static int percent(String text) {
    if (!text.endsWith("%")) {
      return DEFAULT_PERCENT;
    }
    try {
      return Math.max(0, Integer.parseInt(text.substring(0, text.length() - 1)));
    } catch (NumberFormatException e) {
      return DEFAULT_PERCENT; // validation lets none such in
    }
  }
}
