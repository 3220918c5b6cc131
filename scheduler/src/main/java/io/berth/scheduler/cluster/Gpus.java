package io.berth.scheduler.cluster;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import java.util.Arrays;

/**
 * What is left of each GPU of a node, in thousandths. A share lies on one GPU whole; whole GPUs are
 * taken untouched. Not safe for use by several threads.
 */
public final class Gpus {
  public static final int WHOLE = 1000;
  private static final int[] NONE = new int[0];

  private final int[] free;

  private Gpus(int[] free) {
    this.free = free;
  }

  static Gpus of(NodeRecord node) {
    int[] free = new int[count(node)];
    Arrays.fill(free, WHOLE);
    return new Gpus(free);
  }

  /** The GPUs of a node, whether it counts them in thousandths or whole. */
  public static int count(NodeRecord node) {
    long count = node.allocatable(ResourceIndex.GPU_MILLI) / WHOLE;
    for (int slot = 0; slot < node.allocatable().length; slot++) {
      if (ResourceIndex.isWholeGpu(slot)) {
        count = Math.max(count, node.allocatable()[slot]);
      }
    }
    return (int) Math.min(count, 1024);
  }

  public int count() {
    return free.length;
  }

  /** What is left of a GPU, 0 to 1,000. */
  public int free(int device) {
    return free[device];
  }

  /** How many are untouched. */
  public int whole() {
    int whole = 0;
    for (int left : free) {
      whole += left == WHOLE ? 1 : 0;
    }
    return whole;
  }

  /** What is left of all together, in thousandths. */
  public int sum() {
    int sum = 0;
    for (int left : free) {
      sum += left;
    }
    return sum;
  }

  /** Whether the pod's whole GPUs and its share can be had at once. */
  public boolean fit(PodShape shape) {
    int whole = whole();
    if (whole < shape.gpus()) {
      return false;
    }
    if (shape.gpuShare() == 0 || whole > shape.gpus()) {
      return true;
    }
    for (int left : free) {
      if (left < WHOLE && left >= shape.gpuShare()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The GPUs for a pod: for its share the one given, for the rest the first untouched ones.
   *
   * @param shareOn the GPU for the share; any value where the pod asks for none
   */
  public int[] choose(PodShape shape, int shareOn) {
    if (!shape.wantsGpu() || free.length == 0) {
      return NONE;
    }
    int wanted = shape.gpus() + (shape.gpuShare() > 0 ? 1 : 0);
    int[] chosen = new int[wanted];
    int found = 0;
    if (shape.gpuShare() > 0 && shareOn >= 0) {
      chosen[found++] = shareOn;
    }
    for (int device = 0; device < free.length && found < wanted; device++) {
      if (free[device] == WHOLE && !(shape.gpuShare() > 0 && device == shareOn)) {
        chosen[found++] = device;
      }
    }
    return found == wanted ? chosen : Arrays.copyOf(chosen, found);
  }

  /** The GPU with the least left of those that a share fits on; -1 for none. */
  public int tightest(int share) {
    int best = -1;
    for (int device = 0; device < free.length; device++) {
      if (free[device] >= share && (best < 0 || free[device] < free[best])) {
        best = device;
      }
    }
    return best;
  }

  void take(PodShape shape, int[] devices) {
    change(shape, devices, -1);
  }

  void release(PodShape shape, int[] devices) {
    change(shape, devices, 1);
  }

  private void change(PodShape shape, int[] devices, int sign) {
    for (int i = 0; i < devices.length; i++) {
      boolean share = i == 0 && shape.gpuShare() > 0;
      if (devices[i] >= 0 && devices[i] < free.length) {
        free[devices[i]] += sign * (share ? shape.gpuShare() : WHOLE);
      }
    }
  }
}
