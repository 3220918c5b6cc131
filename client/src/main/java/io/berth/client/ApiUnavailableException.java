package io.berth.client;

/**
 * The API server was not reached, or the connection broke: whether the request took effect is
 * unknown.
 */
public final class ApiUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ApiUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
