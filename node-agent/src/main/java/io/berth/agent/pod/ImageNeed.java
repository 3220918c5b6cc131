package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * An image that a pod needs, for one of its containers or volumes.
 *
 * @param key names who needs it within the pod
 * @param reference as the pod gives it
 * @param policy {@code Always}, {@code IfNotPresent} or {@code Never}
 */
record ImageNeed(String key, String reference, String policy) {
  static ImageNeed of(ContainerDef def) {
    return of(def.name(), def.image(), def.json().path("imagePullPolicy"));
  }

  private static ImageNeed of(String key, String reference, JsonNode policy) {
    String asked = policy.asText();
    return new ImageNeed(key, reference, asked.isEmpty() ? policyFor(reference) : asked);
  }

  /** What a pod that names no policy gets. */
  private static String policyFor(String image) {
    boolean tagged = image.lastIndexOf(':') > image.lastIndexOf('/') || image.contains("@");
    return !tagged || image.endsWith(":latest") ? "Always" : "IfNotPresent";
  }
}
