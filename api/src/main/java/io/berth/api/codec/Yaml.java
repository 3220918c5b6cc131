package io.berth.api.codec;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * YAML as manifests are written in it, to JSON trees and back.
 *
 * <p>Read by the rules that kubectl users know: {@code 0644} is 420, {@code 0x10} 16, {@code 1e3}
 * 1000; {@code 22:22}, timestamps and {@code yes}, {@code no}, {@code on}, {@code off} are text;
 * keys are text whatever they look like; merge keys ({@code <<}) work; {@code !!binary} is decoded;
 * tags that are not YAML's own are ignored. Duplicate keys, unknown anchors and tabs as indentation
 * are errors. Empty documents are skipped. JSON is read as well, several values in a row included.
 */
public final class Yaml {
  /** Longer input is refused. */
  public static final int MAX_BYTES = 3 << 20;

  /** What aliases may add to a document, in values: enough for manifests, no billion laughs. */
  public static final int MAX_ALIASED_VALUES = 100_000;

  private Yaml() {}

  /**
   * One document of a stream.
   *
   * @param number counted from 1, empty documents included
   * @param line where it begins, counted from 1
   */
  public record Document(int number, int line, JsonNode value) {}

  /**
   * The documents of a stream that are not empty.
   *
   * @throws YamlException the text is no YAML or is over a limit
   */
  public static List<Document> documents(byte[] text) {
    return new YamlReader(text).documents();
  }

  /**
   * The only document of a text, in which a key may come several times in a mapping: its last value
   * counts, and each time is told of, such as {@code line 3: key "a" already set in map}.
   *
   * @throws YamlException as {@link #read} does
   */
  public static Json.Lenient readLenient(byte[] text) {
    List<String> duplicates = new ArrayList<>();
    JsonNode value = only(new YamlReader(text, duplicates).documents());
    return new Json.Lenient(value, duplicates);
  }

  /**
   * The only document of a text.
   *
   * @throws YamlException the text is no YAML, or over a limit, or holds none or several documents
   */
  public static JsonNode read(byte[] text) {
    return only(documents(text));
  }

  private static JsonNode only(List<Document> documents) {
    if (documents.size() != 1) {
      int line = documents.size() > 1 ? documents.get(1).line() : 1;
      throw new YamlException(
          documents.size() > 1 ? documents.get(1).number() : 1,
          line,
          1,
          "expected one document, found " + documents.size());
    }
    return documents.getFirst().value();
  }

  /**
   * Block style, keys sorted, text quoted where it would otherwise read as something else. Reads
   * back as an equal tree, here and in YAML 1.1 readers.
   */
  public static String write(JsonNode value) {
    return new YamlWriter().write(value);
  }
}
