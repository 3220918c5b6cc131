package io.berth.apiserver.streaming;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import java.util.Optional;

/** The objects as they are now, from memory. */
@FunctionalInterface
public interface ObjectLookup {
  Optional<ApiObject> find(ObjectKey key);
}
