package io.berth.agent.pod;

/**
 * The end that a pod has come to; it never changes.
 *
 * @param phase {@code Succeeded} or {@code Failed}
 * @param reason {@code DeadlineExceeded} and the like, or empty
 * @param message for people, or empty
 */
public record Verdict(String phase, String reason, String message) {
  static final Verdict SUCCEEDED = new Verdict("Succeeded", "", "");
  static final Verdict FAILED = new Verdict("Failed", "", "");
}
