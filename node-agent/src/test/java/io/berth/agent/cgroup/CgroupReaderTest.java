package io.berth.agent.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupReaderTest {
  private static final String GROUP = "/kubepods/burstable/pod1";
  @TempDir Path mount;

  private void write(String file, String text) throws IOException {
    Path path = mount.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  @Test
  void readsAGroupOfSeparateTrees() throws IOException {
    write("cpuacct" + GROUP + "/cpuacct.usage", "1500000000\n");
    write("cpuacct" + GROUP + "/cpuacct.stat", "user 120\nsystem 30\n");
    write("cpu" + GROUP + "/cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 7000\n");
    write("cpu" + GROUP + "/cpu.shares", "512\n");
    write("cpu" + GROUP + "/cpu.cfs_quota_us", "50000\n");
    write("cpu" + GROUP + "/cpu.cfs_period_us", "100000\n");
    write("memory" + GROUP + "/memory.usage_in_bytes", "1000000\n");
    write("memory" + GROUP + "/memory.limit_in_bytes", "9223372036854771712\n");
    write(
        "memory" + GROUP + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    write(
        "memory" + GROUP + "/memory.stat",
        """
        cache 1
        rss 2
        inactive_file 5
        total_cache 400000
        total_rss 500000
        total_mapped_file 1000
        total_swap 0
        total_pgfault 77
        total_pgmajfault 3
        total_inactive_file 300000
        """);
    write("pids" + GROUP + "/pids.current", "6\n");
    write("pids" + GROUP + "/pids.max", "max\n");
    write("pids" + GROUP + "/cgroup.procs", "11\n12\n");
    write(
        "blkio" + GROUP + "/blkio.throttle.io_service_bytes_recursive",
        "8:0 Read 4096\n8:0 Write 100\n8:16 Read 4\nTotal 4200\n");
    CgroupReader reader = new CgroupReader(new CgroupTree(mount));
    assertThat(reader.usage(GROUP))
        .isEqualTo(
            new CgroupUsage(1_500_000_000L, 1_000_000, 700_000, 500_000, 400_000, 1000, 0, 77, 3));
    CgroupDetails details = reader.details(GROUP);
    assertThat(details.userNanos()).isEqualTo(1_200_000_000L);
    assertThat(details.throttledPeriods()).isEqualTo(4);
    assertThat(details.quotaMicros()).isEqualTo(50_000);
    assertThat(details.shares()).isEqualTo(512);
    assertThat(details.memoryLimit()).isZero();
    assertThat(details.oomKills()).isEqualTo(3);
    assertThat(details.processes()).isEqualTo(2);
    assertThat(details.threads()).isEqualTo(6);
    assertThat(details.maxThreads()).isZero();
    assertThat(details.readBytes()).isEqualTo(4100);
  }

  @Test
  void readsAGroupOfTheOneTree() throws IOException {
    write("cgroup.controllers", "cpu memory\n");
    write(
        GROUP.substring(1) + "/cpu.stat",
        """
        usage_usec 1500000
        user_usec 1200000
        system_usec 300000
        nr_periods 10
        nr_throttled 4
        throttled_usec 7
        """);
    write(GROUP.substring(1) + "/cpu.max", "50000 100000\n");
    write(GROUP.substring(1) + "/cpu.weight", "20\n");
    write(GROUP.substring(1) + "/memory.current", "1000000\n");
    write(GROUP.substring(1) + "/memory.max", "2000000\n");
    write(GROUP.substring(1) + "/memory.swap.current", "5\n");
    write(GROUP.substring(1) + "/memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 2\n");
    write(
        GROUP.substring(1) + "/memory.stat",
        """
        anon 500000
        file 400000
        file_mapped 1000
        inactive_file 300000
        pgfault 77
        pgmajfault 3
        """);
    write(
        GROUP.substring(1) + "/io.stat", "8:0 rbytes=4096 wbytes=1 rios=2 wios=3\n8:16 rbytes=4\n");
    CgroupReader reader = new CgroupReader(new CgroupTree(mount));
    assertThat(reader.usage(GROUP))
        .isEqualTo(
            new CgroupUsage(1_500_000_000L, 1_000_000, 700_000, 500_000, 400_000, 1000, 5, 77, 3));
    CgroupDetails details = reader.details(GROUP);
    assertThat(details.throttledNanos()).isEqualTo(7_000);
    assertThat(details.quotaMicros()).isEqualTo(50_000);
    assertThat(details.shares()).isBetween(490L, 520L);
    assertThat(details.memoryLimit()).isEqualTo(2_000_000);
    assertThat(details.memoryFailures()).isEqualTo(9);
    assertThat(details.oomKills()).isEqualTo(2);
    assertThat(details.readBytes()).isEqualTo(4100);
    assertThat(details.writes()).isEqualTo(3);
  }

  @Test
  void aGroupThatIsGoneHasNoUsage() {
    assertThat(new CgroupReader(new CgroupTree(mount)).usage("/none")).isNull();
  }

  @Test
  void whatTheKernelDoesNotTellIsNotMadeUp() throws IOException {
    write("cpuacct" + GROUP + "/cpuacct.usage", "1\n");
    write("memory" + GROUP + "/memory.usage_in_bytes", "10\n");
    write("memory" + GROUP + "/memory.stat", "");
    CgroupReader reader = new CgroupReader(new CgroupTree(mount));
    assertThat(Objects.requireNonNull(reader.usage(GROUP)).rss()).isEqualTo(-1);
    assertThat(reader.details(GROUP).threads()).isEqualTo(-1);
  }
}
