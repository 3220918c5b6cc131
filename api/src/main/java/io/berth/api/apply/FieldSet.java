package io.berth.api.apply;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A set of paths into an object, as a tree: each element may be in the set itself, and may have
 * paths below it that are. Elements are sorted. Immutable; an operation that changes nothing
 * returns the set itself, so that callers see that by identity.
 *
 * <p>Follows the set of Kubernetes' structured merge and diff (sigs.k8s.io/structured-merge-diff,
 * package fieldpath).
 */
public final class FieldSet {
  public static final FieldSet EMPTY = new FieldSet(new Entry[0]);

  /**
   * @param member whether the element itself is in the set
   * @param below what is in the set below it
   */
  record Entry(PathElement element, boolean member, FieldSet below) {}

  private static final Comparator<Entry> ORDER = Comparator.comparing(Entry::element);

  private final Entry[] entries;

  private FieldSet(Entry[] entries) {
    this.entries = entries;
  }

  /** The set of these paths. */
  @SafeVarargs
  public static FieldSet of(List<PathElement>... paths) {
    FieldSet set = EMPTY;
    for (List<PathElement> path : paths) {
      set = set.union(path(path));
    }
    return set;
  }

  /** The set of one path of fields. */
  public static FieldSet ofFields(String... names) {
    return path(Arrays.stream(names).map(PathElement::field).toList());
  }

  private static FieldSet path(List<PathElement> path) {
    FieldSet set = EMPTY;
    for (int i = path.size() - 1; i >= 0; i--) {
      boolean last = i == path.size() - 1;
      set = new FieldSet(new Entry[] {new Entry(path.get(i), last, set)});
    }
    return set;
  }

  public boolean isEmpty() {
    return entries.length == 0;
  }

  Entry[] entries() {
    return entries;
  }

  private @Nullable Entry find(PathElement element) {
    int low = 0;
    int high = entries.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = entries[middle].element().compareTo(element);
      if (order == 0) {
        return entries[middle];
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return null;
  }

  /** Whether the element itself is in the set. */
  boolean hasMember(PathElement element) {
    Entry entry = find(element);
    return entry != null && entry.member();
  }

  /** What the set has below an element. */
  FieldSet below(PathElement element) {
    Entry entry = find(element);
    return entry == null ? EMPTY : entry.below();
  }

  /** Whether the path is in the set. */
  public boolean has(List<PathElement> path) {
    FieldSet set = this;
    for (PathElement element : path.subList(0, path.size() - 1)) {
      set = set.below(element);
    }
    return set.hasMember(path.getLast());
  }

  /** Paths that are in either set. */
  @SuppressWarnings("ReferenceEquality") // the same set is what an operation without effect gives
  public FieldSet union(FieldSet other) {
    if (isEmpty() || other.isEmpty() || this == other) {
      return isEmpty() ? other : this;
    }
    Builder merged = new Builder();
    boolean same = true;
    int i = 0;
    int j = 0;
    while (i < entries.length || j < other.entries.length) {
      int order = order(entries, i, other.entries, j);
      if (order < 0) {
        merged.add(entries[i++]);
      } else if (order > 0) {
        merged.add(other.entries[j++]);
        same = false;
      } else {
        Entry a = entries[i++];
        Entry b = other.entries[j++];
        FieldSet below = a.below().union(b.below());
        same &= below == a.below() && (a.member() || !b.member());
        merged.add(a.element(), a.member() || b.member(), below);
      }
    }
    return same ? this : merged.build();
  }

  /** Where one list has ended, the other's element comes first. */
  private static int order(Entry[] a, int i, Entry[] b, int j) {
    if (i == a.length) {
      return 1;
    }
    return j == b.length ? -1 : a[i].element().compareTo(b[j].element());
  }

  /** Paths of this set that are not in the other; what is below the other's paths stays. */
  public FieldSet difference(FieldSet other) {
    return without(other, false);
  }

  /** Paths of this set that are neither in the other nor below one of its paths. */
  public FieldSet recursiveDifference(FieldSet other) {
    return without(other, true);
  }

  @SuppressWarnings("ReferenceEquality") // as in union
  private FieldSet without(FieldSet other, boolean recursive) {
    if (isEmpty() || other.isEmpty()) {
      return this;
    }
    Builder kept = new Builder();
    boolean same = true;
    int j = 0;
    for (Entry entry : entries) {
      while (j < other.entries.length
          && other.entries[j].element().compareTo(entry.element()) < 0) {
        j++;
      }
      if (j == other.entries.length || !other.entries[j].element().equals(entry.element())) {
        kept.add(entry);
        continue;
      }
      Entry gone = other.entries[j];
      FieldSet below =
          recursive && gone.member() ? EMPTY : entry.below().without(gone.below(), recursive);
      boolean member = entry.member() && !gone.member();
      same &= below == entry.below() && member == entry.member();
      kept.add(entry.element(), member, below);
    }
    return same ? this : kept.build();
  }

  /** Paths that are in both sets. */
  public FieldSet intersection(FieldSet other) {
    if (isEmpty() || other.isEmpty()) {
      return EMPTY;
    }
    Builder both = new Builder();
    int i = 0;
    int j = 0;
    while (i < entries.length && j < other.entries.length) {
      int order = entries[i].element().compareTo(other.entries[j].element());
      if (order == 0) {
        Entry a = entries[i];
        Entry b = other.entries[j];
        both.add(a.element(), a.member() && b.member(), a.below().intersection(b.below()));
      }
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return both.build();
  }

  /** Each path: those that end at an element's level before those that go deeper. */
  public void forEach(Consumer<List<PathElement>> action) {
    forEach(new ArrayList<>(), action);
  }

  private void forEach(List<PathElement> prefix, Consumer<List<PathElement>> action) {
    for (Entry entry : entries) {
      if (entry.member()) {
        prefix.add(entry.element());
        action.accept(List.copyOf(prefix));
        prefix.removeLast();
      }
    }
    for (Entry entry : entries) {
      prefix.add(entry.element());
      entry.below().forEach(prefix, action);
      prefix.removeLast();
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FieldSet set && Arrays.equals(entries, set.entries);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(entries);
  }

  /** The paths as messages have them. */
  @Override
  public String toString() {
    List<String> paths = new ArrayList<>();
    forEach(path -> paths.add(text(path)));
    return paths.toString();
  }

  /** A path as messages have it: {@code .spec.containers[name="a"].image}. */
  static String text(List<PathElement> path) {
    StringBuilder text = new StringBuilder();
    path.forEach(text::append);
    return text.toString();
  }

  /** Collects entries, in any order, each element once. Not for use by several threads. */
  static final class Builder {
    private final List<Entry> entries = new ArrayList<>();
    private boolean sorted = true;

    void add(PathElement element, boolean member, FieldSet below) {
      if (member || !below.isEmpty()) {
        add(new Entry(element, member, below));
      }
    }

    void add(Entry entry) {
      sorted = sorted && (entries.isEmpty() || ORDER.compare(entries.getLast(), entry) < 0);
      entries.add(entry);
    }

    FieldSet build() {
      if (entries.isEmpty()) {
        return EMPTY;
      }
      Entry[] all = entries.toArray(Entry[]::new);
      if (!sorted) {
        Arrays.sort(all, ORDER);
      }
      return new FieldSet(all);
    }
  }
}
