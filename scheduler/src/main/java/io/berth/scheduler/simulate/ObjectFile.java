package io.berth.scheduler.simulate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.codec.YamlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The objects in a file of YAML or JSON: documents in a row, lists taken apart. JSON may be of any
 * size; a YAML document only of {@link Yaml#MAX_BYTES}.
 */
final class ObjectFile {
  private static final byte[] MARKER = {'\n', '-', '-', '-'};

  /**
   * An object.
   *
   * @param where its file and line, and its place in the list that it was in
   */
  record Item(String where, ObjectNode object) {
    String kind() {
      return object.path("kind").asText();
    }

    IllegalArgumentException problem(String what) {
      return new IllegalArgumentException(where + ": " + what);
    }
  }

  private final Path file;
  private final List<Item> items = new ArrayList<>();

  private ObjectFile(Path file) {
    this.file = file;
  }

  /**
   * @throws IllegalArgumentException with the file and line of what cannot be read
   */
  static List<Item> read(Path file) throws IOException {
    ObjectFile reader = new ObjectFile(file);
    byte[] text = Files.readAllBytes(file);
    if (isJson(text)) {
      reader.json(text);
    } else {
      reader.yaml(text);
    }
    return reader.items;
  }

  private static boolean isJson(byte[] text) {
    for (byte c : text) {
      if (c > ' ') {
        return c == '{';
      }
    }
    return false;
  }

  private void json(byte[] text) throws IOException {
    try (MappingIterator<JsonNode> values =
        Json.mapper().readerFor(JsonNode.class).readValues(text)) {
      while (values.hasNextValue()) {
        int line = values.getParser().currentTokenLocation().getLineNr();
        add(file + ":" + line, values.nextValue());
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new IllegalArgumentException(file + ":" + line + ": " + e.getOriginalMessage(), e);
    }
  }

  /** Reads document by document where the whole would be too large. */
  private void yaml(byte[] text) {
    int line = 0;
    int begin = 0;
    while (begin < text.length) {
      int end = text.length - begin > Yaml.MAX_BYTES ? documentEnd(text, begin) : text.length;
      byte[] part = Arrays.copyOfRange(text, begin, end);
      yaml(part, line);
      for (byte c : part) {
        line += c == '\n' ? 1 : 0;
      }
      begin = end;
    }
  }

  private void yaml(byte[] part, int linesBefore) {
    if (part.length > Yaml.MAX_BYTES) {
      throw new IllegalArgumentException(
          file
              + ":"
              + (linesBefore + 1)
              + ": a YAML document of more than "
              + (Yaml.MAX_BYTES >> 20)
              + " MiB: use JSON, which may be longer");
    }
    try {
      for (Yaml.Document document : Yaml.documents(part)) {
        add(file + ":" + (linesBefore + document.line()), document.value());
      }
    } catch (YamlException e) {
      String message = String.valueOf(e.getMessage());
      String problem = message.substring(message.indexOf(": ") + 2);
      throw new IllegalArgumentException(file + ":" + (linesBefore + e.line()) + ": " + problem, e);
    }
  }

  /** One past the line break before the next document. */
  private static int documentEnd(byte[] text, int begin) {
    for (int i = begin; i + MARKER.length <= text.length; i++) {
      if (Arrays.equals(text, i, i + MARKER.length, MARKER, 0, MARKER.length)) {
        return i + 1;
      }
    }
    return text.length;
  }

  private void add(String where, JsonNode value) {
    if (!(value instanceof ObjectNode object)) {
      throw new IllegalArgumentException(where + ": not an object but " + value.getNodeType());
    }
    Item item = new Item(where, object);
    if (item.kind().isEmpty()) {
      throw item.problem("the object has no kind");
    }
    if (!item.kind().endsWith("List") || !object.path("items").isArray()) {
      items.add(item);
      return;
    }
    int number = 0;
    for (JsonNode element : object.path("items")) {
      String place = where + ": items[" + number++ + "]";
      // Lists of one kind, as the API gives them, do not repeat it.
      if (element instanceof ObjectNode one && !one.has("kind") && item.kind().length() > 4) {
        one.put("kind", item.kind().substring(0, item.kind().length() - 4));
        one.put("apiVersion", object.path("apiVersion").asText());
      }
      add(place, element);
    }
  }
}
