package io.berth.scheduler.cluster;

/**
 * Which nodes changed, in order: whoever keeps something per node catches up from where it was. It
 * holds the last changes only; who is further behind looks at all nodes again. Not safe for use by
 * several threads.
 */
public final class ChangeLog {
  private static final int SIZE = 1 << 14;

  private final int[] nodes = new int[SIZE];
  private long end;

  /** The position after the last change. */
  public long end() {
    return end;
  }

  /** Whether all changes from that position on are still known. */
  public boolean reaches(long position) {
    return end - position <= SIZE;
  }

  /** The index of the node that changed at a position. */
  public int at(long position) {
    return nodes[(int) (position & (SIZE - 1))];
  }

  void add(int node) {
    nodes[(int) (end++ & (SIZE - 1))] = node;
  }
}
