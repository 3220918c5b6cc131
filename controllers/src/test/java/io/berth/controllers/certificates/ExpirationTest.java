package io.berth.controllers.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.controllers.testing.Objects;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests made at midnight, decided on at noon: when they go. */
class ExpirationTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|2026-01-02T00:00:00Z",
        "{'conditions':[{'type':'Denied','lastUpdateTime':'2026-01-01T12:00:00Z'}]}"
            + "|2026-01-01T13:00:00Z",
        "{'conditions':[{'type':'Approved','lastUpdateTime':'2026-01-01T12:00:00Z'}]}"
            + "|2026-01-02T12:00:00Z",
        "{'conditions':[{'type':'Approved','lastUpdateTime':'2026-01-01T12:00:00Z'},"
            + "{'type':'Failed','lastUpdateTime':'2026-01-01T12:30:00Z'}]}|2026-01-01T13:30:00Z",
        "{'certificate':'bm9uZQ==','conditions':[{'type':'Approved',"
            + "'lastUpdateTime':'2026-01-01T12:00:00Z'}]}|2026-01-01T13:00:00Z"
      },
      quoteCharacter = '`')
  void requestsGoAnHourAfterTheyAreDoneAndADayAfterTheyWereLastHeardOf(
      String status, Instant expected) {
    assertThat(
            Expiration.of(
                Objects.tree(
                    "{'metadata':{'creationTimestamp':'2026-01-01T00:00:00Z'},'status':%s}",
                    status)))
        .isEqualTo(expected);
  }
}
