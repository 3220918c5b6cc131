package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.apiserver.store.StoreKeys;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one resource, sorted, immutable: a change copies one small chunk and the list of
 * chunks, so that a list of any length is taken without a copy and holds nobody up.
 */
final class ObjectMap {
  private static final int CHUNK = 256;

  static final ObjectMap EMPTY = new ObjectMap(new ApiObject[0][]);

  private final ApiObject[][] chunks;

  /** The number of objects before each chunk, and in all. */
  private final int[] offsets;

  private ObjectMap(ApiObject[][] chunks) {
    this.chunks = chunks;
    this.offsets = new int[chunks.length + 1];
    for (int i = 0; i < chunks.length; i++) {
      offsets[i + 1] = offsets[i] + chunks[i].length;
    }
  }

  /**
   * @param sorted in the order of {@link StoreKeys#ORDER}, without duplicates
   */
  static ObjectMap of(List<ApiObject> sorted) {
    int count = (sorted.size() + CHUNK - 1) / CHUNK;
    ApiObject[][] chunks = new ApiObject[count][];
    for (int i = 0; i < count; i++) {
      int end = Math.min(sorted.size(), (i + 1) * CHUNK);
      chunks[i] = sorted.subList(i * CHUNK, end).toArray(ApiObject[]::new);
    }
    return new ObjectMap(chunks);
  }

  int size() {
    return offsets[chunks.length];
  }

  @Nullable ApiObject get(ObjectKey key) {
    int chunk = chunkOf(key);
    if (chunk < 0) {
      return null;
    }
    int at = search(chunks[chunk], key);
    return at < 0 ? null : chunks[chunk][at];
  }

  /** With the object added, or put in the place of the one with its key. */
  ObjectMap with(ApiObject object) {
    int chunk = chunkOf(object.key());
    if (chunk < 0) {
      return chunks.length == 0
          ? new ObjectMap(new ApiObject[][] {{object}})
          : replace(0, insert(chunks[0], 0, object));
    }
    int at = search(chunks[chunk], object.key());
    if (at >= 0) {
      ApiObject[] copy = chunks[chunk].clone();
      copy[at] = object;
      ApiObject[][] all = chunks.clone();
      all[chunk] = copy;
      return new ObjectMap(all);
    }
    return replace(chunk, insert(chunks[chunk], -at - 1, object));
  }

  /** Without the object of that key; this map where it has none. */
  ObjectMap without(ObjectKey key) {
    int chunk = chunkOf(key);
    int at = chunk < 0 ? -1 : search(chunks[chunk], key);
    if (at < 0) {
      return this;
    }
    ApiObject[] old = chunks[chunk];
    ApiObject[] shorter = new ApiObject[old.length - 1];
    System.arraycopy(old, 0, shorter, 0, at);
    System.arraycopy(old, at + 1, shorter, at, shorter.length - at);
    return replace(chunk, shorter);
  }

  /** All objects in order: a view. */
  List<ApiObject> list() {
    return new View(0, size());
  }

  /** The objects of a namespace in order: a view. */
  List<ApiObject> inNamespace(String namespace) {
    int from = firstIn(namespace, false);
    return new View(from, Math.max(from, firstIn(namespace, true)));
  }

  private static ApiObject[] insert(ApiObject[] chunk, int at, ApiObject object) {
    ApiObject[] longer = new ApiObject[chunk.length + 1];
    System.arraycopy(chunk, 0, longer, 0, at);
    longer[at] = object;
    System.arraycopy(chunk, at, longer, at + 1, chunk.length - at);
    return longer;
  }

  /** Puts a changed chunk in its place: split where it grew too long, dropped where it is empty. */
  private ObjectMap replace(int chunk, ApiObject[] changed) {
    List<ApiObject[]> all = new ArrayList<>(Arrays.asList(chunks));
    if (changed.length == 0) {
      all.remove(chunk);
    } else if (changed.length <= CHUNK) {
      all.set(chunk, changed);
    } else {
      int middle = changed.length / 2;
      all.set(chunk, Arrays.copyOfRange(changed, 0, middle));
      all.add(chunk + 1, Arrays.copyOfRange(changed, middle, changed.length));
    }
    return new ObjectMap(all.toArray(ApiObject[][]::new));
  }

  /** The last chunk that begins at or before the key, or -1. */
  private int chunkOf(ObjectKey key) {
    int low = 0;
    int high = chunks.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (StoreKeys.ORDER.compare(chunks[middle][0].key(), key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  private static int search(ApiObject[] chunk, ObjectKey key) {
    int low = 0;
    int high = chunk.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int c = StoreKeys.ORDER.compare(chunk[middle].key(), key);
      if (c == 0) {
        return middle;
      }
      if (c < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  /** The index of the first object of a namespace, or of the first one behind it. */
  private int firstIn(String namespace, boolean behind) {
    int low = 0;
    int high = size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int c = StoreKeys.compareNamespaces(at(middle).key().namespace(), namespace);
      if (c < 0 || (behind && c == 0)) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private ApiObject at(int index) {
    int chunk = Arrays.binarySearch(offsets, index);
    if (chunk < 0) {
      chunk = -chunk - 2;
    }
    return chunks[chunk][index - offsets[chunk]];
  }

  /** A run of the map's objects. */
  private final class View extends AbstractList<ApiObject> implements RandomAccess {
    private final int from;
    private final int to;

    View(int from, int to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public ApiObject get(int index) {
      if (index < 0 || index >= to - from) {
        throw new IndexOutOfBoundsException(index);
      }
      return at(from + index);
    }

    @Override
    public int size() {
      return to - from;
    }

    @Override
    public List<ApiObject> subList(int start, int end) {
      if (start < 0 || end > size() || start > end) {
        throw new IndexOutOfBoundsException(start + ".." + end);
      }
      return new View(from + start, from + end);
    }
  }
}
