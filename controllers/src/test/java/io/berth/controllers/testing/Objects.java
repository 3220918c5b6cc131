package io.berth.controllers.testing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import java.nio.charset.StandardCharsets;

/** Objects from short texts, with single quotes for double ones. */
public final class Objects {
  private Objects() {}

  @FormatMethod
  public static ObjectNode tree(@FormatString String json, Object... arguments) {
    String text = json.formatted(arguments).replace('\'', '"');
    return (ObjectNode) Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  public static ApiObject object(ResourceDefinition resource, ObjectNode tree) {
    return Headers.object(resource, Json.bytes(tree));
  }
}
