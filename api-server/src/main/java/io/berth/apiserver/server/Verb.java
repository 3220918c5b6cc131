package io.berth.apiserver.server;

/** Kubernetes' verbs: what a request wants to do with a resource. */
public enum Verb {
  GET("get"),
  LIST("list"),
  WATCH("watch"),
  CREATE("create"),
  UPDATE("update"),
  PATCH("patch"),
  DELETE("delete"),
  DELETE_COLLECTION("deletecollection");

  private final String text;

  Verb(String text) {
    this.text = text;
  }

  /** The form that discovery, messages and metrics use: {@code deletecollection}. */
  public String text() {
    return text;
  }

  /** Whether it changes nothing. */
  public boolean readOnly() {
    return this == GET || this == LIST || this == WATCH;
  }

  @Override
  public String toString() {
    return text;
  }
}
