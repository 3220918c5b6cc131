package io.berth.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The kinds of patch, by their media types. */
public enum PatchType {
  JSON("application/json-patch+json"),
  MERGE("application/merge-patch+json"),
  STRATEGIC("application/strategic-merge-patch+json");

  private final String mediaType;

  PatchType(String mediaType) {
    this.mediaType = mediaType;
  }

  public String mediaType() {
    return mediaType;
  }

  /** The media types of all kinds. */
  public static List<String> mediaTypes() {
    return Arrays.stream(values()).map(PatchType::mediaType).toList();
  }

  /** The kind that a {@code Content-Type} names; its parameters do not matter. */
  public static Optional<PatchType> ofContentType(String contentType) {
    String bare = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(t -> t.mediaType.equals(bare)).findFirst();
  }

  /**
   * Applies a patch of this kind to a copy of an object.
   *
   * @param type the object's type, which {@link #STRATEGIC} needs
   * @throws ApiException the patch is malformed or does not fit
   */
  public ObjectNode apply(ObjectNode object, JsonNode patch, @Nullable ObjectType type) {
    return switch (this) {
      case JSON -> {
        if (JsonPatch.apply(object, patch) instanceof ObjectNode patched) {
          yield patched;
        }
        throw Errors.unprocessable("the patch makes the object something else than an object");
      }
      case MERGE -> MergePatch.apply(object, patch);
      case STRATEGIC -> {
        if (type == null) {
          throw Errors.unsupportedMediaType(List.of(JSON.mediaType, MERGE.mediaType));
        }
        yield StrategicMergePatch.apply(object, patch, type);
      }
    };
  }
}
