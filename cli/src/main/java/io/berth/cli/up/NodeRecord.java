package io.berth.cli.up;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What is known of the node whose workloads run out of a data directory. It is there from before
 * the first of them starts until the last has ended, so that {@code berth down} finds what a killed
 * process left.
 */
record NodeRecord(String nodeName, String podCidr, String clusterCidr) {
  private static Path file(DataDirectory directory) {
    return directory.root().resolve("node.json");
  }

  static Optional<NodeRecord> read(DataDirectory directory) {
    try {
      JsonNode tree = Json.parse(Files.readAllBytes(file(directory)));
      String podCidr = tree.path("podCidr").asText();
      return Optional.of(
          new NodeRecord(
              tree.path("nodeName").asText(), podCidr, tree.path("clusterCidr").asText(podCidr)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  void write(DataDirectory directory) {
    try {
      Files.write(
          file(directory),
          Json.bytes(
              Json.object()
                  .put("nodeName", nodeName)
                  .put("podCidr", podCidr)
                  .put("clusterCidr", clusterCidr)));
    } catch (IOException e) {
      throw new CommandException("cannot write " + file(directory) + ": " + e.getMessage(), e);
    }
  }

  static void delete(DataDirectory directory) {
    try {
      Files.deleteIfExists(file(directory));
    } catch (IOException e) {
      throw new CommandException("cannot delete " + file(directory) + ": " + e.getMessage(), e);
    }
  }
}
