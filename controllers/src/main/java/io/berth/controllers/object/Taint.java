package io.berth.controllers.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A node's taint. Two are one where key and effect agree. */
public record Taint(String key, String value, String effect) {
  public static List<Taint> listOf(JsonNode taints) {
    List<Taint> list = new ArrayList<>();
    for (JsonNode taint : taints) {
      list.add(
          new Taint(
              taint.path("key").asText(),
              taint.path("value").asText(),
              taint.path("effect").asText()));
    }
    return List.copyOf(list);
  }
}
