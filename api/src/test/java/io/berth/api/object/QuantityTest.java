package io.berth.api.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1",
    "100m, 100m",
    "1000m, 1",
    "1500m, 1500m",
    "0.5, 500m",
    "2.0, 2",
    "1k, 1k",
    "1000, 1k",
    "12345, 12345",
    "1Ki, 1Ki",
    "1024Ki, 1Mi",
    "1.5Gi, 1536Mi",
    "0.5Ki, 512",
    "1023, 1023",
    "1e3, 1e3",
    "1E3, 1e3",
    "1E, 1E",
    "1e-3, 1e-3",
    "1n, 1n",
    "0.1n, 1n",
    "-5, -5",
    "-0.5, -500m",
    "+7, 7",
    "100000000000000000000, 9223372036854775807",
    ".5, 500m",
    "0.3Ki, 307200m",
    "1000Ki, 1000Ki",
    "128974848, 128974848",
    "129e6, 129e6",
    "129M, 129M",
    "123Mi, 123Mi",
    "0Gi, 0",
    "1500000000, 1500M",
    "3u, 3u",
    "1.25, 1250m",
    "9Ei, 9223372036854775807"
  })
  void isWrittenCanonically(String text, String canonical) {
    assertThat(Quantity.parse(text).toString()).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a", "1.2.3", "1x", "--1", "1ki", "Ki", "1 ", " 1", "1e", "1Kib", "e3"})
  void refusesWhatIsNoQuantity(String text) {
    assertThatThrownBy(() -> Quantity.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("quantities must match.*|unable to parse quantity's suffix");
  }

  @Test
  void roundsUpToTheUnitAsked() {
    assertThat(Quantity.parse("1001u").milliValue()).isEqualTo(2);
    assertThat(Quantity.parse("100m").value()).isEqualTo(1);
    assertThat(Quantity.parse("1.5Gi").value()).isEqualTo(1610612736L);
    assertThat(Quantity.parse("250m").milliValue()).isEqualTo(250);
    assertThat(Quantity.parse("8E").milliValue()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void addsAndComparesByAmount() {
    assertThat(Quantity.parse("500m").add(Quantity.parse("1.5"))).hasToString("2");
    assertThat(Quantity.ZERO.add(Quantity.parse("1Gi"))).hasToString("1Gi");
    assertThat(Quantity.parse("1Gi").subtract(Quantity.parse("512Mi"))).hasToString("512Mi");
    assertThat(Quantity.parse("1")).isEqualByComparingTo(Quantity.parse("1000m"));
    assertThat(Quantity.parse("1G")).isLessThan(Quantity.parse("1Gi"));
  }

  @Test
  void whatIsWrittenReadsBackAsTheSameAmount() {
    Random random = new Random(7);
    String[] suffixes = {"", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti", "e3", "e-2"};
    for (int i = 0; i < 2000; i++) {
      String text =
          (random.nextBoolean() ? "" : "-")
              + random.nextInt(100_000)
              + (random.nextBoolean() ? "" : "." + random.nextInt(1000))
              + suffixes[random.nextInt(suffixes.length)];
      Quantity quantity = Quantity.parse(text);
      Quantity again = Quantity.parse(quantity.toString());
      assertThat(again).as(text).isEqualByComparingTo(quantity);
      assertThat(again.toString()).as(text).isEqualTo(quantity.toString());
    }
  }
}
