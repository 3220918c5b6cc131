package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.Warnings;
import io.berth.apiserver.table.Tables;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Answers with one object, in the form that the client asked for. */
final class Answers {
  private static final Map<String, String> JSON_HEADERS =
      Map.of("content-type", "application/json");

  private Answers() {}

  /** The object; JSON goes out as the bytes it is. */
  static ApiResponse object(
      int status,
      Stored object,
      View view,
      ApiRequest request,
      Format format,
      Instant now,
      List<String> warnings) {
    if (format.equals(Format.JSON)) {
      return new ApiResponse(status, headers(format, warnings), view.of(object).json());
    }
    JsonNode shaped =
        switch (format.shape()) {
          case OBJECT -> view.of(object).tree();
          case PARTIAL, PARTIAL_LIST -> Tables.partial(object.tree());
          case TABLE -> table(object, view, include(request, format), now);
        };
    format.checkFits(false, view.resource().kind());
    if (format.beta()) {
      Tables.asBeta((ObjectNode) shaped);
    }
    return tree(status, shaped, format, warnings);
  }

  /** Any tree, such as a Status; it has no other shape. */
  static ApiResponse tree(int status, JsonNode tree, Format format, List<String> warnings) {
    return new ApiResponse(status, headers(format, warnings), bytes(tree, format));
  }

  /** A Status of what was done, without details. */
  static ObjectNode success() {
    ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    return status.put("status", "Success");
  }

  static byte[] bytes(JsonNode tree, Format format) {
    return format.yaml() ? Yaml.write(tree).getBytes(StandardCharsets.UTF_8) : Json.bytes(tree);
  }

  /**
   * What a table's rows show.
   *
   * @throws io.berth.api.transport.ApiException 400 where a table is to show what is not known
   */
  static Tables.Include include(ApiRequest request, Format format) {
    if (format.shape() != Format.Shape.TABLE) {
      return Tables.Include.METADATA;
    }
    String query = request.query("includeObject");
    String wanted = query == null ? "" : query;
    return switch (wanted) {
      case "None" -> Tables.Include.NONE;
      case "Object" -> Tables.Include.OBJECT;
      case "", "Metadata" -> Tables.Include.METADATA;
      default ->
          throw Errors.badRequest(
              "Unable to convert to Table as requested: "
                  + FieldError.invalid(
                      "includeObject", wanted, "must be 'Metadata', 'Object', 'None', or empty"));
    };
  }

  private static ObjectNode table(Stored object, View view, Tables.Include include, Instant now) {
    ObjectNode table = view.table(true);
    ((ObjectNode) table.get("metadata")).put("resourceVersion", Long.toString(object.revision()));
    table.withArray("rows").add(view.row(object.json(), now, include));
    return table;
  }

  private static Map<String, String> headers(Format format, List<String> warnings) {
    if (warnings.isEmpty() && !format.yaml()) {
      return JSON_HEADERS;
    }
    Map<String, String> headers = new HashMap<>();
    headers.put("content-type", format.contentType());
    if (!warnings.isEmpty()) {
      headers.put("warning", Warnings.header(warnings));
    }
    return headers;
  }
}
