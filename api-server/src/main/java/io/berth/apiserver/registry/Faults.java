package io.berth.apiserver.registry;

import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.RevisionTooLargeException;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.FutureRevisionException;
import io.berth.apiserver.store.StoreUnavailableException;
import io.berth.apiserver.store.ValueTooLargeException;

/** What clients read of what the store and the cache refuse. */
final class Faults {
  private static final int RETRY_SECONDS = 1;

  private Faults() {}

  /** The answer for a refusal; anything else, a defect, as it is. */
  static RuntimeException asAnswer(RuntimeException fault) {
    return switch (fault) {
      case ApiException answer -> answer;
      case CompactedException e -> Errors.expired("too old resource version: " + e.getMessage());
      case FutureRevisionException e -> Errors.timeout("Too large resource version");
      case RevisionTooLargeException e ->
          Errors.tooLargeResourceVersion(e.requested(), e.current());
      case StoreUnavailableException e -> unavailable(e);
      case ValueTooLargeException e -> Errors.tooLarge(String.valueOf(e.getMessage()));
      default -> fault;
    };
  }

  private static ApiException unavailable(StoreUnavailableException e) {
    return new ApiException(
        503,
        "ServiceUnavailable",
        "the store does not answer: " + e.getMessage(),
        Json.object().put("retryAfterSeconds", RETRY_SECONDS));
  }
}
