package io.berth.controllers.quota;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.Resources;
import io.berth.controllers.testing.Cluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ResourceQuotaControllerTest {
  private final Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void pod(String name, String cpu) {
    cluster.put(
        Resources.PODS,
        "{'metadata':{'name':'%s','namespace':'ns'},'spec':{'containers':[{'name':'c','resources':"
            + "{'requests':{'cpu':'%s'}}}]}}",
        name,
        cpu);
  }

  private JsonNode used() {
    return cluster.get(Resources.RESOURCE_QUOTAS, "q").path("status").path("used");
  }

  private void quota(String hard) {
    cluster.put(
        Resources.RESOURCE_QUOTAS,
        "{'metadata':{'name':'q','namespace':'ns'},'spec':{'hard':%s}}",
        hard);
    cluster.settle();
  }

  @Test
  void aNewQuotaSaysWhatIsAllowedAndWhatIsUsed() {
    pod("a", "100m");
    pod("b", "250m");
    quota("{'pods':'5','requests.cpu':'1','count/deployments.apps':'3'}");
    assertThat(used())
        .hasToString("{\"pods\":\"2\",\"requests.cpu\":\"350m\",\"count/deployments.apps\":\"0\"}");
    assertThat(cluster.get(Resources.RESOURCE_QUOTAS, "q").path("status").path("hard").path("pods"))
        .hasToString("\"5\"");
  }

  @Test
  void whatServersCountedIsCorrectedOnlyWhenItStoodStill() {
    pod("a", "100m");
    quota("{'pods':'5'}");
    cluster.api.change(
        Resources.RESOURCE_QUOTAS,
        "ns",
        "q",
        quota -> quota.withObject("/status/used").put("pods", "3"));
    cluster.advance(30);
    assertThat(used().path("pods").asText()).isEqualTo("3");
    cluster.advance(60);
    assertThat(used().path("pods").asText()).isEqualTo("1");
  }
}
