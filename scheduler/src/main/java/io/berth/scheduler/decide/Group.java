package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.GroupKey;
import java.util.Arrays;

/**
 * Nodes that are alike but for their scores, the best of them first: a binary heap of indexes. Of
 * equal scores the lower index is better. Not safe for use by several threads.
 */
final class Group {
  private final GroupKey key;
  private int[] heap = new int[4];
  private int size;

  Group(GroupKey key) {
    this.key = key;
  }

  GroupKey key() {
    return key;
  }

  int size() {
    return size;
  }

  /** The index of the best node. */
  int best() {
    return heap[0];
  }

  /** The indexes in no order that means anything but that the best is first. */
  int at(int place) {
    return heap[place];
  }

  /**
   * @param places where each node is in the heap of its group
   */
  void add(int node, double[] scores, int[] places) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
    }
    heap[size] = node;
    places[node] = size++;
    rise(size - 1, scores, places);
  }

  void remove(int node, double[] scores, int[] places) {
    int place = places[node];
    int last = heap[--size];
    if (last != node) {
      heap[place] = last;
      places[last] = place;
      moved(last, scores, places);
    }
  }

  /** A node's score changed. */
  void moved(int node, double[] scores, int[] places) {
    rise(places[node], scores, places);
    sink(places[node], scores, places);
  }

  private void rise(int from, double[] scores, int[] places) {
    int place = from;
    int node = heap[place];
    while (place > 0) {
      int parent = (place - 1) >> 1;
      if (!better(node, heap[parent], scores)) {
        break;
      }
      put(heap[parent], place, places);
      place = parent;
    }
    put(node, place, places);
  }

  private void sink(int from, double[] scores, int[] places) {
    int place = from;
    int node = heap[place];
    while (2 * place + 1 < size) {
      int child = 2 * place + 1;
      if (child + 1 < size && better(heap[child + 1], heap[child], scores)) {
        child++;
      }
      if (!better(heap[child], node, scores)) {
        break;
      }
      put(heap[child], place, places);
      place = child;
    }
    put(node, place, places);
  }

  private void put(int node, int place, int[] places) {
    heap[place] = node;
    places[node] = place;
  }

  static boolean better(int node, int other, double[] scores) {
    return scores[node] > scores[other] || (scores[node] == scores[other] && node < other);
  }
}
