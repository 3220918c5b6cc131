package io.berth.controllers.clusterrole;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.resource.Resources;
import io.berth.controllers.testing.Cluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AggregationControllerTest {
  private final Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private String rules(String role) {
    return cluster.get(Resources.CLUSTER_ROLES, role).path("rules").toString();
  }

  @Test
  void aRoleHasTheRulesOfThoseItSelectsAlsoThroughOthers() {
    cluster.put(
        Resources.CLUSTER_ROLES,
        "{'metadata':{'name':'top'},'aggregationRule':{'clusterRoleSelectors':"
            + "[{'matchLabels':{'to':'top'}}]}}");
    cluster.put(
        Resources.CLUSTER_ROLES,
        "{'metadata':{'name':'middle','labels':{'to':'top'}},'aggregationRule':"
            + "{'clusterRoleSelectors':[{'matchLabels':{'to':'middle'}}]},'rules':[{'verbs':['x']}]}");
    cluster.put(
        Resources.CLUSTER_ROLES,
        "{'metadata':{'name':'leaf','labels':{'to':'middle'}},'rules':[{'verbs':['get']}]}");
    cluster.put(
        Resources.CLUSTER_ROLES,
        "{'metadata':{'name':'other','labels':{'to':'top'}},"
            + "'rules':[{'verbs':['get']},{'verbs':['list']}]}");
    cluster.settle();
    assertThat(rules("middle")).isEqualTo("[{\"verbs\":[\"get\"]}]");
    assertThat(rules("top")).isEqualTo("[{\"verbs\":[\"get\"]},{\"verbs\":[\"list\"]}]");
    long writes = cluster.writes();
    cluster.advance(60);
    assertThat(cluster.writes()).as("a cluster at rest is silent").isEqualTo(writes);
    cluster.api.remove(Resources.CLUSTER_ROLES, "", "leaf");
    cluster.api.remove(Resources.CLUSTER_ROLES, "", "other");
    cluster.settle();
    assertThat(rules("top")).isEqualTo("[]");
  }
}
