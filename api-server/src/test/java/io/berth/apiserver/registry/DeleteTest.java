package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.CreateTest.assertRefused;
import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.named;
import static io.berth.apiserver.registry.TestingRegistry.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DeleteTest {
  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private ApiResponse delete(String path, String options) {
    ApiRequest request = ApiRequest.delete(path);
    return registry.send(options.isEmpty() ? request : request.withBody(Json.bytes(json(options))));
  }

  private static String podPath(String name) {
    return Resources.PODS.path("default", name);
  }

  private boolean exists(String path) {
    return registry.send(ApiRequest.get(path)).status() == 200;
  }

  private void boundPod(String name) {
    ObjectNode pod = pod(name);
    pod.withObject("/spec").put("nodeName", "n1");
    registry.create(Resources.PODS, "default", pod);
  }

  @Test
  void theAnswerSaysWhatWasDeleted() {
    ObjectNode map = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    ObjectNode status = body(delete(Resources.CONFIG_MAPS.path("default", "a"), "").orThrow());
    assertThat(status.path("status").asText()).isEqualTo("Success");
    assertThat(status.path("details").path("name").asText()).isEqualTo("a");
    assertThat(status.path("details").path("kind").asText()).isEqualTo("configmaps");
    assertThat(status.path("details").path("uid").asText()).isEqualTo(Meta.uid(map));
    assertRefused(
        delete(Resources.CONFIG_MAPS.path("default", "a"), ""),
        404,
        "NotFound",
        "configmaps \"a\" not found");
  }

  @Test
  void aPodThatRunsEndsGracefullyAndNeverLater() {
    boundPod("p");
    ObjectNode deleting = body(delete(podPath("p"), "").orThrow());
    assertThat(Meta.gracePeriodSeconds(deleting)).isEqualTo(30L);
    assertThat(Meta.deleting(deleting)).isTrue();
    assertThat(deleting.path("metadata").path("generation").asInt()).isEqualTo(2);

    delete(podPath("p"), "{'gracePeriodSeconds':60}").orThrow();
    assertThat(Meta.gracePeriodSeconds(registry.get(Resources.PODS, "default", "p")))
        .isEqualTo(30L);
    delete(podPath("p"), "{'gracePeriodSeconds':5}").orThrow();
    ObjectNode sooner = registry.get(Resources.PODS, "default", "p");
    assertThat(Meta.gracePeriodSeconds(sooner)).isEqualTo(5L);
    assertThat(Meta.text(sooner, "deletionTimestamp"))
        .isLessThan(Meta.text(deleting, "deletionTimestamp"));

    delete(podPath("p"), "{'gracePeriodSeconds':0}").orThrow();
    assertThat(exists(podPath("p"))).isFalse();
  }

  @Test
  void aPodThatRunsNowhereOrHasEndedGoesAtOnce() {
    registry.create(Resources.PODS, "default", pod("unbound"));
    delete(podPath("unbound"), "").orThrow();
    assertThat(exists(podPath("unbound"))).isFalse();

    boundPod("ended");
    registry
        .send(
            ApiRequest.patch(
                podPath("ended") + "/status",
                "application/merge-patch+json",
                Json.bytes(json("{'status':{'phase':'Succeeded'}}"))))
        .orThrow();
    delete(podPath("ended"), "").orThrow();
    assertThat(exists(podPath("ended"))).isFalse();
  }

  @Test
  void preconditionsMustHold() {
    ObjectNode pod = registry.create(Resources.PODS, "default", pod("p"));
    assertRefused(
        delete(podPath("p"), "{'preconditions':{'uid':'other'}}"),
        409,
        "Conflict",
        "Operation cannot be fulfilled on Pod \"p\": the UID in the precondition (other) does not"
            + " match the UID in record (");
    assertThat(delete(podPath("p"), "{'preconditions':{'resourceVersion':'1'}}").status())
        .isEqualTo(409);
    delete(
            podPath("p"),
            "{'preconditions':{'uid':'"
                + Meta.uid(pod)
                + "','resourceVersion':'"
                + Meta.text(pod, "resourceVersion")
                + "'}}")
        .orThrow();
    assertThat(exists(podPath("p"))).isFalse();
  }

  @Test
  void propagationIsLeftToTheCollectorAsFinalizers() {
    String path = Resources.CONFIG_MAPS.path("default", "a");
    registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    delete(path, "{'propagationPolicy':'Foreground'}").orThrow();
    assertThat(Meta.finalizers(registry.get(Resources.CONFIG_MAPS, "default", "a")))
        .containsExactly("foregroundDeletion");

    registry.create(Resources.CONFIG_MAPS, "default", named("b"));
    assertThat(
            registry
                .send(
                    ApiRequest.delete(Resources.CONFIG_MAPS.path("default", "b"))
                        .withQuery("propagationPolicy", "Orphan"))
                .status())
        .isEqualTo(200);
    assertThat(Meta.finalizers(registry.get(Resources.CONFIG_MAPS, "default", "b")))
        .containsExactly("orphan");
    assertThat(delete(path, "{'propagationPolicy':'Sideways'}").status()).isEqualTo(422);
  }

  @Test
  void aDryRunDeletesNothing() {
    registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    String path = Resources.CONFIG_MAPS.path("default", "a");
    delete(path, "{'dryRun':['All']}").orThrow();
    assertThat(exists(path)).isTrue();
  }

  @Test
  void aNamespaceStaysTerminatingUntilItIsFinalized() {
    registry.create(Resources.NAMESPACES, "", named("team"));
    String path = Resources.NAMESPACES.path("", "team");
    ObjectNode terminating = body(delete(path, "").orThrow());
    assertThat(terminating.path("status").path("phase").asText()).isEqualTo("Terminating");
    assertThat(terminating.path("spec").path("finalizers").get(0).asText()).isEqualTo("kubernetes");

    ApiResponse refused =
        registry.send(
            ApiRequest.post(Resources.CONFIG_MAPS.path("team"), Json.bytes(named("late"))));
    assertRefused(refused, 403, "Forbidden", "because it is being terminated");
    assertThat(body(refused).path("details").path("causes").get(0).path("reason").asText())
        .isEqualTo("NamespaceTerminating");

    terminating.withObject("/spec").putArray("finalizers");
    registry.send(ApiRequest.put(path + "/finalize", Json.bytes(terminating))).orThrow();
    assertThat(exists(path)).isFalse();
  }

  @Test
  void theClustersOwnNamespacesStay() {
    assertRefused(
        delete(Resources.NAMESPACES.path("", "default"), ""),
        403,
        "Forbidden",
        "namespaces \"default\" is forbidden: this namespace may not be deleted");
  }

  @Test
  void aCollectionIsDeletedBySelector() {
    for (String name : new String[] {"a", "b", "c"}) {
      registry.create(Resources.PODS, "default", pod(name));
    }
    ApiResponse deleted =
        registry.send(
            ApiRequest.delete(Resources.PODS.path("default"))
                .withQuery("labelSelector", "app in (a,b)"));
    assertThat(body(deleted.orThrow()).path("items")).hasSize(2);
    ObjectNode left = registry.list(Resources.PODS, "default");
    assertThat(left.path("items")).hasSize(1);
    assertThat(Meta.name(left.path("items").get(0))).isEqualTo("c");
  }

  @Test
  void theAnswerToAForcedDeleteSaysThatThereWasNoGrace() {
    boundPod("p");
    ObjectNode gone = body(delete(podPath("p"), "{'gracePeriodSeconds':0}").orThrow());
    assertThat(exists(podPath("p"))).isFalse();
    assertThat(gone.path("kind").asText()).isEqualTo("Pod");
    assertThat(Meta.gracePeriodSeconds(gone)).isEqualTo(0L);
    assertThat(Meta.deleting(gone)).isTrue();
  }

  @Test
  void aCollectionIsDeletedPageByPage() {
    for (String name : new String[] {"a", "b", "c"}) {
      registry.create(Resources.CONFIG_MAPS, "default", named(name));
    }
    ApiRequest request =
        ApiRequest.delete(Resources.CONFIG_MAPS.path("default")).withQuery("limit", "2");
    ObjectNode first = body(registry.send(request).orThrow());
    assertThat(first.path("items")).hasSize(2);
    assertThat(first.at("/metadata/remainingItemCount").asInt()).isEqualTo(1);
    String token = Meta.text(first, "continue");
    assertThat(token).isNotEmpty();
    ObjectNode second = body(registry.send(request.withQuery("continue", token)).orThrow());
    assertThat(second.path("items")).hasSize(1);
    assertThat(second.path("metadata").has("continue")).isFalse();
    assertThat(registry.list(Resources.CONFIG_MAPS, "default").path("items")).isEmpty();
  }
}
