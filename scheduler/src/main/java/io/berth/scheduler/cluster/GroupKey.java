package io.berth.scheduler.cluster;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What decisions see of a node beyond its own score: nodes with equal keys are alike to them. It is
 * a buffer that is filled again and again; {@link #copy} keeps what is in it. Not safe for use by
 * several threads.
 */
public final class GroupKey {
  private long[] parts = new long[8];
  private int size;

  /** Empties the buffer. */
  public void clear() {
    size = 0;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  public void add(long part) {
    if (size == parts.length) {
      parts = Arrays.copyOf(parts, 2 * size);
    }
    parts[size++] = part;
  }

  public void add(double part) {
    add(Double.doubleToLongBits(part));
  }

  /** Where a node is in a topology: its domain, and how much is there where it is alone in it. */
  public void add(TopologyKey key, int domain, long there) {
    add(domain < 0 ? -1 : key.unique() ? there : domain);
  }

  /** A key of its own with the same parts. */
  public GroupKey copy() {
    GroupKey copy = new GroupKey();
    copy.parts = Arrays.copyOf(parts, size);
    copy.size = size;
    return copy;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof GroupKey o && Arrays.equals(parts, 0, size, o.parts, 0, o.size);
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (int i = 0; i < size; i++) {
      hash = 31 * hash + Long.hashCode(parts[i]);
    }
    return hash;
  }
}
