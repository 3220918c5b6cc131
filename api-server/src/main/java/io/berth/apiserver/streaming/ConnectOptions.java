package io.berth.apiserver.streaming;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Router;
import java.util.List;

/** The options of connections as objects, read off the query: what admission is shown. Pure. */
final class ConnectOptions {
  private static final int MAX_PORT = 0xffff;

  private ConnectOptions() {}

  static ObjectNode exec(ApiRequest request) {
    ObjectNode options = streams("PodExecOptions", request);
    List<String> command = request.queryAll("command");
    if (command.isEmpty()) {
      options.putNull("command"); // the one field that is always shown
    } else {
      command.forEach(options.putArray("command")::add);
    }
    return options;
  }

  static ObjectNode attach(ApiRequest request) {
    return streams("PodAttachOptions", request);
  }

  private static ObjectNode streams(String kind, ApiRequest request) {
    ObjectNode options = of(kind);
    for (String flag : List.of("stdin", "stdout", "stderr", "tty")) {
      if (Router.flag(request.query(flag))) {
        options.put(flag, true);
      }
    }
    String container = request.query("container");
    if (container != null && !container.isEmpty()) {
      options.put("container", container);
    }
    return options;
  }

  /**
   * @throws io.berth.api.transport.ApiException 400 a port is no number
   */
  static ObjectNode ports(ApiRequest request) {
    ObjectNode options = of("PodPortForwardOptions");
    List<String> given = request.queryAll("ports");
    if (!given.isEmpty()) {
      ArrayNode ports = options.putArray("ports");
      given.forEach(list -> List.of(list.split(",", -1)).forEach(port -> ports.add(port(port))));
    }
    return options;
  }

  private static int port(String text) {
    boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    try {
      int port = digits ? Integer.parseInt(text) : -1;
      if (port >= 0 && port <= MAX_PORT) {
        return port;
      }
    } catch (NumberFormatException e) {
      digits = true; // more than fit
    }
    throw Errors.badRequest(
        "cannot convert to []int32: strconv.ParseUint: parsing \"%s\": %s"
            .formatted(text, digits ? "value out of range" : "invalid syntax"));
  }

  /**
   * @param resource {@code pods}, {@code services} or {@code nodes}
   * @param path of the request to pass on, not encoded; empty where there is none
   */
  static ObjectNode proxy(ResourceDefinition resource, String path) {
    ObjectNode options = of(resource.kind() + "ProxyOptions");
    return path.isEmpty() ? options : options.put("path", path);
  }

  private static ObjectNode of(String kind) {
    return Json.object().put("kind", kind).put("apiVersion", "v1");
  }
}
