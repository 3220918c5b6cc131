package io.berth.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.text.Nearest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A part of a configuration file, by whose keys nothing goes unread: a key that nobody knows is an
 * error that names the place and the likeliest key.
 */
final class ConfigReader {
  private final JsonNode node;
  private final String path;

  ConfigReader(JsonNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** Says which keys there are. */
  ConfigReader allow(String... keys) {
    if (!node.isMissingNode() && !node.isNull() && !node.isObject()) {
      throw error("must be an object");
    }
    Set<String> known = Set.of(keys);
    for (var entry : node.properties()) {
      if (!known.contains(entry.getKey())) {
        throw new IllegalArgumentException(
            at(entry.getKey())
                + ": unknown key"
                + Nearest.suggestion(entry.getKey(), new TreeSet<>(known)));
      }
    }
    return this;
  }

  /** What it reads. */
  JsonNode node() {
    return node;
  }

  boolean has(String key) {
    return node.hasNonNull(key);
  }

  ConfigReader object(String key) {
    return new ConfigReader(node.path(key), at(key));
  }

  /** The entries of a list; none where it is absent. */
  List<ConfigReader> list(String key) {
    JsonNode list = node.path(key);
    if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw object(key).error("must be a list");
    }
    List<ConfigReader> entries = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      entries.add(new ConfigReader(list.get(i), at(key) + "[" + i + "]"));
    }
    return entries;
  }

  String text(String key, String fallback) {
    JsonNode value = node.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return fallback;
    }
    if (!value.isTextual()) {
      throw object(key).error("must be a string");
    }
    return value.asText();
  }

  boolean flag(String key) {
    JsonNode value = node.path(key);
    if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
      throw object(key).error("must be true or false");
    }
    return value.asBoolean();
  }

  String text(String key) {
    String value = text(key, "");
    if (value.isEmpty()) {
      throw object(key).error("is required");
    }
    return value;
  }

  /** One of the words. */
  String word(String key, String fallback, Collection<String> words) {
    String value = text(key, fallback);
    if (!words.contains(value)) {
      throw object(key).error("no " + value + Nearest.suggestion(value, new TreeSet<>(words)));
    }
    return value;
  }

  int number(String key, int fallback, int least, int most) {
    JsonNode value = node.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return fallback;
    }
    if (!value.isInt() || value.asInt() < least || value.asInt() > most) {
      throw object(key).error("must be a whole number from " + least + " to " + most);
    }
    return value.asInt();
  }

  IllegalArgumentException error(String what) {
    return new IllegalArgumentException((path.isEmpty() ? "the file" : path) + ": " + what);
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
