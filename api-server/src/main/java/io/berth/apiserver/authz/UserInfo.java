package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.apiserver.server.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Identities in the form that reviews carry. */
public final class UserInfo {
  private UserInfo() {}

  public static ObjectNode of(Identity who) {
    ObjectNode info = Json.object().put("username", who.name());
    if (!who.uid().isEmpty()) {
      info.put("uid", who.uid());
    }
    who.groups().forEach(info.putArray("groups")::add);
    if (!who.extra().isEmpty()) {
      ObjectNode extra = info.putObject("extra");
      new TreeMap<>(who.extra()).forEach((key, all) -> all.forEach(extra.putArray(key)::add));
    }
    return info;
  }

  /** The values of a map of lists. */
  static Map<String, List<String>> extra(JsonNode map) {
    Map<String, List<String>> extra = new TreeMap<>();
    map.properties().forEach(e -> extra.put(e.getKey(), texts(e.getValue())));
    return extra;
  }

  static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
