package io.berth.cli.up;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RehearseCommandTest {
  @Test
  void aClusterWithoutARuntimeStartsAndCommandsWorkOnIt() {
    assertThat(new CommandLine(new RehearseCommand()).execute("../manifests/demo.yaml")).isZero();
  }
}
