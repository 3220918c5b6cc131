package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * A container as the pod's spec asks for it.
 *
 * @param name unique in the pod
 * @param kind which list it is in
 * @param index its place in its list
 * @param json the container
 */
public record ContainerDef(String name, Kind kind, int index, JsonNode json) {
  /** The lists of containers that a pod has. */
  public enum Kind {
    INIT("initContainers", "initContainerStatuses"),
    MAIN("containers", "containerStatuses"),
    /** Added while the pod runs, to look into it; never restarted. */
    EPHEMERAL("ephemeralContainers", "ephemeralContainerStatuses");

    private final String field;
    private final String statuses;

    Kind(String field, String statuses) {
      this.field = field;
      this.statuses = statuses;
    }

    /** The list in the pod's spec. */
    public String field() {
      return field;
    }

    /** The list in the pod's status. */
    public String statuses() {
      return statuses;
    }
  }

  public boolean init() {
    return kind == Kind.INIT;
  }

  public boolean ephemeral() {
    return kind == Kind.EPHEMERAL;
  }

  /** An init container that goes on running beside the others. */
  public boolean sidecar() {
    return init() && restartPolicy().equals("Always");
  }

  /** The container's own, empty where the pod's holds. */
  public String restartPolicy() {
    return json.path("restartPolicy").asText();
  }

  /** Whether a rule of the container restarts it after this exit code. */
  boolean restartRuleFits(int exitCode) {
    for (JsonNode rule : json.path("restartPolicyRules")) {
      JsonNode codes = rule.path("exitCodes");
      boolean listed = false;
      for (JsonNode value : codes.path("values")) {
        listed |= value.asInt() == exitCode;
      }
      if (listed == codes.path("operator").asText().equals("In")) {
        return rule.path("action").asText().equals("Restart");
      }
    }
    return false;
  }

  public String image() {
    return json.path("image").asText();
  }

  /** {@code spec.containers[0]}. */
  public String fieldPath() {
    return "spec." + kind.field() + "[" + index + "]";
  }

  public boolean hasProbe(String kind) {
    return json.path(kind).isObject();
  }

  /** Changes when a running container has to be replaced: only the image may change in place. */
  public String hash() {
    CRC32 crc = new CRC32();
    crc.update((name + "\n" + image()).getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
