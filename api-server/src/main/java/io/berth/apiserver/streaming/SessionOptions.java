package io.berth.apiserver.streaming;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.Router;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes requests to the agent of the options that clients give for sessions. */
final class SessionOptions {
  private static final String[][] STREAMS = {
    {"stdin", "input"}, {"stdout", "output"}, {"stderr", "error"}
  };

  private SessionOptions() {}

  /**
   * @throws io.berth.api.transport.ApiException 422 no command; 400 no stream
   */
  static ApiRequest exec(PodTarget target, ApiRequest request) {
    List<String> command = request.queryAll("command");
    if (command.isEmpty()) {
      throw Errors.invalid(
          "", "PodExecOptions", target.pod(), List.of(FieldError.required("command", "")));
    }
    ApiRequest onward = ApiRequest.get(target.path("exec"));
    for (String argument : command) {
      onward = onward.withQuery("command", argument);
    }
    return streams(onward, request);
  }

  /**
   * @throws io.berth.api.transport.ApiException 400 no stream
   */
  static ApiRequest attach(PodTarget target, ApiRequest request) {
    return streams(ApiRequest.get(target.path("attach")), request);
  }

  private static ApiRequest streams(ApiRequest to, ApiRequest request) {
    ApiRequest onward = to;
    boolean any = false;
    for (String[] stream : STREAMS) {
      if (on(request.query(stream[0]))) {
        onward = onward.withQuery(stream[1], "1");
        any = true;
      }
    }
    if (!any) {
      throw Errors.badRequest("you must specify at least 1 of stdin, stdout, stderr");
    }
    return on(request.query("tty")) ? onward.withQuery("tty", "1") : onward;
  }

  /** Only clients that open a channel a port name the ports here; the agent judges them. */
  static ApiRequest ports(PodTarget target, ApiRequest request) {
    ApiRequest onward =
        ApiRequest.get("/portForward/%s/%s".formatted(target.namespace(), target.pod()));
    for (String port : request.queryAll("ports")) {
      onward = onward.withQuery("port", port);
    }
    return onward;
  }

  private static boolean on(@Nullable String value) {
    return Router.flag(value);
  }
}
