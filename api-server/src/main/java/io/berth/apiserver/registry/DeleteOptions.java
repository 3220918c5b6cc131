package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Text;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.Router;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a deletion asks for. Immutable.
 *
 * @param gracePeriodSeconds null for the object's own
 * @param uid precondition, or null
 * @param resourceVersion precondition, or null
 * @param propagation what becomes of dependents, or null for the kind's default
 * @param accepted whether the answer is 202 while the object is still there, as old clients that
 *     set {@code orphanDependents: false} expect
 * @param dryRun whether nothing is to be stored
 */
record DeleteOptions(
    @Nullable Long gracePeriodSeconds,
    @Nullable String uid,
    @Nullable String resourceVersion,
    @Nullable Propagation propagation,
    boolean accepted,
    boolean dryRun) {
  enum Propagation {
    ORPHAN,
    BACKGROUND,
    FOREGROUND
  }

  private static final List<String> PROPAGATIONS =
      List.of("Foreground", "Background", "Orphan", "nil");

  /** Reads the body where there is one, else the query. */
  static DeleteOptions of(ApiRequest request, @Nullable ObjectNode body) {
    ObjectNode options = body != null ? body : fromQuery(request);
    List<FieldError> errors = new ArrayList<>();
    List<String> dryRuns = new ArrayList<>(request.queryAll("dryRun"));
    options.path("dryRun").forEach(value -> dryRuns.add(value.asText("")));
    boolean dryRun = WriteOptions.dryRun(dryRuns, errors);
    JsonNode orphan = options.path("orphanDependents");
    Propagation propagation = propagation(options, orphan, errors);
    JsonNode grace = options.path("gracePeriodSeconds");
    if (!grace.isMissingNode() && !grace.isNull() && !grace.isIntegralNumber()) {
      throw Errors.badRequest("gracePeriodSeconds must be a whole number");
    }
    if (!errors.isEmpty()) {
      throw Errors.invalid("meta.k8s.io", "DeleteOptions", "", errors);
    }
    JsonNode preconditions = options.path("preconditions");
    return new DeleteOptions(
        grace.isIntegralNumber() ? grace.asLong() : null,
        textOrNull(preconditions.path("uid")),
        textOrNull(preconditions.path("resourceVersion")),
        propagation,
        orphan.isBoolean() && !orphan.asBoolean(),
        dryRun);
  }

  /** The fields of an options object. */
  ObjectNode shown() {
    ObjectNode shown = Json.object();
    if (gracePeriodSeconds != null) {
      shown.put("gracePeriodSeconds", gracePeriodSeconds);
    }
    if (uid != null) {
      shown.withObject("/preconditions").put("uid", uid);
    }
    if (resourceVersion != null) {
      shown.withObject("/preconditions").put("resourceVersion", resourceVersion);
    }
    if (propagation != null) {
      shown.put(
          "propagationPolicy",
          switch (propagation) {
            case ORPHAN -> "Orphan";
            case BACKGROUND -> "Background";
            case FOREGROUND -> "Foreground";
          });
    }
    if (dryRun) {
      shown.putArray("dryRun").add("All");
    }
    return shown;
  }

  private static ObjectNode fromQuery(ApiRequest request) {
    ObjectNode options = Json.object();
    String grace = request.query("gracePeriodSeconds");
    if (grace != null && !grace.isEmpty()) {
      try {
        options.put("gracePeriodSeconds", Long.parseLong(grace));
      } catch (NumberFormatException e) {
        throw Errors.badRequest(
            "strconv.ParseInt: parsing " + Text.quote(grace) + ": invalid syntax");
      }
    }
    String propagation = request.query("propagationPolicy");
    if (propagation != null) {
      options.put("propagationPolicy", propagation);
    }
    String orphan = request.query("orphanDependents");
    if (orphan != null) {
      options.put("orphanDependents", Router.flag(orphan));
    }
    return options;
  }

  private static @Nullable Propagation propagation(
      ObjectNode options, JsonNode orphan, List<FieldError> errors) {
    String text = options.path("propagationPolicy").asText("");
    if (!text.isEmpty() && orphan.isBoolean()) {
      errors.add(
          FieldError.invalid(
              "propagationPolicy",
              text,
              "orphanDependents and deletionPropagation cannot be both set"));
    }
    return switch (text) {
      case "Orphan" -> Propagation.ORPHAN;
      case "Background" -> Propagation.BACKGROUND;
      case "Foreground" -> Propagation.FOREGROUND;
      case "" ->
          !orphan.isBoolean()
              ? null
              : orphan.asBoolean() ? Propagation.ORPHAN : Propagation.BACKGROUND;
      default -> {
        errors.add(FieldError.notSupported("propagationPolicy", text, PROPAGATIONS));
        yield null;
      }
    };
  }

  private static @Nullable String textOrNull(JsonNode node) {
    return node.isTextual() ? node.asText() : null;
  }
}
