package io.berth.scheduler.core;

/**
 * A pod's toleration.
 *
 * @param key empty with {@code Exists} for every key
 * @param operator {@code Equal} or {@code Exists}
 * @param effect empty for every effect
 */
public record Toleration(String key, String operator, String value, String effect) {
  public boolean tolerates(Taint taint) {
    if (!effect.isEmpty() && !effect.equals(taint.effect())) {
      return false;
    }
    if (!key.isEmpty() && !key.equals(taint.key())) {
      return false;
    }
    return operator.equals("Exists") || (!key.isEmpty() && value.equals(taint.value()));
  }
}
