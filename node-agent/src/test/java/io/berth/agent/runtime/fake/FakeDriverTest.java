package io.berth.agent.runtime.fake;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverContract;
import io.berth.api.time.SystemEnvironment;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FakeDriverTest extends RuntimeDriverContract {
  @TempDir Path directory;
  private final SystemEnvironment environment = new SystemEnvironment();
  private final FakeDriver driver =
      new FakeDriver("fake", environment, new FakeImageStore(environment).with("busybox"));

  @Override
  protected RuntimeDriver driver() {
    return driver;
  }

  @Override
  protected String image() {
    return "busybox";
  }

  @Override
  protected Path logDirectory() {
    return directory;
  }
}
