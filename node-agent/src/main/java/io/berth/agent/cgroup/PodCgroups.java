package io.berth.agent.cgroup;

import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.api.object.QosClass;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups of the node's pods, by class of service. Whatever a pod is run by, container or
 * machine, its processes are below its group.
 *
 * <pre>
 *   /berth-NODE/kubepods                     as many CPU shares as the machine has CPUs
 *     pod UID                                guaranteed pods
 *     burstable                              shares: the sum of its pods' requests
 *       pod UID
 *     besteffort                             the fewest shares there are
 *       pod UID
 * </pre>
 *
 * <p>Where the agent may not make groups it says so once and goes without. Safe for use by many
 * threads.
 */
public final class PodCgroups {
  private static final Logger log = LoggerFactory.getLogger(PodCgroups.class);
  private static final String BURSTABLE = "burstable";
  private static final String BEST_EFFORT = "besteffort";
  private static final String POD = "pod";

  /**
   * What a pod has a right to.
   *
   * @param resources of the whole pod, overhead included
   */
  public record Claim(QosClass qos, Resources resources) {}

  private final CgroupTree tree;
  private final String top;
  private final int cpus;
  private final AtomicLong burstableShares = new AtomicLong(-1);
  private volatile boolean ready;
  private volatile boolean refused;

  /**
   * @param nodeName tells this agent's groups from another's on the same machine
   * @param cpus of the machine
   */
  public PodCgroups(CgroupTree tree, String nodeName, int cpus) {
    this.tree = tree;
    this.top = own(nodeName) + "/kubepods";
    this.cpus = cpus;
  }

  public CgroupTree tree() {
    return tree;
  }

  /** The group that all pods of the node are in. */
  public String top() {
    return top;
  }

  /** The group of a class; guaranteed pods have none of their own. */
  public String group(QosClass qos) {
    return switch (qos) {
      case GUARANTEED -> top;
      case BURSTABLE -> top + "/" + BURSTABLE;
      case BEST_EFFORT -> top + "/" + BEST_EFFORT;
    };
  }

  /** The group of a pod, there or not. */
  public String group(QosClass qos, String uid) {
    return group(qos) + "/" + POD + uid;
  }

  /**
   * Makes a pod's group, or gives the one there is its limits.
   *
   * @param limited whether the group's limits hold; not so for what bounds itself
   * @return the group; empty where none can be made
   */
  public String create(String uid, Claim claim, boolean limited) {
    String group = group(claim.qos(), uid);
    try {
      prepare();
      tree.create(group);
      apply(group, claim.resources(), limited);
      refused = false;
      return group;
    } catch (IOException e) {
      if (!refused) {
        log.warn("pods run without groups of their own group={} reason={}", group, e.toString());
      }
      refused = true;
      return "";
    }
  }

  /**
   * Gives a pod's group new limits.
   *
   * @throws IOException the kernel takes them not, such as memory below what is in use
   */
  public void update(String uid, Claim claim, boolean limited) throws IOException {
    String group = group(claim.qos(), uid);
    if (tree.exists(group)) {
      apply(group, claim.resources(), limited);
    }
  }

  private void prepare() throws IOException {
    if (ready && tree.exists(top)) {
      return;
    }
    for (QosClass qos : List.of(QosClass.BURSTABLE, QosClass.BEST_EFFORT)) {
      tree.create(group(qos));
    }
    shares(top, 1000L * cpus);
    shares(group(QosClass.BEST_EFFORT), 0);
    ready = true;
  }

  private void apply(String group, Resources resources, boolean limited) throws IOException {
    shares(group, resources.cpuRequestMillis());
    if (!limited) {
      return;
    }
    long quota = CpuShare.quota(resources.cpuLimitMillis());
    long memory = resources.memoryLimitBytes();
    if (tree.unified()) {
      String text = (quota < 0 ? "max" : Long.toString(quota)) + " " + CpuShare.PERIOD_MICROS;
      tree.write("cpu", group, "cpu.max", text);
      tree.write("memory", group, "memory.max", memory > 0 ? Long.toString(memory) : "max");
    } else {
      tree.write("cpu", group, "cpu.cfs_period_us", Long.toString(CpuShare.PERIOD_MICROS));
      tree.write("cpu", group, "cpu.cfs_quota_us", Long.toString(quota));
      String limit = Long.toString(memory > 0 ? memory : -1);
      tree.write("memory", group, "memory.limit_in_bytes", limit);
    }
  }

  private void shares(String group, long requestMillis) throws IOException {
    if (tree.unified()) {
      tree.write("cpu", group, "cpu.weight", Long.toString(CpuShare.weight(requestMillis)));
    } else {
      tree.write("cpu", group, "cpu.shares", Long.toString(CpuShare.shares(requestMillis)));
    }
  }

  /**
   * Gives the burstable class what its pods ask for, and removes the groups of pods that are gone.
   *
   * @param known by uid, every pod of the node that may run
   */
  public void sweep(Map<String, Claim> known) {
    if (!tree.exists(top)) {
      return;
    }
    long burstable =
        known.values().stream()
            .filter(claim -> claim.qos() == QosClass.BURSTABLE)
            .mapToLong(claim -> claim.resources().cpuRequestMillis())
            .sum();
    if (burstableShares.getAndSet(burstable) != burstable) {
      try {
        shares(group(QosClass.BURSTABLE), burstable);
      } catch (IOException e) {
        burstableShares.set(-1);
        log.debug("shares not set group=burstable reason={}", e.toString());
      }
    }
    for (QosClass qos : QosClass.values()) {
      for (String child : tree.children(group(qos))) {
        if (child.startsWith(POD) && !known.containsKey(child.substring(POD.length()))) {
          boolean gone = tree.remove(group(qos) + "/" + child);
          log.debug("group of a pod removed group={} gone={}", child, gone);
        }
      }
    }
  }

  /** Removes all of a node's groups that are empty; for when no workload is left. */
  public static void removeAll(CgroupTree tree, String nodeName) {
    boolean gone = tree.remove(own(nodeName));
    log.debug("groups removed node={} gone={}", nodeName, gone);
  }

  private static String own(String nodeName) {
    return "/berth-" + nodeName;
  }
}
