package io.berth.apiserver.webhook;

import java.io.IOException;

/** A webhook answered, but with no review. */
final class WebhookRefusalException extends IOException {
  private static final long serialVersionUID = 1L;

  WebhookRefusalException(String message) {
    super(message);
  }
}
