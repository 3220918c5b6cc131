package io.berth.api.resource;

/** Whether objects of a resource live in a namespace. */
public enum Scope {
  NAMESPACED,
  CLUSTER
}
