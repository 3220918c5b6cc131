package io.berth.agent.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The downward API: a pod's own fields, as its containers may ask for them. Pure. */
public final class PodFields {
  private static final Pattern KEYED =
      Pattern.compile("metadata\\.(labels|annotations)\\['([^']+)'\\]");

  private PodFields() {}

  /**
   * A field's value, empty text where the pod does not have it.
   *
   * @param pod the pod, its status with the addresses included
   * @param path such as {@code metadata.labels['app']} or {@code status.podIP}
   * @return empty where there is no such field to ask for
   */
  public static Optional<String> value(JsonNode pod, String path) {
    Matcher keyed = KEYED.matcher(path);
    if (keyed.matches()) {
      JsonNode map = pod.path("metadata").path(keyed.group(1));
      return Optional.of(map.path(keyed.group(2)).asText());
    }
    return switch (path) {
      case "metadata.labels", "metadata.annotations" ->
          Optional.of(lines(pod.at("/" + path.replace('.', '/'))));
      case "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.podIP" ->
          Optional.of(pod.at("/" + path.replace('.', '/')).asText());
      case "status.hostIPs" -> Optional.of(addresses(pod.path("status").path("hostIPs")));
      case "status.podIPs" -> Optional.of(addresses(pod.path("status").path("podIPs")));
      default -> Optional.empty();
    };
  }

  private static String addresses(JsonNode list) {
    StringBuilder text = new StringBuilder();
    for (JsonNode entry : list) {
      text.append(text.isEmpty() ? "" : ",").append(entry.path("ip").asText());
    }
    return text.toString();
  }

  private static String lines(JsonNode map) {
    Map<String, String> sorted = new TreeMap<>();
    map.properties().forEach(e -> sorted.put(e.getKey(), e.getValue().asText()));
    StringBuilder text = new StringBuilder();
    sorted.forEach(
        (key, value) ->
            text.append(text.isEmpty() ? "" : "\n").append(key).append("=").append(quoted(value)));
    return text.toString();
  }

  private static String quoted(String value) {
    String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    return "\"" + escaped + "\"";
  }

  /**
   * A container's limit or request in units of a divisor, rounded up; a limit that is not set is
   * what the node can give.
   *
   * @param resource such as {@code limits.cpu}
   * @param divisor empty for 1
   * @return empty where there is no such resource to ask for
   */
  public static Optional<String> resource(
      JsonNode container, String resource, String divisor, Map<String, Quantity> allocatable) {
    String name = resource.substring(resource.indexOf('.') + 1);
    boolean limit = resource.startsWith("limits.");
    if (!limit && !resource.startsWith("requests.")) {
      return Optional.empty();
    }
    if (!name.equals("cpu") && !name.equals("memory") && !name.equals("ephemeral-storage")) {
      return Optional.empty();
    }
    JsonNode resources = container.path("resources");
    JsonNode set = resources.path(limit ? "limits" : "requests").path(name);
    Quantity amount;
    if (!set.isMissingNode()) {
      amount = Quantity.of(set);
    } else {
      amount = limit ? allocatable.getOrDefault(name, Quantity.ZERO) : Quantity.ZERO;
    }
    boolean byDefault = divisor.isEmpty() || divisor.equals("0");
    BigDecimal unit = byDefault ? BigDecimal.ONE : Quantity.parse(divisor).amount();
    return Optional.of(amount.amount().divide(unit, 0, RoundingMode.CEILING).toPlainString());
  }
}
