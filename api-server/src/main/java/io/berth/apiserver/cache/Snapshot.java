package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import java.util.List;

/**
 * The objects of a resource at one revision. Immutable; made without copying.
 *
 * @param objects in the order of {@link io.berth.apiserver.store.StoreKeys#ORDER}, their JSON with
 *     resourceVersion
 * @param revision the revision that the objects show: a watch from here misses nothing
 * @param remaining how many objects follow those, where the list was limited
 */
public record Snapshot(List<ApiObject> objects, long revision, long remaining) {}
