package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

@Tag("real")
@Timeout(60)
class CriDriverContractTest extends RuntimeDriverContract {
  @SuppressWarnings("NullAway.Init")
  private static TestingNode node;

  @BeforeAll
  static void start() throws Exception {
    node = new TestingNode("cri-contract", "10.213.2.0/24");
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Override
  protected RuntimeDriver driver() {
    return node.driver;
  }

  @Override
  protected String image() {
    return TestingNode.IMAGE;
  }

  @Override
  protected Path logDirectory() {
    return node.directory.resolve("logs");
  }
}
