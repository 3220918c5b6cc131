package io.berth.apiserver.custom;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.registry.ScalePaths;
import io.berth.apiserver.table.Column;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One version of a custom resource, read from its definition once. Immutable.
 *
 * @param resource what discovery says of it
 * @param schema of its objects
 * @param rules in the expression language, or null
 * @param columns of tables
 * @param scale where replicas are counted
 * @param selectable fields by name
 * @param warning what each request with it is told, or empty
 */
record CustomVersion(
    ResourceDefinition resource,
    Structural schema,
    @Nullable Rules rules,
    List<Column> columns,
    ScalePaths scale,
    Map<String, JsonPath> selectable,
    String warning) {

  /**
   * @param version an item of {@code spec.versions}
   */
  static CustomVersion of(ResourceDefinition resource, JsonNode version) {
    Map<String, JsonPath> selectable = new LinkedHashMap<>();
    resource.selectableFields().forEach(f -> selectable.put(f, JsonPath.parse("." + f)));
    Structural schema = Structural.of(version.path("schema").path("openAPIV3Schema"));
    return new CustomVersion(
        resource,
        schema,
        Rules.of(schema, "", error -> {}), // what does not compile was refused
        PrinterColumns.of(version.path("additionalPrinterColumns")),
        scale(version.path("subresources").path("scale")),
        selectable,
        warning(resource, version));
  }

  private static String warning(ResourceDefinition resource, JsonNode version) {
    return version.path("deprecated").asBoolean()
        ? version
            .path("deprecationWarning")
            .asText(resource.apiVersion() + " " + resource.kind() + " is deprecated")
        : "";
  }

  private static ScalePaths scale(JsonNode scale) {
    String selector = scale.path("labelSelectorPath").asText("");
    return new ScalePaths(
        pointer(scale.path("specReplicasPath").asText(".spec.replicas")),
        pointer(scale.path("statusReplicasPath").asText(".status.replicas")),
        selector.isEmpty() ? null : pointer(selector));
  }

  /** {@code .spec.replicas} as a pointer. */
  private static JsonPointer pointer(String path) {
    return JsonPointer.compile(path.replace("~", "~0").replace("/", "~1").replace('.', '/'));
  }
}
