package io.berth.api.object;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the store and watch path needs to know of an object without parsing it again. Immutable.
 *
 * @param key resource, namespace and name
 * @param uid {@code metadata.uid}
 * @param revision the store revision of this version of the object, printed as {@code
 *     metadata.resourceVersion}
 * @param labels {@code metadata.labels}
 * @param fields the kind's selectable fields by path, empty string where the object does not set
 *     one
 * @param ownerUids uids of {@code metadata.ownerReferences}, in order
 * @param deletionTimestamp {@code metadata.deletionTimestamp} as written, or null while the object
 *     lives
 */
public record ObjectHeader(
    ObjectKey key,
    String uid,
    long revision,
    Map<String, String> labels,
    Map<String, String> fields,
    List<String> ownerUids,
    @Nullable String deletionTimestamp) {
  public ObjectHeader {
    labels = Map.copyOf(labels);
    fields = Map.copyOf(fields);
    ownerUids = List.copyOf(ownerUids);
  }

  public boolean deleting() {
    return deletionTimestamp != null;
  }
}
