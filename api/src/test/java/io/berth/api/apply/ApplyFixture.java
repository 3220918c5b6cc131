package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An object that several managers write, as tests tell it. */
final class ApplyFixture {
  private final ObjectType type;
  private final OwnedFields fields;
  private final String head;
  private int seconds;
  private @Nullable ObjectNode live;

  private ApplyFixture(String type, String apiVersion, String kind) {
    this.type = Schemas.find(type).orElseThrow();
    this.fields = new OwnedFields(this.type);
    this.head = "{'apiVersion':'" + apiVersion + "','kind':'" + kind + "',";
  }

  static ApplyFixture configMap() {
    return new ApplyFixture("core.v1.ConfigMap", "v1", "ConfigMap");
  }

  static ApplyFixture service() {
    return new ApplyFixture("core.v1.Service", "v1", "Service");
  }

  static ApplyFixture pod() {
    return new ApplyFixture("core.v1.Pod", "v1", "Pod");
  }

  static ApplyFixture deployment() {
    return new ApplyFixture("apps.v1.Deployment", "apps/v1", "Deployment");
  }

  ObjectType type() {
    return type;
  }

  /** JSON with single quotes and without the braces, kind and apiVersion. */
  ObjectNode object(String rest) {
    return json(head + rest + "}");
  }

  static ObjectNode json(String text) {
    return (ObjectNode) Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  ObjectNode apply(String manager, String config) {
    return apply(manager, false, object(config));
  }

  ObjectNode force(String manager, String config) {
    return apply(manager, true, object(config));
  }

  ObjectNode apply(String manager, boolean force, ObjectNode config) {
    live = fields.apply(live, config, writer(manager, ""), force, FieldSet.EMPTY);
    return live;
  }

  ObjectNode update(String manager, String object) {
    return update(manager, "", object(object), null);
  }

  ObjectNode update(
      String manager, String subresource, ObjectNode object, @Nullable JsonNode sent) {
    fields.update(live, object, sent, writer(manager, subresource));
    live = object;
    return object;
  }

  private Writer writer(String manager, String subresource) {
    String version = json(head + "'x':0}").path("apiVersion").asText();
    return new Writer(
        manager, version, subresource, "2026-01-01T00:00:%02dZ".formatted(seconds++ % 60));
  }

  ObjectNode live() {
    ObjectNode object = live;
    if (object == null) {
      throw new AssertionError("nothing was written");
    }
    return object;
  }

  /** The object without its metadata's owners. */
  ObjectNode bare() {
    ObjectNode bare = live().deepCopy();
    bare.withObject("/metadata").remove("managedFields");
    return bare;
  }

  /** Managers in order: {@code name Apply} or {@code name Update/status}. */
  List<String> managers() {
    List<String> managers = new ArrayList<>();
    for (JsonNode entry : live().path("metadata").path("managedFields")) {
      String subresource = entry.path("subresource").asText("");
      managers.add(
          entry.path("manager").asText()
              + " "
              + entry.path("operation").asText()
              + (subresource.isEmpty() ? "" : "/" + subresource));
    }
    return managers;
  }

  /** What a manager owns, as JSON with single quotes; empty where it owns nothing. */
  String owned(String manager) {
    for (JsonNode entry : live().path("metadata").path("managedFields")) {
      if (entry.path("manager").asText().equals(manager)) {
        return entry.path("fieldsV1").toString().replace('"', '\'');
      }
    }
    return "";
  }

  String timeOf(String manager) {
    for (JsonNode entry : live().path("metadata").path("managedFields")) {
      if (entry.path("manager").asText().equals(manager)) {
        return entry.path("time").asText();
      }
    }
    return "";
  }
}
