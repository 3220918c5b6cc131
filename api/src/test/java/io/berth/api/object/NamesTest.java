package io.berth.api.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "web-1", "0", "a-b-c"})
  void labelsOfDnsAreAccepted(String name) {
    assertThat(Names.dns1123Label(name)).isEmpty();
    assertThat(Names.dns1123Subdomain(name)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "A", "-a", "a-", "a_b", "a b", "ä", "a/b"})
  void otherNamesAreRefusedInKubernetesWords(String name) {
    assertThat(Names.dns1123Label(name))
        .containsExactly(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-',"
                + " and must start and end with an alphanumeric character (e.g. 'my-name',  or"
                + " '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
    assertThat(Names.dns1123Subdomain(name)).hasSize(1);
  }

  @Test
  void lengthIsLimited() {
    assertThat(Names.dns1123Label("a".repeat(64))).containsExactly("must be no more than 63 bytes");
    assertThat(Names.dns1123Label("a.b")).containsExactly("must not contain dots");
    assertThat(Names.dns1123Subdomain("a.b")).isEmpty();
  }

  @Test
  void textOfAnyLengthIsAnswered() {
    String dots = "a.".repeat(500_000);
    assertThat(Names.dns1123Label(dots)).hasSize(2);
    assertThat(Names.dns1123Subdomain(dots)).hasSize(2);
    assertThat(Names.qualifiedName(dots + "/" + dots)).isNotEmpty();
    assertThat(Names.labelValue(dots)).isNotEmpty();
    assertThat(Quantity.isValid("9".repeat(1_000_000))).isFalse();
  }

  @Test
  void keysMayHaveAPrefix() {
    assertThat(Names.qualifiedName("example.com/My_Name.1")).isEmpty();
    assertThat(Names.qualifiedName("/x")).containsExactly("prefix part must be non-empty");
    assertThat(Names.qualifiedName("a/b/c").getFirst()).startsWith("a valid label key must");
    assertThat(Names.labelValue("")).isEmpty();
    assertThat(Names.labelValue("-x")).hasSize(1);
  }

  @Test
  void generatedNamesFitALabel() {
    String name = Names.generate("x".repeat(80), new Random(1));
    assertThat(name).hasSize(63).matches("x+[bcdfghjklmnpqrstvwxz2456789]{5}");
  }

  @Test
  void timesAreWrittenInUtc() {
    Instant time = Instant.parse("2026-01-02T03:04:05.678912345Z");
    assertThat(Times.seconds(time)).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(Times.micros(time)).isEqualTo("2026-01-02T03:04:05.678912Z");
    assertThat(Times.parse("2026-01-02T04:04:05+01:00"))
        .isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
  }

  @Test
  void quotedTextStaysOnOneLine() {
    assertThat(Text.quote("a\"b\\c\n\u0001é😀")).isEqualTo("\"a\\\"b\\\\c\\n\\x01é😀\"");
  }
}
