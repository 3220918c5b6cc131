package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.api.defaults.Defaults;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.validation.FieldError;
import io.berth.api.validation.Validation;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import io.berth.apiserver.table.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** CustomResourceDefinitions: their objects go before they do. */
public final class DefinitionStrategy implements Strategy {
  private static final List<Column> COLUMNS =
      List.of(
          Column.NAME,
          new Column(
              "Created At",
              "date",
              "",
              "When the definition was created.",
              0,
              (crd, now) -> TextNode.valueOf(Meta.text(crd, "creationTimestamp"))));

  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public void applyDefaults(ResourceDefinition ruled, ObjectNode crd) {
    Defaults.apply(ruled, crd);
    if (!(crd.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    if (spec.get("names") instanceof ObjectNode names) {
      String kind = names.path("kind").asText("");
      if (!kind.isEmpty() && names.path("singular").asText("").isEmpty()) {
        names.put("singular", kind.toLowerCase(Locale.ROOT));
      }
      if (!kind.isEmpty() && names.path("listKind").asText("").isEmpty()) {
        names.put("listKind", kind + "List");
      }
    }
    if (!spec.path("preserveUnknownFields").asBoolean()) {
      spec.remove("preserveUnknownFields");
    }
    ObjectNode conversion = spec.withObject("/conversion");
    if (conversion.path("strategy").asText("").isEmpty()) {
      conversion.put("strategy", "None");
    }
    if (conversion.at("/webhook/clientConfig").get("service") instanceof ObjectNode service
        && !service.has("port")) {
      service.put("port", 443);
    }
  }

  @Override
  public void prepareCreate(ObjectNode crd, WriteCall call) {
    ObjectNode status = crd.putObject("status");
    status.putArray("conditions");
    status.putObject("acceptedNames").put("plural", "").put("kind", "");
    ArrayNode stored = status.putArray("storedVersions");
    String version = storage(crd);
    if (!version.isEmpty()) {
      stored.add(version);
    }
  }

  @Override
  public void prepareUpdate(ObjectNode crd, ObjectNode old, WriteCall call) {
    String version = storage(crd);
    if (version.isEmpty() || !(crd.get("status") instanceof ObjectNode status)) {
      return;
    }
    ArrayNode stored = status.withArrayProperty("storedVersions");
    for (JsonNode known : stored) {
      if (known.asText().equals(version)) {
        return;
      }
    }
    stored.add(version);
  }

  private static String storage(JsonNode crd) {
    for (JsonNode version : crd.path("spec").path("versions")) {
      if (version.path("storage").asBoolean()) {
        return version.path("name").asText();
      }
    }
    return "";
  }

  /** The time as it is written: so do clients know these tables. */
  @Override
  public List<Column> columns(ResourceDefinition requested) {
    return COLUMNS;
  }

  @Override
  public List<FieldError> validate(
      ResourceDefinition ruled, ObjectNode crd, @Nullable ObjectNode old) {
    List<FieldError> errors = new ArrayList<>(Validation.metadata(crd));
    errors.addAll(DefinitionRules.check(crd, old));
    return errors;
  }

  @Override
  public void validateUpdate(ObjectNode crd, ObjectNode old, Consumer<FieldError> errors) {
    DefinitionRules.checkChange(crd, old, errors);
  }

  @Override
  public void validateStatus(ObjectNode crd, ObjectNode old, Consumer<FieldError> errors) {
    DefinitionRules.checkStatus(crd, errors);
  }

  /** Its objects are to be deleted first. */
  @Override
  public void prepareDeletion(ObjectNode crd) {
    List<String> finalizers = new ArrayList<>(Meta.finalizers(crd));
    if (!finalizers.contains(Cleanup.FINALIZER)) {
      finalizers.add(Cleanup.FINALIZER);
      Meta.setFinalizers(crd, finalizers);
    }
    Conditions.set(
        crd.withObject("/status"),
        new Conditions.Condition(
            "Terminating",
            "True",
            "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin"
                + " soon"),
        Meta.text(crd, "deletionTimestamp"));
  }
}
