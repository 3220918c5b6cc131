package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Yaml;
import io.berth.cli.CommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads manifests from files, folders and standard input. */
public final class Manifests {
  private static final int MAX_BYTES = 64 << 20;

  private Manifests() {}

  /**
   * The objects of all documents, lists taken apart.
   *
   * @param names files, folders, or {@code -} for standard input
   */
  public static List<ObjectNode> read(List<String> names) {
    List<ObjectNode> objects = new ArrayList<>();
    for (String name : names) {
      try {
        if (name.equals("-")) {
          read("standard input", System.in.readNBytes(MAX_BYTES), objects);
        } else {
          for (Path file : files(Path.of(name))) {
            read(file.toString(), Files.readAllBytes(file), objects);
          }
        }
      } catch (IOException e) {
        throw new CommandException("cannot read " + name + ": " + e.getMessage(), e);
      }
    }
    if (objects.isEmpty()) {
      throw new CommandException("no objects in " + String.join(", ", names));
    }
    return objects;
  }

  private static List<Path> files(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new CommandException("the path \"" + path + "\" does not exist");
    }
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> entries = Files.list(path)) {
      return entries.filter(p -> p.toString().matches(".*\\.(ya?ml|json)")).sorted().toList();
    }
  }

  private static void read(String source, byte[] bytes, List<ObjectNode> objects) {
    try {
      for (Yaml.Document document : Yaml.documents(bytes)) {
        add(source, document.value(), objects);
      }
    } catch (IllegalArgumentException e) {
      throw new CommandException("error parsing " + source + ": " + e.getMessage(), e);
    }
  }

  private static void add(String source, JsonNode document, List<ObjectNode> objects) {
    if (!(document instanceof ObjectNode object)) {
      throw new CommandException(
          source + ": a document is not an object but " + document.getNodeType());
    }
    if (object.path("kind").asText().equals("List")) {
      object.path("items").forEach(item -> add(source, item, objects));
      return;
    }
    for (String field : List.of("apiVersion", "kind")) {
      if (object.path(field).asText().isEmpty()) {
        throw new CommandException("error validating " + source + ": " + field + " not set");
      }
    }
    objects.add(object);
  }
}
