package io.berth.client;

import io.berth.api.transport.ApiRequest;

/**
 * What a list or watch selects.
 *
 * @param labelSelector empty for all
 * @param fieldSelector empty for all
 * @param resourceVersion empty for the newest, {@code 0} for whatever the server has at hand
 * @param limit the most objects an answer holds, 0 for all; lists of the client follow the pages by
 *     themselves
 */
public record ListOptions(
    String labelSelector, String fieldSelector, String resourceVersion, int limit) {
  public static final ListOptions ALL = new ListOptions("", "", "", 0);

  public static ListOptions labels(String selector) {
    return new ListOptions(selector, "", "", 0);
  }

  public static ListOptions fields(String selector) {
    return new ListOptions("", selector, "", 0);
  }

  ApiRequest on(ApiRequest request) {
    ApiRequest result = request;
    if (!labelSelector.isEmpty()) {
      result = result.withQuery("labelSelector", labelSelector);
    }
    if (!fieldSelector.isEmpty()) {
      result = result.withQuery("fieldSelector", fieldSelector);
    }
    if (!resourceVersion.isEmpty()) {
      result = result.withQuery("resourceVersion", resourceVersion);
    }
    return limit > 0 ? result.withQuery("limit", Integer.toString(limit)) : result;
  }
}
