package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Text;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * Whose word there is for a definition in one of Kubernetes' own groups.
 *
 * @param annotation as it is written, empty for none
 */
record Approval(String annotation) {
  static final String ANNOTATION = "api-approved.kubernetes.io";
  private static final String TYPE = "KubernetesAPIApprovalPolicyConformant";
  private static final String SEE = ", see https://github.com/kubernetes/enhancements/pull/1111";
  private static final String NEEDED =
      "protected groups must have approval annotation " + Text.quote(ANNOTATION);

  static final String MISSING = NEEDED + SEE;
  static final String INVALID =
      NEEDED + " with either a URL or a reason starting with \"unapproved\"" + SEE;

  static Approval of(JsonNode crd) {
    return new Approval(crd.path("metadata").path("annotations").path(ANNOTATION).asText(""));
  }

  /** Whether definitions in a group need it. */
  static boolean guarded(String group) {
    return group.equals("k8s.io")
        || group.endsWith(".k8s.io")
        || group.equals("kubernetes.io")
        || group.endsWith(".kubernetes.io");
  }

  boolean missing() {
    return annotation.isEmpty();
  }

  /** Whether somebody says that there is none. */
  boolean waived() {
    return annotation.startsWith("unapproved");
  }

  boolean given() {
    try {
      URI uri = new URI(annotation);
      return uri.getScheme() != null && uri.getHost() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** What a definition's status says of it. */
  Conditions.Condition condition() {
    if (missing()) {
      return new Conditions.Condition(TYPE, "False", "MissingAnnotation", MISSING);
    }
    if (waived()) {
      return new Conditions.Condition(
          TYPE, "False", "UnapprovedAnnotation", "not approved: " + Text.quote(annotation));
    }
    return given()
        ? new Conditions.Condition(TYPE, "True", "ApprovedAnnotation", "approved in " + annotation)
        : new Conditions.Condition(TYPE, "False", "InvalidAnnotation", INVALID);
  }
}
