package io.berth.apiserver.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.transport.ApiRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestLimitTest {
  private static @Nullable Duration limit(ApiRequest request) {
    return RequestLimit.of(request, new Router(ServedResources.builtIn()).route(request));
  }

  @ParameterizedTest
  @CsvSource({"32s, 32000", "1m0s, 60000", "1.5s, 1500", "250ms, 250", "2h, 60000", "0, 60000"})
  void theQuerySaysHowLongUpToAMinute(String wanted, long millis) {
    assertThat(limit(ApiRequest.get("/api/v1/pods").withQuery("timeout", wanted)))
        .isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"invalid", "5", "s", "1 s", "1d"})
  void whatIsNoDurationIsRefused(String wanted) {
    assertThatThrownBy(() -> limit(ApiRequest.get("/api/v1/pods").withQuery("timeout", wanted)))
        .hasMessageStartingWith("invalid timeout specified in the request URL");
  }

  @Test
  void whatLastsHasNoLimit() {
    assertThat(limit(ApiRequest.get("/api/v1/pods").withQuery("watch", "1"))).isNull();
    assertThat(limit(ApiRequest.get("/api/v1/namespaces/d/pods/p/log"))).isNull();
    assertThat(limit(ApiRequest.get("/api/v1/namespaces/d/pods/p/proxy/x"))).isNull();
    assertThat(limit(ApiRequest.get("/api/v1/namespaces/d/pods/p")))
        .isEqualTo(Duration.ofMinutes(1));
  }
}
