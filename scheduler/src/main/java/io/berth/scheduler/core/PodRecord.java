package io.berth.scheduler.core;

/**
 * A pod as the scheduler knows it. Immutable.
 *
 * @param name name
 * @param uid uid
 * @param shape what its placing depends on
 * @param priority the higher is placed first, and may push out the lower
 * @param nodeName the node that it is bound to, or empty
 * @param details what only some decisions ask for
 */
public record PodRecord(
    String name, String uid, PodShape shape, int priority, String nodeName, PodDetails details) {

  public String namespace() {
    return shape.namespace();
  }

  public String key() {
    return shape.namespace() + "/" + name;
  }

  public long[] requests() {
    return shape.requests();
  }

  public PodRecord withPriority(int other) {
    return other == priority ? this : new PodRecord(name, uid, shape, other, nodeName, details);
  }

  public PodRecord withDetails(PodDetails others) {
    return new PodRecord(name, uid, shape, priority, nodeName, others);
  }

  @Override
  public String toString() {
    return key();
  }
}
