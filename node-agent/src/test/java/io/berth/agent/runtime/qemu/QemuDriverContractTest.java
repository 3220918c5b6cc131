package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverContract;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** What every driver keeps, kept by real machines. */
@Tag("real")
class QemuDriverContractTest extends RuntimeDriverContract {
  private static QemuBench bench;

  @BeforeAll
  static void open() throws Exception {
    bench = new QemuBench();
  }

  @AfterAll
  static void close() throws Exception {
    bench.close();
  }

  @Override
  protected RuntimeDriver driver() {
    return bench.driver;
  }

  @Override
  protected String image() {
    return QemuBench.IMAGE;
  }

  @Override
  protected Path logDirectory() {
    return bench.directory.resolve("logs");
  }

  @Override
  protected Duration patience() {
    return Duration.ofSeconds(60);
  }
}
