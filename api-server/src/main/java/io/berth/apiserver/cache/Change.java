package io.berth.apiserver.cache;

import io.berth.api.codec.Headers;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import org.jspecify.annotations.Nullable;

/** One write to one object, with what was there before; shared by all watchers. */
final class Change {
  private static final long OVERHEAD_BYTES = 512;

  private final long revision;
  private final @Nullable ApiObject current;
  private final @Nullable ApiObject previous;
  private volatile @Nullable ApiObject departed;

  /**
   * @param current the object after the write, null where it was deleted
   * @param previous the object before the write, null where it was created; one of both is there
   */
  Change(long revision, @Nullable ApiObject current, @Nullable ApiObject previous) {
    if (current == null && previous == null) {
      throw new IllegalArgumentException("a change of nothing into nothing");
    }
    this.revision = revision;
    this.current = current;
    this.previous = previous;
  }

  long revision() {
    return revision;
  }

  @Nullable ApiObject current() {
    return current;
  }

  @Nullable ApiObject previous() {
    return previous;
  }

  /** About how much memory it holds on to. */
  long bytes() {
    ApiObject gone = previous;
    return OVERHEAD_BYTES
        + (gone == null ? 0 : gone.json().length)
        + (current == null ? 0 : current.json().length);
  }

  /** What a selection sees of it, or null where that is nothing. */
  @Nullable WatchEvent seenBy(Selection selection) {
    boolean is = current != null && selection.includes(current);
    boolean was = previous != null && selection.includes(previous);
    if (is && current != null) {
      return new WatchEvent(was ? WatchEvent.Type.MODIFIED : WatchEvent.Type.ADDED, current);
    }
    return was ? new WatchEvent(WatchEvent.Type.DELETED, departed()) : null;
  }

  /** The previous object under this change's revision; made once for all who ask. */
  private ApiObject departed() {
    ApiObject known = departed;
    if (known == null) {
      ApiObject gone = previous;
      if (gone == null) {
        throw new IllegalStateException("nothing departed at revision " + revision);
      }
      ObjectHeader h = gone.header();
      known =
          new ApiObject(
              new ObjectHeader(
                  h.key(),
                  h.uid(),
                  revision,
                  h.labels(),
                  h.fields(),
                  h.ownerUids(),
                  h.deletionTimestamp()),
              Headers.withRevision(gone.json(), revision));
      departed = known;
    }
    return known;
  }
}
