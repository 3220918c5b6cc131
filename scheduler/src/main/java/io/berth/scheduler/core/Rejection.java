package io.berth.scheduler.core;

/**
 * Why a pod may not go to a node.
 *
 * @param rule the rule's name, as in the scheduler's configuration
 * @param reason in Kubernetes' words
 * @param resolvable whether it may help that other pods leave the node
 */
public record Rejection(String rule, String reason, boolean resolvable) {
  /** One that other pods' leaving may end. */
  public static Rejection resolvable(String rule, String reason) {
    return new Rejection(rule, reason, true);
  }

  /** One that stays whatever other pods do. */
  public static Rejection unresolvable(String rule, String reason) {
    return new Rejection(rule, reason, false);
  }
}
