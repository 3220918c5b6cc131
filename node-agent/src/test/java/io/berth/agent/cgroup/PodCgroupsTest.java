package io.berth.agent.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.api.object.QosClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over plain directories, in which settings are files as they are in a real tree. */
class PodCgroupsTest {
  private static final PodCgroups.Claim BURSTABLE =
      new PodCgroups.Claim(QosClass.BURSTABLE, new Resources(250, 0, 64 << 20, 0));
  private static final PodCgroups.Claim GUARANTEED =
      new PodCgroups.Claim(QosClass.GUARANTEED, new Resources(500, 500, 64 << 20, 64 << 20));
  private static final PodCgroups.Claim BEST_EFFORT =
      new PodCgroups.Claim(QosClass.BEST_EFFORT, Resources.NONE);
  @TempDir Path mount;

  private PodCgroups split() throws IOException {
    for (String controller : CgroupTree.OURS) {
      Files.createDirectories(mount.resolve(controller));
    }
    return new PodCgroups(new CgroupTree(mount), "n", 2);
  }

  private PodCgroups unified() throws IOException {
    Files.writeString(mount.resolve("cgroup.controllers"), "cpu memory");
    return new PodCgroups(new CgroupTree(mount), "n", 2);
  }

  private String text(String file) throws IOException {
    return Files.readString(mount.resolve(file));
  }

  @Test
  void podsAreBelowTheirClassWithTheirLimits() throws IOException {
    PodCgroups groups = split();
    assertThat(groups.create("a", GUARANTEED, true)).isEqualTo("/berth-n/kubepods/poda");
    assertThat(groups.create("b", BURSTABLE, true)).isEqualTo("/berth-n/kubepods/burstable/podb");
    assertThat(groups.create("c", BEST_EFFORT, true))
        .isEqualTo("/berth-n/kubepods/besteffort/podc");
    assertThat(text("cpu/berth-n/kubepods/cpu.shares")).isEqualTo("2048");
    assertThat(text("cpu/berth-n/kubepods/poda/cpu.shares")).isEqualTo("512");
    assertThat(text("cpu/berth-n/kubepods/poda/cpu.cfs_quota_us")).isEqualTo("50000");
    assertThat(text("memory/berth-n/kubepods/poda/memory.limit_in_bytes")).isEqualTo("67108864");
    assertThat(text("cpu/berth-n/kubepods/burstable/podb/cpu.shares")).isEqualTo("256");
    assertThat(text("cpu/berth-n/kubepods/burstable/podb/cpu.cfs_quota_us")).isEqualTo("-1");
    assertThat(text("memory/berth-n/kubepods/burstable/podb/memory.limit_in_bytes"))
        .isEqualTo("-1");
    assertThat(text("cpu/berth-n/kubepods/besteffort/cpu.shares")).isEqualTo("2");
    assertThat(text("cpu/berth-n/kubepods/besteffort/podc/cpu.shares")).isEqualTo("2");
  }

  @Test
  void theSameHoldsInOneTree() throws IOException {
    PodCgroups groups = unified();
    groups.create("a", GUARANTEED, true);
    groups.create("b", BURSTABLE, true);
    assertThat(text("berth-n/kubepods/poda/cpu.weight")).isEqualTo("20");
    assertThat(text("berth-n/kubepods/poda/cpu.max")).isEqualTo("50000 100000");
    assertThat(text("berth-n/kubepods/poda/memory.max")).isEqualTo("67108864");
    assertThat(text("berth-n/kubepods/burstable/podb/cpu.max")).isEqualTo("max 100000");
    assertThat(text("berth-n/kubepods/burstable/podb/memory.max")).isEqualTo("max");
  }

  @Test
  void whatBoundsItselfHasSharesAndNoLimits() throws IOException {
    split().create("a", GUARANTEED, false);
    assertThat(text("cpu/berth-n/kubepods/poda/cpu.shares")).isEqualTo("512");
    assertThat(mount.resolve("memory/berth-n/kubepods/poda/memory.limit_in_bytes")).doesNotExist();
  }

  @Test
  void theBurstableClassHasWhatItsPodsAskFor() throws IOException {
    PodCgroups groups = split();
    groups.create("a", GUARANTEED, true);
    groups.sweep(Map.of("a", GUARANTEED, "b", BURSTABLE, "c", BURSTABLE));
    assertThat(text("cpu/berth-n/kubepods/burstable/cpu.shares")).isEqualTo("512");
    groups.sweep(Map.of("a", GUARANTEED, "c", BURSTABLE));
    assertThat(text("cpu/berth-n/kubepods/burstable/cpu.shares")).isEqualTo("256");
  }

  @Test
  void groupsOfPodsThatAreGoneAreRemovedAndNoOthers() throws IOException {
    PodCgroups groups = split();
    for (String controller : CgroupTree.OURS) {
      Files.createDirectories(mount.resolve(controller + "/berth-n/kubepods/podgone/container"));
      Files.createDirectories(mount.resolve(controller + "/berth-n/kubepods/besteffort/podhere"));
    }
    groups.sweep(Map.of("here", BEST_EFFORT));
    assertThat(mount.resolve("memory/berth-n/kubepods/podgone")).doesNotExist();
    assertThat(mount.resolve("cpu/berth-n/kubepods/podgone")).doesNotExist();
    assertThat(mount.resolve("memory/berth-n/kubepods/besteffort/podhere")).exists();
  }

  @Test
  void whereGroupsMayNotBeMadePodsGoWithout() throws IOException {
    Files.writeString(mount.resolve("cgroup.controllers"), "cpu memory");
    Files.writeString(mount.resolve("berth-n"), "in the way");
    PodCgroups groups = new PodCgroups(new CgroupTree(mount), "n", 2);
    assertThat(groups.create("a", GUARANTEED, true)).isEmpty();
  }
}
