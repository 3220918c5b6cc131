package io.berth.client;

import org.jspecify.annotations.Nullable;

/**
 * Which of a resource's objects an informer holds.
 *
 * @param namespace null for all
 * @param labelSelector empty for all
 * @param fieldSelector empty for all
 */
public record Selection(@Nullable String namespace, String labelSelector, String fieldSelector) {
  public static final Selection ALL = new Selection(null, "", "");

  public static Selection fields(String fieldSelector) {
    return new Selection(null, "", fieldSelector);
  }
}
