package io.berth.scheduler.explain;

/**
 * One change of one node after which one rule would let the pod through.
 *
 * @param text what to do, with {@link #NODE} where the node's name goes
 * @param effort how much it asks for beside others: 1 for a command, from 1 on by how much of the
 *     node is missing, 2 for another label, more where it cannot be done to the node alone
 */
record Fix(String text, double effort) {
  static final String NODE = "{node}";
}
