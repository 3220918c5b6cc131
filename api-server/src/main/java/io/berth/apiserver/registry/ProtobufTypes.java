package io.berth.apiserver.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which field of a type a number stands for; read once from {@code protobuf.txt}. */
final class ProtobufTypes {
  /**
   * One field.
   *
   * @param name in JSON
   * @param form a scalar's form or the name of a type
   * @param list whether it may come more than once
   * @param map whether it is a map from text
   * @param kept whether an empty value counts
   */
  record Field(String name, String form, boolean list, boolean map, boolean kept) {
    static Field read(String name, String text) {
      boolean list = text.startsWith("[]");
      boolean map = text.startsWith("map:");
      boolean kept = text.endsWith("?");
      int from = list ? 2 : map ? 4 : 0;
      return new Field(name, text.substring(from, text.length() - (kept ? 1 : 0)), list, map, kept);
    }
  }

  private static final Map<String, Map<Integer, Field>> TYPES = load();

  private ProtobufTypes() {}

  /** The fields of a type by number, null where the type is not known. */
  static @Nullable Map<Integer, Field> fields(String type) {
    return TYPES.get(type);
  }

  /** Types that fields name and that are not there: none. */
  static Set<String> dangling() {
    Set<String> named = new TreeSet<>();
    for (Map<Integer, Field> fields : TYPES.values()) {
      for (Field field : fields.values()) {
        if (field.form().indexOf('.') >= 0) {
          named.add(field.form().replace("inline:", ""));
        }
      }
    }
    named.removeAll(TYPES.keySet());
    return named;
  }

  private static Map<String, Map<Integer, Field>> load() {
    Map<String, Map<Integer, Field>> types = new HashMap<>();
    Map<Integer, Field> fields = new HashMap<>();
    for (String line : text().lines().filter(l -> !l.startsWith("#")).toList()) {
      String[] words = line.split(" ");
      if (words.length == 1) {
        fields = new HashMap<>();
        types.put(words[0], fields);
      } else {
        fields.put(Integer.valueOf(words[0]), Field.read(words[1], words[2]));
      }
    }
    return types;
  }

  private static String text() {
    try (InputStream in = ProtobufTypes.class.getResourceAsStream("protobuf.txt")) {
      if (in == null) {
        throw new IllegalStateException("protobuf.txt is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
