package io.berth.agent.pod;

/**
 * The end that a pod has come to; it never changes.
 *
 * @param phase {@code Succeeded} or {@code Failed}
 * @param reason {@code DeadlineExceeded} and the like, or empty
 * @param message for people, or empty
 * @param rejected whether nothing of the pod ever ran here
 */
public record Verdict(String phase, String reason, String message, boolean rejected) {
  private static final String REJECTED = "Pod was rejected: ";

  static final Verdict SUCCEEDED = new Verdict("Succeeded", "", "", false);
  static final Verdict FAILED = new Verdict("Failed", "", "", false);

  /** The pod may not run here. */
  static Verdict rejected(String reason, String why) {
    return new Verdict("Failed", reason, REJECTED + why, true);
  }

  /** As a pod's status tells it. */
  static Verdict told(String phase, String reason, String message) {
    return new Verdict(phase, reason, message, message.startsWith(REJECTED));
  }

  /** Why the pod was rejected, for people. */
  String why() {
    return message.substring(REJECTED.length());
  }
}
