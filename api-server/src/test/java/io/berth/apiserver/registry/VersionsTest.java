package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Resources that are served in several versions, of which one is stored. */
class VersionsTest {
  private static final ResourceDefinition V2 = Resources.HORIZONTAL_POD_AUTOSCALERS;
  private static final ResourceDefinition V1 =
      Resources.find("autoscaling/v1", "HorizontalPodAutoscaler").orElseThrow();
  private static final ResourceDefinition NEW_EVENTS =
      Resources.find("events.k8s.io/v1", "Event").orElseThrow();

  private static final String TARGET =
      "'scaleTargetRef':{'apiVersion':'apps/v1','kind':'Deployment','name':'web'},";

  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private ObjectNode patch(ResourceDefinition resource, String name, String patch) {
    return body(
        registry
            .send(
                ApiRequest.patch(
                    resource.path("default", name),
                    "application/merge-patch+json",
                    Json.bytes(json(patch))))
            .orThrow());
  }

  @Test
  void anAutoscalerOfTheOldVersionIsStoredAsTheNew() {
    ObjectNode created =
        registry.create(
            V1,
            "default",
            json(
                "{'metadata':{'name':'web'},'spec':{"
                    + TARGET
                    + "'minReplicas':1,'maxReplicas':3,'targetCPUUtilizationPercentage':70}}"));
    assertThat(created.path("apiVersion").asText()).isEqualTo("autoscaling/v1");
    assertThat(created.path("spec").path("targetCPUUtilizationPercentage").asInt()).isEqualTo(70);
    ObjectNode stored = registry.get(V2, "default", "web");
    assertThat(stored.path("apiVersion").asText()).isEqualTo("autoscaling/v2");
    assertThat(stored.path("spec").path("metrics").toString())
        .isEqualTo(
            "[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":"
                + "{\"type\":\"Utilization\",\"averageUtilization\":70}}}]");
    ObjectNode patched = patch(V1, "web", "{'spec':{'targetCPUUtilizationPercentage':50}}");
    assertThat(patched.path("spec").path("targetCPUUtilizationPercentage").asInt()).isEqualTo(50);
    assertThat(
            registry
                .get(V2, "default", "web")
                .at("/spec/metrics/0/resource/target/averageUtilization")
                .asInt())
        .isEqualTo(50);
  }

  @Test
  void whatTheOldVersionCannotSayIsKeptInAnnotationsAndComesBack() {
    String metrics =
        "[{'type':'Pods','pods':{'metric':{'name':'rps'},"
            + "'target':{'type':'AverageValue','averageValue':'100'}}},"
            + "{'type':'Object','object':{'describedObject':{'kind':'Ingress','name':'i'},"
            + "'metric':{'name':'hits'},'target':{'type':'Value','value':'2k'}}}]";
    String behavior =
        "{'scaleDown':{'stabilizationWindowSeconds':60,'policies':"
            + "[{'type':'Percent','value':10,'periodSeconds':60}]}}";
    registry.create(
        V2,
        "default",
        json(
            "{'metadata':{'name':'web'},'spec':{"
                + TARGET
                + "'maxReplicas':3,'behavior':"
                + behavior
                + ",'metrics':"
                + metrics
                + "}}"));
    JsonNode before = registry.get(V2, "default", "web").path("spec");
    JsonNode annotations = registry.get(V1, "default", "web").path("metadata").path("annotations");
    assertThat(annotations.path("autoscaling.alpha.kubernetes.io/metrics").asText())
        .contains("\"targetAverageValue\":\"100\"")
        .contains("\"metricName\":\"hits\"");
    assertThat(annotations.path("autoscaling.alpha.kubernetes.io/behavior").asText())
        .contains("\"ScaleDown\":{\"StabilizationWindowSeconds\":60");
    patch(V1, "web", "{'spec':{'maxReplicas':9}}");
    ObjectNode after = registry.get(V2, "default", "web");
    assertThat(after.at("/spec/maxReplicas").asInt()).isEqualTo(9);
    assertThat(after.path("metadata").has("annotations")).isFalse();
    assertThat(after.path("spec").path("behavior")).isEqualTo(before.path("behavior"));
    assertThat(after.path("spec").path("metrics")).isEqualTo(before.path("metrics"));
  }

  @Test
  void eventsOfBothGroupsAreTheSameObjects() {
    registry.create(
        NEW_EVENTS,
        "default",
        json(
            "{'metadata':{'name':'e'},'eventTime':'2026-01-01T00:00:00.000000Z','action':'Bind',"
                + "'reason':'Scheduled','note':'well','type':'Normal','reportingController':'x.io/s',"
                + "'reportingInstance':'s-1','regarding':{'kind':'Pod','name':'p',"
                + "'namespace':'default'}}"));
    ObjectNode core = registry.get(Resources.EVENTS, "default", "e");
    assertThat(core.path("message").asText()).isEqualTo("well");
    assertThat(core.path("involvedObject").path("name").asText()).isEqualTo("p");
    ObjectNode list =
        body(
            registry
                .send(
                    ApiRequest.get(NEW_EVENTS.path("default"))
                        .withQuery("fieldSelector", "regarding.name=p"))
                .orThrow());
    assertThat(list.path("apiVersion").asText()).isEqualTo("events.k8s.io/v1");
    assertThat(list.path("items")).hasSize(1);
    assertThat(list.at("/items/0/note").asText()).isEqualTo("well");
    assertThat(list.at("/items/0/apiVersion").asText()).isEqualTo("events.k8s.io/v1");
    TestingSink watch =
        registry.stream(
            ApiRequest.get(NEW_EVENTS.path("default"))
                .withQuery("watch", "true")
                .withQuery("fieldSelector", "regarding.name=p"));
    JsonNode event = watch.next();
    assertThat(event.path("type").asText()).isEqualTo("ADDED");
    assertThat(event.path("object").path("note").asText()).isEqualTo("well");
  }
}
