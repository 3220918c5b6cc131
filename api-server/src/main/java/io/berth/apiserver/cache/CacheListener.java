package io.berth.apiserver.cache;

import java.util.List;

/** Receives a watch's events, one call at a time, on the environment's executor. May block. */
public interface CacheListener {
  /**
   * Changes in the order of revisions.
   *
   * @param events never empty
   */
  void onEvents(List<WatchEvent> events);

  /** All changes up to this revision have been delivered. */
  void onBookmark(long revision);

  /** The end; nothing follows. */
  void onEnd(WatchEnd end);
}
