package io.berth.controllers.disruption;

/** How many pods there should be cannot be told. */
final class NoScaleException extends Exception {
  private static final long serialVersionUID = 1;

  NoScaleException(String message) {
    super(message);
  }
}
