package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.OtherVersions;
import io.berth.api.object.ApiObject;
import io.berth.api.schema.Schemas;
import io.berth.apiserver.registry.Versions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Objects of a custom resource between the version of a request, which its rules are those of, and
 * the stored one. What is stored may be in any version that once was the stored one.
 */
final class CustomVersions implements Versions {
  private final CustomVersion version;
  private final Conversion conversion;
  private final Map<String, CustomVersion> all;
  private final String apiVersion;
  private final String storedVersion;
  private final byte[] head;

  /**
   * @param all versions of the resource by group and version
   */
  CustomVersions(CustomVersion version, Conversion conversion, Map<String, CustomVersion> all) {
    this.version = version;
    this.conversion = conversion;
    this.all = all;
    this.apiVersion = version.resource().apiVersion();
    this.storedVersion = version.resource().storage().apiVersion();
    String kind = version.resource().kind();
    this.head =
        ("{\"kind\":\"" + kind + "\",\"apiVersion\":\"" + apiVersion + "\",")
            .getBytes(StandardCharsets.UTF_8);
  }

  /** An object that a default may be missing in, as the schema got it later, is read. */
  @Override
  public boolean plain(byte[] json) {
    return !version.schema().hasDefaults()
        && json.length > head.length
        && Arrays.equals(json, 0, head.length, head, 0, head.length);
  }

  @Override
  public List<ObjectNode> opened(List<ObjectNode> stored) {
    List<ObjectNode> opened = converted(stored, apiVersion);
    opened.forEach(object -> Defaulting.apply(version.schema(), object));
    return opened;
  }

  @Override
  public ObjectNode stored(ObjectNode ruled) {
    return converted(List.of(ruled), storedVersion).getFirst();
  }

  /** A version that the resource has. */
  Optional<OtherVersions.Version> other(String name) {
    return Optional.ofNullable(all.get(name))
        .map(
            other ->
                new OtherVersions.Version(
                    Schemas.forResource(other.resource()),
                    object -> converted(List.of(object), name).getFirst()));
  }

  private List<ObjectNode> converted(List<ObjectNode> objects, String to) {
    List<Integer> places = new ArrayList<>();
    List<ObjectNode> others = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      if (!objects.get(i).path("apiVersion").asText().equals(to)) {
        places.add(i);
        others.add(objects.get(i));
      }
    }
    if (others.isEmpty()) {
      return objects;
    }
    List<ObjectNode> all = new ArrayList<>(objects);
    List<ObjectNode> converted = conversion.convert(others, to);
    for (int i = 0; i < places.size(); i++) {
      all.set(places.get(i), converted.get(i));
    }
    return all;
  }

  @Override
  public String field(ApiObject object, String field) {
    JsonPath path = version.selectable().get(field);
    if (path == null) {
      return "";
    }
    List<JsonNode> found = path.find(opened((ObjectNode) object.tree()));
    return found.isEmpty() || found.getFirst().isNull() ? "" : found.getFirst().asText();
  }
}
