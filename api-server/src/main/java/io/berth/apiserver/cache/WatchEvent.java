package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;

/**
 * A change as one selection sees it: an object that enters the selection is added, one that leaves
 * it is deleted.
 *
 * @param type what the watcher is to make of it
 * @param object the object after the change; for a deletion its last state that the selection
 *     included. Its revision, in header and JSON, is that of the change. Shared by all watchers
 */
public record WatchEvent(Type type, ApiObject object) {
  /** Named as in Kubernetes' watch events. */
  public enum Type {
    ADDED,
    MODIFIED,
    DELETED
  }

  /** The revision of the change. */
  public long revision() {
    return object.header().revision();
  }
}
