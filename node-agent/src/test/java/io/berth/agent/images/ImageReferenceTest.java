package io.berth.agent.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
  private static final String DIGEST =
      "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  @ParameterizedTest
  @CsvSource({
    "busybox, docker.io/library/busybox:latest",
    "busybox:1.35, docker.io/library/busybox:1.35",
    "grafana/loki, docker.io/grafana/loki:latest",
    "docker.io/busybox, docker.io/library/busybox:latest",
    "index.docker.io/busybox, docker.io/library/busybox:latest",
    "ghcr.io/x/y/z:1, ghcr.io/x/y/z:1",
    "localhost/x, localhost/x:latest",
    "localhost:5000/x:2, localhost:5000/x:2",
    "registry.k8s.io/pause:3.10, registry.k8s.io/pause:3.10",
    "a__b/c-d.e, docker.io/a__b/c-d.e:latest",
  })
  void isCompletedAsDockerDoes(String given, String full) {
    assertThat(ImageReference.parse(given).full()).isEqualTo(full);
  }

  @ParameterizedTest
  @ValueSource(strings = {"busybox@", "busybox:1@"})
  void aDigestAloneNamesTheImage(String name) {
    assertThat(ImageReference.parse(name + DIGEST).full())
        .isEqualTo("docker.io/library/busybox@" + DIGEST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":1",
        "Busybox",
        "a//b",
        "a:",
        "a b",
        "a@sha256:12",
        "-a",
        "a/-b",
        "ghcr.io/A/b",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
      })
  void nonsenseIsRefused(String text) {
    assertThatThrownBy(() -> ImageReference.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("invalid reference format");
  }
}
