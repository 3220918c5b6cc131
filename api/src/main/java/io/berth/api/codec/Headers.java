package io.berth.api.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import io.berth.api.resource.ResourceDefinition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Headers from bytes in one pass, and the fixed place of the {@code resourceVersion}.
 *
 * <p>Stored bytes begin with kind, apiVersion and metadata, without white space, and carry no
 * {@code metadata.resourceVersion}: {@link #withRevision} splices it in as the first field of the
 * metadata, which costs one copy. {@link #stored} writes that form.
 */
public final class Headers {
  private static final byte[] METADATA = "\"metadata\":{".getBytes(StandardCharsets.UTF_8);
  private static final byte[] REVISION = "\"resourceVersion\":\"".getBytes(StandardCharsets.UTF_8);

  /** Without the checks of {@link Json}: what is scanned was checked on its way in. */
  private static final JsonFactory SCANNER =
      JsonFactory.builder().recyclerPool(JsonRecyclerPools.sharedBoundedPool()).build();

  private Headers() {}

  /** The object's stored form: kind, apiVersion and metadata first, without a resourceVersion. */
  public static byte[] stored(ObjectNode object) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = Json.mapper().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("kind", object.path("kind").asText());
      json.writeStringField("apiVersion", object.path("apiVersion").asText());
      json.writeFieldName("metadata");
      json.writeStartObject();
      for (var field : object.path("metadata").properties()) {
        if (!field.getKey().equals("resourceVersion")) {
          write(json, field);
        }
      }
      json.writeEndObject();
      for (var field : object.properties()) {
        switch (field.getKey()) {
          case "kind", "apiVersion", "metadata" -> {}
          default -> write(json, field);
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail to be written
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator json, Map.Entry<String, JsonNode> field)
      throws IOException {
    json.writeFieldName(field.getKey());
    json.writeTree(field.getValue());
  }

  /**
   * The form that clients get: stored bytes with {@code metadata.resourceVersion}, or bytes in that
   * form already with another one.
   */
  public static byte[] withRevision(byte[] json, long revision) {
    int at = afterMetadata(json);
    int rest = afterRevision(json, at);
    byte[] digits = Long.toString(revision).getBytes(StandardCharsets.US_ASCII);
    boolean alone = json[rest] == '}';
    int extra = REVISION.length + digits.length + (alone ? 1 : 2);
    byte[] spliced = new byte[at + extra + json.length - rest];
    System.arraycopy(json, 0, spliced, 0, at);
    System.arraycopy(REVISION, 0, spliced, at, REVISION.length);
    System.arraycopy(digits, 0, spliced, at + REVISION.length, digits.length);
    int end = at + REVISION.length + digits.length;
    spliced[end++] = '"';
    if (!alone) {
      spliced[end++] = ',';
    }
    System.arraycopy(json, rest, spliced, end, json.length - rest);
    return spliced;
  }

  /** The offset behind a resourceVersion that begins at the offset, else the offset itself. */
  private static int afterRevision(byte[] json, int at) {
    int end = at + REVISION.length;
    if (end > json.length || !Arrays.equals(json, at, end, REVISION, 0, REVISION.length)) {
      return at;
    }
    while (json[end] != '"') {
      end++;
    }
    return json[end + 1] == ',' ? end + 2 : end + 1;
  }

  /** Kind and apiVersion hold no quotes, so the first match is the object's own metadata. */
  private static int afterMetadata(byte[] stored) {
    search:
    for (int i = 0; i + METADATA.length < stored.length; i++) {
      for (int j = 0; j < METADATA.length; j++) {
        if (stored[i + j] != METADATA[j]) {
          continue search;
        }
      }
      return i + METADATA.length;
    }
    throw new IllegalArgumentException("not the stored form of an object");
  }

  /** Header of stored bytes that the store holds at a revision. */
  public static ObjectHeader read(ResourceDefinition resource, byte[] stored, long revision) {
    return scan(resource, stored, revision);
  }

  /** Header of an object as the API sent it, revision included. */
  public static ObjectHeader read(ResourceDefinition resource, byte[] json) {
    return scan(resource, json, -1);
  }

  /** An object as the API sent it, with its header. */
  public static ApiObject object(ResourceDefinition resource, byte[] json) {
    return new ApiObject(read(resource, json), json);
  }

  private static ObjectHeader scan(ResourceDefinition resource, byte[] json, long revision) {
    try (JsonParser parser = SCANNER.createParser(json)) {
      HeaderScan scan = new HeaderScan(resource);
      scan.object(parser);
      return scan.header(revision);
    } catch (IOException e) {
      throw new IllegalArgumentException("not an object: " + e.getMessage(), e);
    }
  }
}
