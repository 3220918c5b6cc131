package io.berth.apiserver.authn;

import io.berth.api.resource.GroupResource;
import org.jspecify.annotations.Nullable;

/** Knows which objects there are. Answers from memory. */
@FunctionalInterface
public interface LiveObjects {
  /** The uid of an object, or null where there is none of that name. */
  @Nullable String uid(GroupResource resource, String namespace, String name);
}
