package io.berth.apiserver.registry;

import io.berth.api.transport.Errors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The form of an answer that a client asks for by its Accept header. Immutable.
 *
 * @param shape the whole objects, their metadata, or a table
 * @param beta whether as the metadata group's v1beta1 has it, which differs in name alone
 * @param yaml whether as YAML; JSON otherwise
 */
record Format(Shape shape, boolean beta, boolean yaml) {
  enum Shape {
    OBJECT,
    TABLE,
    /** One object's metadata. */
    PARTIAL,
    /** A list of the metadata of objects. */
    PARTIAL_LIST;

    boolean partial() {
      return this == PARTIAL || this == PARTIAL_LIST;
    }
  }

  static final Format JSON = new Format(Shape.OBJECT, false, false);

  private static final Set<String> META_VERSIONS = Set.of("v1", "v1beta1");
  private static final List<String> ACCEPTED = List.of("application/json", "application/yaml");
  private static final List<String> ACCEPTED_STREAMS =
      List.of("application/json", "application/json;stream=watch");

  private record Clause(String type, Map<String, String> parameters, double quality) {}

  String contentType() {
    return yaml ? "application/yaml" : "application/json";
  }

  /**
   * The first of the client's wishes that can be met.
   *
   * @param accept the header, or null
   * @param stream whether the answer is a stream, which is never YAML
   * @param tables whether there is a table of what is asked for
   * @throws io.berth.api.transport.ApiException 406 where none can
   */
  static Format negotiate(@Nullable String accept, boolean stream, boolean tables) {
    if (accept == null || accept.isBlank() || accept.equals("application/json")) {
      return JSON;
    }
    for (Clause clause : clauses(accept)) {
      Format format = format(clause, stream);
      if (format != null && (tables || format.shape() != Shape.TABLE)) {
        return format;
      }
    }
    throw Errors.notAcceptable(stream ? ACCEPTED_STREAMS : ACCEPTED);
  }

  /**
   * @throws io.berth.api.transport.ApiException 406 where one object's metadata is asked for and
   *     the answer is a list, or the other way round
   */
  void checkFits(boolean list, String kind) {
    if (list && shape == Shape.PARTIAL) {
      throw Errors.notAcceptable(
          "you requested PartialObjectMetadata, but the requested object is a list (" + kind + ")");
    }
    if (!list && shape == Shape.PARTIAL_LIST) {
      throw Errors.notAcceptable(
          "you requested PartialObjectMetadataList, but the requested object is not a list ("
              + kind
              + ")");
    }
  }

  private static @Nullable Format format(Clause clause, boolean stream) {
    boolean yaml =
        switch (clause.type()) {
          case "application/json", "application/*", "*/*" -> false;
          case "application/yaml" -> true;
          default -> false;
        };
    if (!yaml && !List.of("application/json", "application/*", "*/*").contains(clause.type())) {
      return null;
    }
    if (yaml && stream) {
      return null;
    }
    Shape shape = shape(clause.parameters());
    boolean beta = shape != Shape.OBJECT && "v1beta1".equals(clause.parameters().get("v"));
    return shape == null ? null : new Format(shape, beta, yaml);
  }

  private static @Nullable Shape shape(Map<String, String> parameters) {
    String as = parameters.get("as");
    if (as == null) {
      return Shape.OBJECT;
    }
    if (!"meta.k8s.io".equals(parameters.get("g"))
        || !META_VERSIONS.contains(parameters.getOrDefault("v", ""))) {
      return null;
    }
    return switch (as) {
      case "Table" -> Shape.TABLE;
      case "PartialObjectMetadata" -> Shape.PARTIAL;
      case "PartialObjectMetadataList" -> Shape.PARTIAL_LIST;
      default -> null;
    };
  }

  /** The header's clauses, most wanted first; equally wanted ones in the order given. */
  private static List<Clause> clauses(String accept) {
    List<Clause> clauses = new ArrayList<>();
    for (String text : accept.split(",")) {
      String[] parts = text.split(";", -1);
      Map<String, String> parameters = new HashMap<>();
      for (int i = 1; i < parts.length; i++) {
        int equals = parts[i].indexOf('=');
        if (equals > 0) {
          parameters.put(
              parts[i].substring(0, equals).strip(), parts[i].substring(equals + 1).strip());
        }
      }
      double quality = quality(parameters.get("q"));
      if (quality > 0) {
        clauses.add(new Clause(parts[0].strip().toLowerCase(Locale.ROOT), parameters, quality));
      }
    }
    clauses.sort(Comparator.comparingDouble(Clause::quality).reversed());
    return clauses;
  }

  private static double quality(@Nullable String text) {
    try {
      return text == null ? 1 : Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return 1;
    }
  }
}
