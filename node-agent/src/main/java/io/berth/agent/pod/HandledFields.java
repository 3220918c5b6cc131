package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The list of the fields that the agent handles, and the walk that finds what a pod asks for beyond
 * it: a field that is not listed is never ignored in silence.
 */
final class HandledFields {
  /** Allowed at one place of the tree. */
  private static final class Place {
    final Map<String, Place> children = new LinkedHashMap<>();
    boolean all;
    @Nullable Set<String> values;
  }

  private static final HandledFields LISTED = read();

  private final Place root = new Place();

  private HandledFields() {}

  /** Field paths, each with what is wrong, in the order of the spec. */
  static List<String> notHandled(PodView pod) {
    List<String> found = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : pod.spec().properties()) {
      if (!field.getKey().equals(ContainerDef.Kind.EPHEMERAL.field())) {
        String path = "spec." + field.getKey();
        LISTED.descend(field.getValue(), LISTED.root, field.getKey(), path, found);
      }
    }
    return found;
  }

  /** The same of a container that was added later. */
  static List<String> notHandled(ContainerDef ephemeral) {
    List<String> found = new ArrayList<>();
    Place list = LISTED.root.children.get(ephemeral.kind().field());
    Place place = list == null ? null : list.children.get("[]");
    LISTED.walk(
        ephemeral.json(), place == null ? new Place() : place, ephemeral.fieldPath(), found);
    return found;
  }

  private void walk(JsonNode node, Place place, String path, List<String> found) {
    if (place.all || node.isNull() || (node.isContainerNode() && node.isEmpty())) {
      return;
    }
    Set<String> values = place.values;
    if (values != null && !values.contains(node.asText())) {
      found.add(path + ": " + node.asText());
    } else if (node.isObject()) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        descend(field.getValue(), place, field.getKey(), path + "." + field.getKey(), found);
      }
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        descend(node.get(i), place, "[]", path + "[" + i + "]", found);
      }
    }
  }

  private void descend(JsonNode node, Place place, String name, String path, List<String> found) {
    Optional<Place> next = Optional.ofNullable(place.children.get(name));
    if (next.isPresent()) {
      walk(node, next.get(), path, found);
    } else if (!node.isNull() && !(node.isContainerNode() && node.isEmpty())) {
      found.add(path);
    }
  }

  private static HandledFields read() {
    HandledFields fields = new HandledFields();
    try (InputStream in = HandledFields.class.getResourceAsStream("handled-fields.txt");
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8))) {
      lines.lines().filter(line -> !line.startsWith("#")).forEach(fields::allow);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return fields;
  }

  private void allow(String line) {
    if (line.startsWith("*")) {
      allow("containers[]." + line.substring(1));
      allow("initContainers[]." + line.substring(1));
      allow("ephemeralContainers[]." + line.substring(1));
      return;
    }
    String[] sides = line.split("=", 2);
    Place place = root;
    for (String part : sides[0].split("\\.")) {
      if (part.equals("**")) {
        place.all = true;
        return;
      }
      boolean list = part.endsWith("[]");
      place = child(place, list ? part.substring(0, part.length() - 2) : part);
      place = list ? child(place, "[]") : place;
    }
    if (sides.length == 2) {
      place.values = Set.of(sides[1].split("\\|", -1));
    }
  }

  private static Place child(Place place, String name) {
    return place.children.computeIfAbsent(name, n -> new Place());
  }
}
