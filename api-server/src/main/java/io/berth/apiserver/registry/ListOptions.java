package io.berth.apiserver.registry;

import io.berth.api.object.ApiObject;
import io.berth.api.object.FieldSelector;
import io.berth.api.object.LabelSelector;
import io.berth.api.object.ObjectHeader;
import io.berth.api.object.Text;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.Router;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the query of a list or watch says. Immutable.
 *
 * @param versions know the fields that objects are selected by
 * @param labels which labels the objects must have
 * @param fields which fields the objects must have
 * @param revision the resourceVersion asked for; -1 for none
 * @param match how that is meant
 * @param limit the most objects a page holds, 0 for all
 * @param next where to go on, or null to begin
 * @param timeoutSeconds after how long a watch ends, 0 where the client does not care; below 0 it
 *     ends at once
 * @param bookmarks whether a watch tells now and then how far it is
 * @param initialEvents whether a watch begins with the objects that exist; null where not said
 */
record ListOptions(
    Versions versions,
    LabelSelector labels,
    FieldSelector fields,
    long revision,
    Match match,
    int limit,
    @Nullable ContinueToken next,
    long timeoutSeconds,
    boolean bookmarks,
    @Nullable Boolean initialEvents) {
  enum Match {
    UNSET,
    EXACT,
    NOT_OLDER_THAN
  }

  static final long NO_REVISION = -1;

  private static final String MATCH = "resourceVersionMatch";

  boolean matches(ApiObject object) {
    ObjectHeader header = object.header();
    return labels.matches(header.labels())
        && (fields.isEmpty() || fields.matches(header, field -> versions.field(object, field)));
  }

  boolean selective() {
    return !labels.isEmpty() || !fields.isEmpty();
  }

  /**
   * @throws io.berth.api.transport.ApiException 400 or 422 where the query holds what is not known
   */
  static ListOptions of(ApiRequest request, RequestInfo info, Versions versions, boolean watch) {
    List<FieldError> errors = new ArrayList<>();
    String version = orEmpty(request.query("resourceVersion"));
    String token = orEmpty(request.query("continue"));
    String match = orEmpty(request.query(MATCH));
    String initial = orEmpty(request.query("sendInitialEvents"));
    if (watch) {
      checkWatch(match, token, initial, errors);
    } else {
      checkList(match, version, token, initial, errors);
    }
    long revision = revision(version, errors);
    if (!errors.isEmpty()) {
      throw Errors.invalid("meta.k8s.io", "ListOptions", "", errors);
    }
    return new ListOptions(
        versions,
        labels(request),
        fields(request, info, versions),
        revision,
        match(match),
        (int) Math.min(number(request, "limit"), Integer.MAX_VALUE),
        token.isEmpty() || watch ? null : ContinueToken.decode(token, info.resource()),
        integer(request, "timeoutSeconds"),
        Router.flag(request.query("allowWatchBookmarks")),
        initial.isEmpty() ? null : Router.flag(initial));
  }

  private static Match match(String text) {
    return switch (text) {
      case "Exact" -> Match.EXACT;
      case "NotOlderThan" -> Match.NOT_OLDER_THAN;
      default -> Match.UNSET;
    };
  }

  private static void checkList(
      String match, String version, String token, String initial, List<FieldError> errors) {
    if (!match.isEmpty()) {
      if (version.isEmpty()) {
        errors.add(
            forbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided"));
      }
      if (!token.isEmpty()) {
        errors.add(forbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
      }
      if (match(match) == Match.UNSET) {
        errors.add(FieldError.notSupported(MATCH, match, List.of("Exact", "NotOlderThan", "")));
      }
      if (match.equals("Exact") && version.equals("0")) {
        errors.add(
            forbiddenMatch(
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
      }
    }
    if (!initial.isEmpty()) {
      errors.add(
          FieldError.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    if (errors.isEmpty() && !token.isEmpty() && !version.isEmpty() && !version.equals("0")) {
      throw Errors.badRequest("specifying resource version is not allowed when using continue");
    }
  }

  private static void checkWatch(
      String match, String token, String initial, List<FieldError> errors) {
    if (!initial.isEmpty() && !match.equals("NotOlderThan")) {
      errors.add(
          forbiddenMatch(
              "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    }
    if (!match.isEmpty()) {
      if (initial.isEmpty()) {
        errors.add(
            forbiddenMatch(
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is"
                    + " provided"));
      }
      if (!match.equals("NotOlderThan")) {
        errors.add(FieldError.notSupported(MATCH, match, List.of("NotOlderThan")));
      }
      if (!token.isEmpty()) {
        errors.add(forbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
      }
    }
  }

  private static FieldError forbiddenMatch(String why) {
    return FieldError.forbidden(MATCH, why);
  }

  private static long revision(String text, List<FieldError> errors) {
    if (text.isEmpty()) {
      return NO_REVISION;
    }
    try {
      long revision = Long.parseLong(text);
      if (revision >= 0) {
        return revision;
      }
    } catch (NumberFormatException e) {
      // Answered below, like a negative number.
    }
    errors.add(
        FieldError.invalid(
            "resourceVersion", text, "must be a resourceVersion that the server gave out"));
    return NO_REVISION;
  }

  private static LabelSelector labels(ApiRequest request) {
    String text = orEmpty(request.query("labelSelector"));
    try {
      return text.isEmpty() ? LabelSelector.EVERYTHING : LabelSelector.parse(text);
    } catch (IllegalArgumentException e) {
      throw Errors.badRequest(String.valueOf(e.getMessage()));
    }
  }

  private static FieldSelector fields(ApiRequest request, RequestInfo info, Versions versions) {
    String text = orEmpty(request.query("fieldSelector"));
    ResourceDefinition resource = info.resource();
    FieldSelector selector = FieldSelector.EVERYTHING;
    if (!text.isEmpty()) {
      try {
        selector = FieldSelector.parse(text);
        selector.check(resource);
        selector = selector.renamed(versions::storedField);
      } catch (IllegalArgumentException e) {
        throw Errors.badRequest(e.getMessage() == null ? "bad field selector" : e.getMessage());
      }
    }
    return info.name().isEmpty() ? selector : and(selector, "metadata.name", info.name());
  }

  private static FieldSelector and(FieldSelector selector, String field, String value) {
    List<FieldSelector.Requirement> all = new ArrayList<>(selector.requirements());
    all.add(new FieldSelector.Requirement(field, true, value));
    return new FieldSelector(all);
  }

  private static long number(ApiRequest request, String name) {
    return Math.max(0, integer(request, name));
  }

  private static long integer(ApiRequest request, String name) {
    String text = orEmpty(request.query(name));
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw Errors.badRequest("strconv.ParseInt: parsing " + Text.quote(text) + ": invalid syntax");
    }
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
