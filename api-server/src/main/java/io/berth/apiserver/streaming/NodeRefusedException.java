package io.berth.apiserver.streaming;

import java.io.IOException;

/** A node's agent answered, with an error status. */
public final class NodeRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String body;

  /**
   * @param status HTTP status code
   * @param body what the agent said, shortened where it was long
   */
  public NodeRefusedException(int status, String body) {
    super("the node answered " + status + ": " + body);
    this.status = status;
    this.body = body;
  }

  public int status() {
    return status;
  }

  public String body() {
    return body;
  }
}
