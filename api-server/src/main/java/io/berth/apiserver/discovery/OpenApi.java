package io.berth.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.TypeRef;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Delegated;
import io.berth.apiserver.server.PathHandler;
import io.berth.apiserver.server.Responses;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.server.ServerVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /openapi/v3} and {@code /openapi/v2}: what is served, written from the resource
 * definitions and their types. A document is written when it is first asked for, and again after
 * what it shows changed.
 */
public final class OpenApi implements PathHandler {
  private static final String V3 = "/openapi/v3";
  private static final String V2 = "/openapi/v2";
  private static final String V2_PROTOBUF = V2 + " as protobuf";

  /** A document and its digest. */
  private record Document(byte[] body, String tag) {
    static Document of(byte[] body) {
      return new Document(body, EntityTag.of(body));
    }
  }

  /** What is written of one state of what is served. */
  private record Written(
      ServedResources.Snapshot of,
      Map<String, List<ResourceDefinition>> byPath,
      Map<String, Document> documents) {
    /** Keeps the documents of groups that are as they were. */
    static Written after(Written before, ServedResources.Snapshot snapshot) {
      Written now = of(snapshot);
      now.byPath.forEach(
          (path, served) -> {
            Document known = before.documents.get(V3 + "/" + path);
            if (known != null && served.equals(before.byPath.get(path))) {
              now.documents.put(V3 + "/" + path, known);
            }
          });
      return now;
    }

    static Written of(ServedResources.Snapshot snapshot) {
      Map<String, List<ResourceDefinition>> byPath = new LinkedHashMap<>();
      for (ResourceDefinition resource : snapshot.all()) {
        byPath
            .computeIfAbsent(resource.basePath().substring(1), path -> new ArrayList<>())
            .add(resource);
      }
      return new Written(snapshot, byPath, new ConcurrentHashMap<>());
    }
  }

  private final ServedResources served;
  private volatile Written written;

  public OpenApi(ServedResources served) {
    this.served = served;
    this.written = Written.of(served.snapshot());
  }

  @SuppressWarnings("ReferenceEquality") // every change makes another snapshot
  private Written written() {
    ServedResources.Snapshot now = served.snapshot();
    Written known = written;
    if (known.of() != now) {
      known = Written.after(known, now);
      written = known;
    }
    return known;
  }

  @Override
  public @Nullable ApiResponse handle(ApiRequest request) {
    String path = request.path();
    Written current = written();
    if (path.equals(V2)) {
      return wantsProtobuf(request)
          ? document(
              request,
              current,
              SwaggerProtobuf.MEDIA_TYPE,
              V2_PROTOBUF,
              () -> SwaggerProtobuf.write(v2(current.of())))
          : document(request, current, V2, () -> v2(current.of()));
    }
    if (path.equals(V3) || path.equals(V3 + "/")) {
      return Responses.json(200, index(current));
    }
    if (!path.startsWith(V3 + "/")) {
      return null;
    }
    List<ResourceDefinition> resources = current.byPath().get(path.substring(V3.length() + 1));
    if (resources == null) {
      ObjectNode upgraded = upgraded(current, path);
      if (upgraded == null) {
        throw Errors.noSuchPath();
      }
      return document(request, current, path, () -> upgraded);
    }
    ApiResponse whole = document(request, current, path, () -> v3(resources));
    Document known = current.documents().get(path);
    String hash = request.query("hash");
    if (known == null || hash == null || hash.isEmpty()) {
      return whole;
    }
    return hash.equals(known.tag())
        ? EntityTag.lasting(whole)
        : new ApiResponse(301, Map.of("location", path + "?hash=" + known.tag()), new byte[0]);
  }

  private static ApiResponse document(
      ApiRequest request, Written current, String path, Supplier<ObjectNode> writer) {
    String accept = request.header("accept");
    if (accept != null
        && !accept.contains("json")
        && !accept.contains("*/*")
        && !accept.contains("application/*")) {
      throw Errors.notAcceptable(
          path.equals(V2)
              ? List.of("application/json", SwaggerProtobuf.MEDIA_TYPE)
              : List.of("application/json"));
    }
    return document(request, current, "application/json", path, () -> Json.bytes(writer.get()));
  }

  private static ApiResponse document(
      ApiRequest request, Written current, String type, String key, Supplier<byte[]> writer) {
    Document document = current.documents().computeIfAbsent(key, p -> Document.of(writer.get()));
    return EntityTag.answer(request, type, document.tag(), document.body());
  }

  /** Whether the first form of the client's list that there is is protobuf. */
  private static boolean wantsProtobuf(ApiRequest request) {
    String accept = request.header("accept");
    for (String clause : accept == null ? new String[0] : accept.split(",")) {
      switch (clause.split(";", 2)[0].strip()) {
        case SwaggerProtobuf.MEDIA_TYPE, SwaggerProtobuf.OLD_MEDIA_TYPE -> {
          return true;
        }
        case "application/json", "application/*", "*/*" -> {
          return false;
        }
        default -> {} // the next one, perhaps
      }
    }
    return false;
  }

  private static ObjectNode index(Written current) {
    ObjectNode index = Json.object();
    ObjectNode paths = index.putObject("paths");
    current
        .byPath()
        .forEach(
            (path, resources) -> {
              Document document =
                  current
                      .documents()
                      .computeIfAbsent(
                          V3 + "/" + path, p -> Document.of(Json.bytes(v3(resources))));
              paths
                  .putObject(path)
                  .put("serverRelativeURL", V3 + "/" + path + "?hash=" + document.tag());
            });
    current
        .of()
        .delegated()
        .forEach(
            (version, other) -> {
              String path = V3 + version.path();
              ObjectNode made = other.openApiUrl() == null ? upgraded(current, path) : null;
              String url = other.openApiUrl();
              if (made != null) {
                Document document =
                    current.documents().computeIfAbsent(path, p -> Document.of(Json.bytes(made)));
                url = path + "?hash=" + document.tag();
              }
              if (url != null) {
                paths.putObject(version.path().substring(1)).put("serverRelativeURL", url);
              }
            });
    return index;
  }

  /** Of another server that writes OpenAPI 2 only; null for any other path. */
  private static @Nullable ObjectNode upgraded(Written current, String path) {
    for (Map.Entry<GroupVersion, Delegated> other : current.of().delegated().entrySet()) {
      if (path.equals(V3 + other.getKey().path())) {
        ObjectNode part = other.getValue().writesOldOpenApi();
        if (part != null) {
          ObjectNode document = head("openapi", "3.0.0");
          SwaggerUpgrade.into(document, part);
          return document;
        }
      }
    }
    return null;
  }

  private static ObjectNode head(String field, String version) {
    ObjectNode document = Json.object().put(field, version);
    document.putObject("info").put("title", "Kubernetes").put("version", ServerVersion.GIT_VERSION);
    return document;
  }

  private static ObjectNode v3(List<ResourceDefinition> served) {
    SchemaDocument schemas = new SchemaDocument("#/components/schemas/", false);
    ObjectNode document = head("openapi", "3.0.0");
    ObjectNode paths = document.putObject("paths");
    for (ResourceDefinition resource : served) {
      schemas.add(resource);
      paths(paths, resource, schemas, true);
    }
    document.putObject("components").set("schemas", schemas.schemas());
    return document;
  }

  private static ObjectNode v2(ServedResources.Snapshot served) {
    SchemaDocument schemas = new SchemaDocument("#/definitions/", true);
    ObjectNode document = head("swagger", "2.0");
    ObjectNode paths = document.putObject("paths");
    for (ResourceDefinition resource : served.all()) {
      schemas.add(resource);
      paths(paths, resource, schemas, false);
    }
    document.set("definitions", schemas.schemas());
    for (GroupVersion version : served.groupVersions()) {
      Delegated other = served.delegated().get(version);
      if (other != null && other.openApiV2() != null) {
        OpenApiMerge.into(document, other.openApiV2());
      }
    }
    return document;
  }

  private static void paths(
      ObjectNode paths, ResourceDefinition resource, SchemaDocument schemas, boolean v3) {
    Operations operations = new Operations(resource, schemas, v3);
    String namespace = resource.namespaced() ? "{namespace}" : null;
    operations.collection(path(paths, resource.path(namespace), v3));
    operations.object(path(paths, resource.path(namespace, "{name}"), v3));
    if (resource.hasSubresource("status")) {
      operations.status(path(paths, resource.path(namespace, "{name}", "status"), v3));
    }
    if (resource.namespaced()) {
      operations.list(path(paths, resource.path(null), v3));
    }
  }

  /** A path with the parameters that stand in it. */
  private static ObjectNode path(ObjectNode paths, String template, boolean v3) {
    ObjectNode path = paths.putObject(template);
    ArrayNode parameters = Json.mapper().createArrayNode();
    for (String name : List.of("namespace", "name")) {
      if (template.contains("{" + name + "}")) {
        ObjectNode parameter = parameters.addObject().put("name", name).put("in", "path");
        parameter.put("required", true);
        (v3 ? parameter.putObject("schema") : parameter).put("type", "string");
      }
    }
    if (!parameters.isEmpty()) {
      path.set("parameters", parameters);
    }
    return path;
  }

  /** The operations of one resource. */
  private record Operations(ResourceDefinition resource, SchemaDocument schemas, boolean v3) {
    private static final List<String> PATCHES =
        List.of(
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json",
            "application/apply-patch+yaml");

    /** What patches a resource takes. */
    private List<String> patches() {
      return resource.schema() instanceof TypeRef.Custom
          ? PATCHES.stream().filter(type -> !type.contains("strategic")).toList()
          : PATCHES;
    }

    void list(ObjectNode path) {
      operation(path, "get", "list", List.of("fieldSelector", "labelSelector"), true, null);
    }

    void collection(ObjectNode path) {
      list(path);
      write(path, "post", "post", List.of("application/json"));
    }

    void object(ObjectNode path) {
      operation(path, "get", "get", List.of(), false, null);
      write(path, "put", "put", List.of("application/json"));
      write(path, "patch", "patch", patches());
      operation(path, "delete", "delete", List.of("dryRun"), false, null);
    }

    void status(ObjectNode path) {
      operation(path, "get", "get", List.of(), false, null);
      write(path, "put", "put", List.of("application/json"));
      write(path, "patch", "patch", patches());
    }

    private void write(ObjectNode path, String method, String action, List<String> types) {
      operation(
          path, method, action, List.of("dryRun", "fieldManager", "fieldValidation"), false, types);
    }

    private void operation(
        ObjectNode path,
        String method,
        String action,
        List<String> query,
        boolean list,
        @Nullable List<String> body) {
      ObjectNode operation = path.putObject(method);
      ArrayNode parameters = operation.putArray("parameters");
      query.forEach(name -> parameter(parameters.addObject(), name));
      if (body != null) {
        body(operation, parameters, body);
      }
      ObjectNode answer =
          operation.putObject("responses").putObject("200").put("description", "OK");
      ObjectNode type = list ? schemas.listReference(resource) : schemas.reference(resource);
      (v3 ? answer.putObject("content").putObject("application/json") : answer).set("schema", type);
      operation.put("x-kubernetes-action", action);
      operation
          .putObject("x-kubernetes-group-version-kind")
          .put("group", resource.group())
          .put("kind", resource.kind())
          .put("version", resource.version());
    }

    private void parameter(ObjectNode parameter, String name) {
      parameter.put("name", name).put("in", "query");
      (v3 ? parameter.putObject("schema") : parameter)
          .put("type", "string")
          .put("uniqueItems", true);
    }

    private void body(ObjectNode operation, ArrayNode parameters, List<String> types) {
      if (v3) {
        ObjectNode content = operation.putObject("requestBody").putObject("content");
        types.forEach(type -> content.putObject(type).set("schema", schemas.reference(resource)));
      } else {
        ArrayNode consumes = operation.putArray("consumes");
        types.forEach(consumes::add);
        parameters
            .addObject()
            .put("name", "body")
            .put("in", "body")
            .put("required", true)
            .set("schema", schemas.reference(resource));
      }
    }
  }
}
