package io.berth.apiserver.streaming;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import java.util.List;

/** Makes requests to the agent of the options of sessions, as admission left them. */
final class SessionOptions {
  private static final String[][] STREAMS = {
    {"stdin", "input"}, {"stdout", "output"}, {"stderr", "error"}
  };

  private SessionOptions() {}

  /**
   * @throws io.berth.api.transport.ApiException 422 no command; 400 no stream
   */
  static ApiRequest exec(PodTarget target, ObjectNode options) {
    JsonNode command = options.path("command");
    if (command.isEmpty()) {
      throw Errors.invalid(
          "", "PodExecOptions", target.pod(), List.of(FieldError.required("command", "")));
    }
    ApiRequest onward = ApiRequest.get(target.path("exec"));
    for (JsonNode argument : command) {
      onward = onward.withQuery("command", argument.asText());
    }
    return streams(onward, options);
  }

  /**
   * @throws io.berth.api.transport.ApiException 400 no stream
   */
  static ApiRequest attach(PodTarget target, ObjectNode options) {
    return streams(ApiRequest.get(target.path("attach")), options);
  }

  private static ApiRequest streams(ApiRequest to, ObjectNode options) {
    ApiRequest onward = to;
    boolean any = false;
    for (String[] stream : STREAMS) {
      if (options.path(stream[0]).asBoolean()) {
        onward = onward.withQuery(stream[1], "1");
        any = true;
      }
    }
    if (!any) {
      throw Errors.badRequest("you must specify at least 1 of stdin, stdout, stderr");
    }
    return options.path("tty").asBoolean() ? onward.withQuery("tty", "1") : onward;
  }

  /** Only clients that open a channel a port name the ports here; the agent judges them. */
  static ApiRequest ports(PodTarget target, ObjectNode options) {
    ApiRequest onward =
        ApiRequest.get("/portForward/%s/%s".formatted(target.namespace(), target.pod()));
    for (JsonNode port : options.path("ports")) {
      onward = onward.withQuery("port", port.asText());
    }
    return onward;
  }
}
