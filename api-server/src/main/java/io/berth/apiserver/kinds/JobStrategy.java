package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Jobs: their pods bear labels with the job's own uid, by which it finds them. */
final class JobStrategy implements Strategy {
  private static final String UID = "batch.kubernetes.io/controller-uid";
  private static final String NAME = "batch.kubernetes.io/job-name";
  private static final String OLD_UID = "controller-uid";
  private static final String OLD_NAME = "job-name";

  /** What of a template may change while the job is suspended and none of its pods was made. */
  private static final List<String> SCHEDULING =
      List.of("nodeSelector", "affinity", "tolerations", "schedulingGates");

  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public boolean orphansByDefault() {
    return true;
  }

  @Override
  public void prepareCreate(ObjectNode job, WriteCall call) {
    if (job.path("spec").path("manualSelector").asBoolean()) {
      return;
    }
    ObjectNode spec = job.withObject("/spec");
    ObjectNode labels = spec.withObject("/template").withObject("/metadata").withObject("/labels");
    expected(job).forEach((label, value) -> fill(labels, label, value));
    fill(spec.withObject("/selector").withObject("/matchLabels"), UID, Meta.uid(job));
  }

  private static void fill(ObjectNode labels, String label, String value) {
    if (!labels.has(label)) {
      labels.put(label, value);
    }
  }

  private static Map<String, String> expected(JsonNode job) {
    String uid = Meta.uid(job);
    String name = Meta.name(job);
    return Map.of(UID, uid, OLD_UID, uid, NAME, name, OLD_NAME, name);
  }

  @Override
  public void validateCreate(ObjectNode job, Consumer<FieldError> errors) {
    if (job.path("spec").path("manualSelector").asBoolean()) {
      return;
    }
    JsonNode labels = job.path("spec").path("template").path("metadata").path("labels");
    expected(job).entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .filter(label -> !labels.path(label.getKey()).asText("").equals(label.getValue()))
        .forEach(
            label ->
                errors.accept(
                    FieldError.invalidRaw(
                        "spec.template.metadata.labels[" + label.getKey() + "]",
                        labels.toString(),
                        "must be '" + label.getValue() + "'")));
    JsonNode selector = job.path("spec").path("selector");
    if (!selector.path("matchLabels").path(UID).asText("").equals(Meta.uid(job))) {
      errors.accept(
          FieldError.invalidRaw(
              "spec.selector", selector.toString(), "`selector` not auto-generated"));
    }
  }

  @Override
  public void validateUpdate(ObjectNode job, ObjectNode old, Consumer<FieldError> errors) {
    JsonNode spec = job.path("spec");
    if (!elastic(spec, old.path("spec"))) {
      Immutable.check(job, old, "spec.completions", errors);
    }
    for (String field :
        List.of(
            "selector",
            "completionMode",
            "podFailurePolicy",
            "backoffLimitPerIndex",
            "managedBy",
            "successPolicy",
            "manualSelector")) {
      Immutable.check(job, old, "spec." + field, errors);
    }
    checkTemplate(job, old, errors);
  }

  /** An indexed job may grow and shrink as long as all its pods run at once. */
  private static boolean elastic(JsonNode spec, JsonNode old) {
    return old.path("completionMode").asText("").equals("Indexed")
        && old.hasNonNull("completions")
        && spec.hasNonNull("completions")
        && old.path("completions").asInt() == old.path("parallelism").asInt()
        && spec.path("completions").asInt() == spec.path("parallelism").asInt();
  }

  private static void checkTemplate(ObjectNode job, ObjectNode old, Consumer<FieldError> errors) {
    ObjectNode candidate = job.deepCopy();
    if (old.path("spec").path("suspend").asBoolean() && !old.path("status").has("startTime")) {
      ObjectNode template = candidate.withObject("/spec").withObject("/template");
      JsonNode before = old.path("spec").path("template");
      ObjectNode pod = template.withObject("/spec");
      SCHEDULING.forEach(field -> Meta.copy(field, before.path("spec"), pod));
      ObjectNode metadata = template.withObject("/metadata");
      Meta.copy("labels", before.path("metadata"), metadata);
      Meta.copy("annotations", before.path("metadata"), metadata);
    }
    Immutable.check(candidate, old, "spec.template", errors);
  }
}
