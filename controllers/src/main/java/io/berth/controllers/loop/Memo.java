package io.berth.controllers.loop;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.client.Informer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * Remembers what was read from each object of an informer, so that an object is decoded once a
 * version and not once a reconcile. Holds one reading for each object that the informer holds. Safe
 * for use by many threads.
 *
 * @param <T> the reading: immutable
 */
public final class Memo<T> {
  private record Reading<T>(String uid, long revision, T value) {}

  private final Informer informer;
  private final Function<ApiObject, T> read;
  private final ConcurrentMap<ObjectKey, Reading<T>> readings = new ConcurrentHashMap<>();

  /**
   * @param read must depend on nothing but the object
   */
  public Memo(Informer informer, Function<ApiObject, T> read) {
    this.informer = informer;
    this.read = read;
    Changes.deleted(informer, object -> readings.remove(object.key()));
  }

  public T of(ApiObject object) {
    Reading<T> known = readings.get(object.key());
    long revision = object.header().revision();
    if (known != null
        && known.revision() == revision
        && known.uid().equals(object.header().uid())) {
      return known.value();
    }
    T value = read.apply(object);
    Reading<T> fresh = new Reading<>(object.header().uid(), revision, value);
    readings.put(object.key(), fresh);
    if (!isShown(object)) {
      readings.remove(object.key(), fresh);
    }
    return value;
  }

  /** Only what the informer holds is kept: it tells of its deletion. */
  private boolean isShown(ApiObject object) {
    return informer
        .get(object.key().namespace(), object.key().name())
        .filter(shown -> shown.header().revision() == object.header().revision())
        .isPresent();
  }
}
