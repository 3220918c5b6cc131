package io.berth.api.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
  private static final List<String> KNOWN = List.of("BestFit", "DotProduct", "MostAllocated");

  @Test
  void aSlipOfTheFingerIsUnderstood() {
    assertThat(Nearest.to("BestFot", KNOWN)).contains("BestFit");
    assertThat(Nearest.to("dotproduct", KNOWN)).contains("DotProduct");
    assertThat(Nearest.suggestion("LestFit", KNOWN)).isEqualTo(": did you mean BestFit?");
  }

  @Test
  void whatIsFarFromAllIsNotGuessedAt() {
    assertThat(Nearest.to("Random", KNOWN)).isEmpty();
    assertThat(Nearest.suggestion("", KNOWN)).isEmpty();
  }
}
