package io.berth.api.transport;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Text;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.validation.FieldError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The errors that the API answers with, by the codes, reasons, details and messages that clients
 * know from Kubernetes and some of them parse.
 */
public final class Errors {
  private Errors() {}

  /** 404: {@code pods "x" not found}. */
  public static ApiException notFound(GroupResource resource, String name) {
    return new ApiException(
        404, "NotFound", resource + " " + Text.quote(name) + " not found", details(resource, name));
  }

  /** 404 for a path that nothing serves. */
  public static ApiException noSuchPath() {
    return new ApiException(
        404, "NotFound", "the server could not find the requested resource", Json.object());
  }

  /** 409: {@code pods "x" already exists}. */
  public static ApiException alreadyExists(GroupResource resource, String name) {
    return new ApiException(
        409,
        "AlreadyExists",
        resource + " " + Text.quote(name) + " already exists",
        details(resource, name));
  }

  /** 409: random names for a {@code generateName} were all taken. */
  public static ApiException generateNameConflict(GroupResource resource, String name) {
    return new ApiException(
        409,
        "AlreadyExists",
        resource
            + " "
            + Text.quote(name)
            + " already exists, the server was not able to generate a unique name for the object",
        details(resource, name).put("retryAfterSeconds", 1));
  }

  /** 409: the object changed since the version that an update was based on. */
  public static ApiException conflict(GroupResource resource, String name) {
    return conflict(
        resource,
        name,
        "the object has been modified; please apply your changes to the latest version and try"
            + " again");
  }

  /** 409 for another reason, such as a failed precondition. */
  public static ApiException conflict(GroupResource resource, String name, String why) {
    return new ApiException(
        409,
        "Conflict",
        "Operation cannot be fulfilled on " + resource + " " + Text.quote(name) + ": " + why,
        details(resource, name));
  }

  /** 409: a precondition names another uid than the object has. */
  public static ApiException uidConflict(
      GroupResource resource, String name, String expected, String actual) {
    return conflict(
        resource,
        name,
        "Precondition failed: UID in precondition: "
            + expected
            + ", UID in object meta: "
            + actual);
  }

  /** 409: a precondition names another resourceVersion than the object has. */
  public static ApiException revisionConflict(
      GroupResource resource, String name, String expected, String actual) {
    return conflict(
        resource,
        name,
        "Precondition failed: ResourceVersion in precondition: "
            + expected
            + ", ResourceVersion in object meta: "
            + actual);
  }

  /** 422 with one cause an error. */
  public static ApiException invalid(
      ResourceDefinition resource, String name, List<FieldError> errors) {
    return invalid(resource.group(), resource.kind(), name, errors);
  }

  /** 422 with one cause an error, each once; the list must not be empty. */
  public static ApiException invalid(
      String group, String kind, String name, List<FieldError> errors) {
    ObjectNode details = details(group, kind, name);
    ArrayNode causes = details.putArray("causes");
    List<FieldError> different = errors.stream().distinct().toList();
    for (FieldError error : different) {
      causes
          .addObject()
          .put("reason", error.type().reason())
          .put("message", error.body())
          .put("field", error.path());
    }
    List<String> texts = different.stream().map(FieldError::toString).toList();
    String text = texts.size() == 1 ? texts.getFirst() : "[" + String.join(", ", texts) + "]";
    String qualified = group.isEmpty() ? kind : kind + "." + group;
    return new ApiException(
        422, "Invalid", qualified + " " + Text.quote(name) + " is invalid: " + text, details);
  }

  /** 422 for a patch that does not fit the object; the cause tells why. */
  public static ApiException unprocessable(String why) {
    ObjectNode details = Json.object();
    details
        .putArray("causes")
        .addObject()
        .put("reason", "UnexpectedServerResponse")
        .put("message", why);
    return new ApiException(
        422, "Invalid", "the server rejected our request due to an error in our request", details);
  }

  /** 400. */
  public static ApiException badRequest(String message) {
    return new ApiException(400, "BadRequest", message);
  }

  /** 401. */
  public static ApiException unauthorized() {
    return new ApiException(401, "Unauthorized", "Unauthorized");
  }

  /** 403: {@code pods "x" is forbidden: why}. The name may be empty. */
  public static ApiException forbidden(GroupResource resource, String name, String why) {
    String about = name.isEmpty() ? resource.toString() : resource + " " + Text.quote(name);
    return new ApiException(
        403, "Forbidden", about + " is forbidden: " + why, details(resource, name));
  }

  /**
   * 403: the user may not do this to a resource.
   *
   * @param subresource empty for none
   * @param namespace empty for cluster scope
   * @param name empty where the request names no object
   * @param why more, or empty
   */
  public static ApiException denied(
      String user,
      String verb,
      GroupResource resource,
      String subresource,
      String namespace,
      String name,
      String why) {
    String full =
        subresource.isEmpty() ? resource.resource() : resource.resource() + "/" + subresource;
    String where =
        namespace.isEmpty()
            ? " at the cluster scope"
            : " in the namespace " + Text.quote(namespace);
    return forbidden(
        resource,
        name,
        String.format(
            "User %s cannot %s resource %s in API group %s%s%s",
            Text.quote(user),
            verb,
            Text.quote(full),
            Text.quote(resource.group()),
            where,
            why.isEmpty() ? "" : ": " + why));
  }

  /** 403: the user may not do this to a path that is no resource. */
  public static ApiException deniedPath(String user, String verb, String path) {
    return new ApiException(
        403,
        "Forbidden",
        String.format(
            "forbidden: User %s cannot %s path %s", Text.quote(user), verb, Text.quote(path)),
        Json.object());
  }

  /** 405. The action is a verb such as {@code create}. */
  public static ApiException methodNotSupported(GroupResource resource, String action) {
    return new ApiException(
        405,
        "MethodNotAllowed",
        action + " is not supported on resources of kind " + Text.quote(resource.toString()),
        details(resource, ""));
  }

  /** 405 where the path is known but not with this HTTP method. */
  public static ApiException methodNotAllowed() {
    return new ApiException(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        Json.object());
  }

  /** 406. */
  public static ApiException notAcceptable(List<String> accepted) {
    return notAcceptable(
        "only the following media types are accepted: " + String.join(", ", accepted));
  }

  /** 406 for another reason. */
  public static ApiException notAcceptable(String why) {
    return new ApiException(406, "NotAcceptable", why);
  }

  /** 415. */
  public static ApiException unsupportedMediaType(List<String> accepted) {
    return new ApiException(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
            + String.join(", ", accepted));
  }

  /** 413: a request's body is over the limit in bytes. */
  public static ApiException requestEntityTooLarge(long limit) {
    return tooLarge("limit is " + limit);
  }

  /** 413 for another reason. */
  public static ApiException tooLarge(String why) {
    return new ApiException(413, "RequestEntityTooLarge", "Request entity too large: " + why);
  }

  /** 410: the revision asked for is compacted; clients list again. */
  public static ApiException expired(String message) {
    return new ApiException(410, "Expired", message);
  }

  /** 410 for a resourceVersion that is older than the history kept. */
  public static ApiException tooOldResourceVersion(long requested, long oldest) {
    return expired("too old resource version: " + requested + " (" + oldest + ")");
  }

  /** 410 for a continue token whose revision is compacted. */
  public static ApiException expiredContinueToken() {
    return expired(
        "The provided continue parameter is too old to display a consistent list result. You can"
            + " start a new list without the continue parameter.");
  }

  /** 504: a revision ahead of the server's; the client tries again a second later. */
  public static ApiException tooLargeResourceVersion(long requested, long current) {
    ObjectNode details = Json.object();
    details
        .putArray("causes")
        .addObject()
        .put("reason", "ResourceVersionTooLarge")
        .put("message", "Too large resource version");
    details.put("retryAfterSeconds", 1);
    return new ApiException(
        504,
        "Timeout",
        "Timeout: Too large resource version: " + requested + ", current: " + current,
        details);
  }

  /** 504: whether the request took effect is unknown. */
  public static ApiException timeout(String message) {
    return new ApiException(504, "Timeout", "Timeout: " + message);
  }

  /** 500 with the advice to try again. */
  public static ApiException serverTimeout(
      GroupResource resource, String operation, int retryAfterSeconds) {
    return new ApiException(
        500,
        "ServerTimeout",
        "The "
            + operation
            + " operation against "
            + resource
            + " could not be completed at this time, please try again.",
        details(resource, operation).put("retryAfterSeconds", retryAfterSeconds));
  }

  /** 429. */
  public static ApiException tooManyRequests(String message, int retryAfterSeconds) {
    ObjectNode details = Json.object();
    if (retryAfterSeconds > 0) {
      details.put("retryAfterSeconds", retryAfterSeconds);
    }
    return new ApiException(429, "TooManyRequests", message, details);
  }

  /** 500: a defect or fault of the server's own. */
  public static ApiException internal(String message) {
    ObjectNode details = Json.object();
    details.putArray("causes").addObject().put("message", message);
    return new ApiException(500, "InternalError", "Internal error occurred: " + message, details);
  }

  /** 503. */
  public static ApiException serviceUnavailable(String message) {
    return new ApiException(503, "ServiceUnavailable", message);
  }

  private static ObjectNode details(GroupResource resource, @Nullable String name) {
    return details(resource.group(), resource.resource(), name);
  }

  /** Empty fields are left out. */
  private static ObjectNode details(String group, String kind, @Nullable String name) {
    ObjectNode details = Json.object();
    if (name != null && !name.isEmpty()) {
      details.put("name", name);
    }
    if (!group.isEmpty()) {
      details.put("group", group);
    }
    return kind.isEmpty() ? details : details.put("kind", kind);
  }
}
