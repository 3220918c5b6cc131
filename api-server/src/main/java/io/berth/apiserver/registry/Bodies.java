package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Request bodies, from bytes to trees. */
final class Bodies {
  private static final List<String> ACCEPTED =
      List.of("application/json", "application/yaml", ProtobufBodies.MEDIA_TYPE);
  private static final int SHOWN = 30;

  private Bodies() {}

  /** The media type of the body without parameters, JSON where there is none. */
  static String mediaType(ApiRequest request) {
    String header = request.header("content-type");
    if (header == null || header.isBlank()) {
      return "application/json";
    }
    int parameters = header.indexOf(';');
    String type = parameters < 0 ? header : header.substring(0, parameters);
    return type.strip().toLowerCase(Locale.ROOT);
  }

  /**
   * The body as an object of an expected kind; kind and apiVersion are filled in where it has none.
   *
   * @throws ApiException 400 where it is something else, 415 where its form is not known
   */
  static ObjectNode object(ApiRequest request, String apiVersion, String kind) {
    return object(request, apiVersion, kind, new ArrayList<>());
  }

  /** The same where an older version with the same fields is taken too. */
  static ObjectNode object(ApiRequest request, String apiVersion, String older, String kind) {
    return object(request, apiVersion, older, kind, new ArrayList<>());
  }

  private static ObjectNode object(
      ApiRequest request, String apiVersion, String kind, List<String> duplicates) {
    return object(request, apiVersion, apiVersion, kind, duplicates);
  }

  /**
   * @param duplicates gets a message for each field that the body has twice; the last one counts
   */
  private static ObjectNode object(
      ApiRequest request, String apiVersion, String older, String kind, List<String> duplicates) {
    JsonNode tree = tree(request, kind, duplicates);
    if (!(tree instanceof ObjectNode object)) {
      throw unrecognized(request, kind, "couldn't get version/kind; it is no object");
    }
    String hasKind = object.path("kind").asText("");
    String hasVersion = object.path("apiVersion").asText("");
    if (!hasKind.isEmpty() && !hasKind.equals(kind)) {
      throw Errors.badRequest(
          String.format(
              "%s in version \"%s\" cannot be handled as a %s: converting (%s) to (%s): unknown"
                  + " conversion",
              hasKind,
              version(hasVersion),
              kind,
              hasVersion + "." + hasKind,
              apiVersion + "." + kind));
    }
    if (!hasVersion.isEmpty() && !hasVersion.equals(apiVersion) && !hasVersion.equals(older)) {
      throw Errors.badRequest(
          String.format(
              "the API version in the data (%s) does not match the expected API version (%s)",
              hasVersion, apiVersion));
    }
    object.put("kind", kind).put("apiVersion", apiVersion);
    if (object.hasNonNull("metadata") && !object.get("metadata").isObject()) {
      throw unrecognized(request, kind, "metadata must be an object");
    }
    return object;
  }

  static ObjectNode object(ApiRequest request, ResourceDefinition resource) {
    return object(request, resource.apiVersion(), resource.kind());
  }

  /**
   * @param duplicates gets a message for each field that the body has twice; the last one counts
   */
  static ObjectNode object(
      ApiRequest request, ResourceDefinition resource, List<String> duplicates) {
    return object(request, resource.apiVersion(), resource.kind(), duplicates);
  }

  /** The DeleteOptions in the body, or null where it is empty. */
  static @Nullable ObjectNode deleteOptions(ApiRequest request) {
    if (request.body().length == 0) {
      return null;
    }
    if (!(tree(request, "DeleteOptions", new ArrayList<>()) instanceof ObjectNode options)) {
      throw unrecognized(request, "DeleteOptions", "it is no object");
    }
    String kind = options.path("kind").asText("");
    if (!kind.isEmpty() && !kind.equals("DeleteOptions")) {
      throw Errors.badRequest(kind + " cannot be handled as a DeleteOptions");
    }
    return options;
  }

  private static JsonNode tree(ApiRequest request, String kind, List<String> duplicates) {
    String type = mediaType(request);
    if (request.body().length == 0) {
      throw unrecognized(
          request,
          kind,
          "couldn't get version/kind; json parse error: unexpected end of JSON input");
    }
    try {
      return switch (type) {
        case "application/json" -> noted(Json.parseLenient(request.body()), duplicates);
        // clients are told of unknown names in this order, and not in that of the text
        case "application/yaml" -> Json.sorted(noted(Yaml.readLenient(request.body()), duplicates));
        case ProtobufBodies.MEDIA_TYPE -> ProtobufBodies.read(request.body());
        default -> throw Errors.unsupportedMediaType(ACCEPTED);
      };
    } catch (IllegalArgumentException e) {
      String form = type.substring(type.lastIndexOf('.') + 1).replace("application/", "");
      throw unrecognized(
          request, kind, "couldn't get version/kind; " + form + " parse error: " + e.getMessage());
    }
  }

  private static JsonNode noted(Json.Lenient read, List<String> duplicates) {
    duplicates.addAll(read.duplicates());
    return read.value();
  }

  private static ApiException unrecognized(ApiRequest request, String kind, String why) {
    return Errors.badRequest(
        String.format(
            "the object provided is unrecognized (must be of type %s): %s (%s)",
            kind, why, start(request.body())));
  }

  /** How a body begins: as it is where it looks like JSON, else in hexadecimal. */
  private static String start(byte[] body) {
    int shown = Math.min(body.length, SHOWN);
    if (shown == 0) {
      return "<empty>";
    }
    String text =
        body[0] == '{'
            ? new String(body, 0, shown, StandardCharsets.UTF_8)
            : HexFormat.of().formatHex(body, 0, shown);
    return body.length > SHOWN ? text + " ..." : text;
  }

  private static String version(String apiVersion) {
    return apiVersion.substring(apiVersion.indexOf('/') + 1);
  }
}
