package io.berth.apiserver.streaming;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.Router;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks a log request's options and hands them on to the agent as they came. */
final class LogOptions {
  private static final List<String> FLAGS = List.of("follow", "previous", "timestamps");
  private static final List<String> HANDED_ON =
      List.of(
          "follow",
          "previous",
          "timestamps",
          "tailLines",
          "limitBytes",
          "sinceSeconds",
          "sinceTime");

  private LogOptions() {}

  /**
   * @return the request to the agent
   * @throws io.berth.api.transport.ApiException 400 or 422, naming the option
   */
  static ApiRequest forNode(PodTarget target, ApiRequest request) {
    if (Router.flag(request.query("insecureSkipTLSVerifyBackend"))) {
      throw Errors.badRequest("NotSupported: insecureSkipTLSVerifyBackend: agents are verified");
    }
    String stream = request.query("stream");
    if (stream != null && !stream.isEmpty() && !stream.equals("All")) {
      throw Errors.badRequest("NotSupported: stream: only All");
    }
    check(target, request);
    ApiRequest onward = ApiRequest.get(target.path("containerLogs"));
    for (String option : HANDED_ON) {
      String value = request.query(option);
      if (value != null && !value.isEmpty()) {
        onward = onward.withQuery(option, FLAGS.contains(option) ? flag(value) : value);
      }
    }
    return onward;
  }

  private static String flag(String value) {
    return Boolean.toString(Router.flag(value));
  }

  private static void check(PodTarget target, ApiRequest request) {
    List<FieldError> errors = new ArrayList<>();
    atLeast(errors, request, "tailLines", 0, "must be greater than or equal to 0");
    atLeast(errors, request, "limitBytes", 1, "must be greater than 0");
    atLeast(errors, request, "sinceSeconds", 1, "must be greater than 0");
    String since = request.query("sinceTime");
    if (since != null && !since.isEmpty()) {
      if (request.query("sinceSeconds") != null) {
        errors.add(
            FieldError.forbidden(
                "sinceSeconds", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
      }
      checkTime(since);
    }
    if (!errors.isEmpty()) {
      throw Errors.invalid("", "PodLogOptions", target.pod(), errors);
    }
  }

  private static void checkTime(String since) {
    try {
      Instant.parse(since);
    } catch (DateTimeParseException e) {
      throw Errors.badRequest("sinceTime: not an RFC 3339 time: " + since);
    }
  }

  private static void atLeast(
      List<FieldError> errors, ApiRequest request, String option, long least, String detail) {
    Long value = number(request.query(option), option);
    if (value != null && value < least) {
      errors.add(FieldError.invalid(option, value, detail));
    }
  }

  private static @Nullable Long number(@Nullable String value, String option) {
    try {
      return value == null || value.isEmpty() ? null : Long.valueOf(value);
    } catch (NumberFormatException e) {
      throw Errors.badRequest(option + ": not a number: " + value);
    }
  }
}
