package io.berth.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.probe.ProbeRunner;
import io.berth.agent.runtime.fake.FakeProcess;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.client.testing.FakeFaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentTest {
  @TempDir Path directory;
  private AgentWorld world;

  @BeforeEach
  void start() {
    world = new AgentWorld(1, directory).start();
  }

  @Test
  void aBoundPodRuns() {
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.settle();
    assertThat(world.phase("web")).isEqualTo("Running");
    assertThat(world.condition("web", "Ready")).isEqualTo("True");
    assertThat(world.condition("web", "PodScheduled")).isEqualTo("True");
    assertThat(world.status("web").path("podIP").asText()).startsWith("10.244.");
    assertThat(world.status("web").path("hostIP").asText()).isEqualTo("192.0.2.1");
    assertThat(world.container("web").path("state").has("running")).isTrue();
    assertThat(world.container("web").path("containerID").asText()).startsWith("containerd://");
    assertThat(world.events("web"))
        .anyMatch(e -> e.startsWith("Pulled: Container image \"busybox\" already present"))
        .contains("Created: Created container: main", "Started: Started container main");
  }

  @Test
  void aPodTakesOneStatusWrite() {
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.advance(Duration.ofMinutes(1));
    long writes =
        world.api.writes().stream().filter(r -> r.path().endsWith("/pods/web/status")).count();
    assertThat(writes).isEqualTo(1);
  }

  @Test
  void aPodOfTheVmClassRunsOnItsDriver() {
    ObjectNode pod = AgentWorld.pod("vm", "sleep infinity");
    AgentWorld.spec(pod).put("runtimeClassName", "vm");
    world.create(pod);
    world.settle();
    assertThat(world.phase("vm")).isEqualTo("Running");
    assertThat(world.running(world.machines)).isEqualTo(1);
    assertThat(world.running(world.driver)).isZero();
  }

  @Test
  void anUnknownRuntimeClassIsSaid() {
    ObjectNode pod = AgentWorld.pod("odd");
    AgentWorld.spec(pod).put("runtimeClassName", "none");
    world.create(pod);
    world.settle();
    assertThat(world.phase("odd")).isEqualTo("Pending");
    assertThat(world.events("odd"))
        .contains(
            "FailedCreatePodSandBox: Failed to create pod sandbox: runtimeclass.node.k8s.io"
                + " \"none\" not found");
  }

  @Test
  void aContainerThatEndsIsRestartedWithBackOff() {
    world.create(AgentWorld.pod("crash", "exit 3"));
    world.settle();
    assertThat(world.container("crash").path("restartCount").asInt()).isEqualTo(1);
    assertThat(world.container("crash").at("/state/waiting/reason").asText())
        .isEqualTo("CrashLoopBackOff");
    assertThat(world.container("crash").at("/state/waiting/message").asText())
        .startsWith("back-off 10s restarting failed container=main pod=crash_default(");
    assertThat(world.container("crash").at("/lastState/terminated/exitCode").asInt()).isEqualTo(3);
    world.advance(Duration.ofSeconds(10));
    assertThat(world.container("crash").path("restartCount").asInt()).isEqualTo(2);
    world.advance(Duration.ofSeconds(20));
    assertThat(world.container("crash").path("restartCount").asInt()).isEqualTo(3);
    world.advance(Duration.ofMinutes(60));
    int count = world.container("crash").path("restartCount").asInt();
    assertThat(count).isBetween(14, 17);
    assertThat(world.phase("crash")).isEqualTo("Running");
    assertThat(world.driver.containers()).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void restartPoliciesLeadToTheirPhases() {
    world.create(policy("done", "exit 0", "Never"));
    world.create(policy("failed", "exit 2", "Never"));
    world.create(policy("again", "exit 2", "OnFailure"));
    world.create(policy("fine", "exit 0", "OnFailure"));
    world.settle();
    assertThat(world.phase("done")).isEqualTo("Succeeded");
    assertThat(world.phase("failed")).isEqualTo("Failed");
    assertThat(world.phase("again")).isEqualTo("Running");
    assertThat(world.phase("fine")).isEqualTo("Succeeded");
    assertThat(world.container("done").at("/state/terminated/reason").asText())
        .isEqualTo("Completed");
    assertThat(world.container("failed").at("/state/terminated/reason").asText())
        .isEqualTo("Error");
    assertThat(world.condition("done", "Ready")).isEqualTo("False");
  }

  private static ObjectNode policy(String name, String script, String policy) {
    ObjectNode pod = AgentWorld.pod(name, script);
    AgentWorld.spec(pod).put("restartPolicy", policy);
    return pod;
  }

  @Test
  void initContainersRunInOrderBeforeTheOthers() {
    ObjectNode pod = AgentWorld.pod("init", "sleep infinity");
    for (String name : List.of("one", "two")) {
      ObjectNode init = AgentWorld.spec(pod).withArray("initContainers").addObject();
      init.put("name", name).put("image", "busybox").put("imagePullPolicy", "Never");
      init.putArray("command").add("sh").add("-c").add("sleep 1");
    }
    world.create(pod);
    world.settle();
    assertThat(world.phase("init")).isEqualTo("Pending");
    assertThat(world.container("init").at("/state/waiting/reason").asText())
        .isEqualTo("PodInitializing");
    assertThat(world.running(world.driver)).isEqualTo(1);
    world.advance(Duration.ofSeconds(3));
    assertThat(world.phase("init")).isEqualTo("Running");
    assertThat(world.condition("init", "Initialized")).isEqualTo("True");
    assertThat(world.status("init").path("initContainerStatuses").get(1).path("ready").asBoolean())
        .isTrue();
  }

  @Test
  void aSidecarRunsBesideAndEndsAfterTheOthers() {
    ObjectNode pod = policy("side", "sleep 5", "Never");
    ObjectNode side = AgentWorld.spec(pod).putArray("initContainers").addObject();
    side.put("name", "side").put("image", "busybox").put("restartPolicy", "Always");
    side.put("imagePullPolicy", "Never");
    side.putArray("command").add("sh").add("-c").add("sleep infinity");
    world.create(pod);
    world.settle();
    assertThat(world.running(world.driver)).isEqualTo(2);
    assertThat(world.phase("side")).isEqualTo("Running");
    world.advance(Duration.ofSeconds(6));
    assertThat(world.phase("side")).isEqualTo("Succeeded");
    assertThat(world.running(world.driver)).isZero();
  }

  @Test
  void aDeletedPodEndsInGraceAndGoes() {
    world.driver.script(spec -> FakeProcess.stubborn());
    world.create(AgentWorld.pod("slow"));
    world.settle();
    world.delete("slow", 5);
    world.advance(Duration.ofSeconds(3));
    assertThat(world.find("slow")).isPresent();
    assertThat(world.running(world.driver)).isEqualTo(1);
    world.advance(Duration.ofSeconds(3));
    assertThat(world.find("slow")).isEmpty();
    assertThat(world.driver.sandboxes()).isEmpty();
    assertThat(world.events("slow")).contains("Killing: Stopping container main");
    assertThat(directory.resolve("pods")).isEmptyDirectory();
  }

  @Test
  void aPodThatVanishesFromTheApiIsTornDown() {
    world.create(AgentWorld.pod("gone", "sleep infinity"));
    world.settle();
    world.delete("gone", 0);
    world.advance(Duration.ofSeconds(1));
    assertThat(world.driver.sandboxes()).isEmpty();
    assertThat(world.driver.containers()).isEmpty();
  }

  @Test
  void aRestartedAgentTouchesNothingThatRuns() {
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.settle();
    String id = world.container("web").path("containerID").asText();
    List<String> calls = world.driver.faults().calls();
    world.kill();
    world.start();
    world.advance(Duration.ofMinutes(1));
    assertThat(world.driver.faults().calls()).isEqualTo(calls);
    assertThat(world.container("web").path("containerID").asText()).isEqualTo(id);
    assertThat(world.condition("web", "Ready")).isEqualTo("True");
  }

  @Test
  void restartCountsSurviveTheAgent() {
    world.create(AgentWorld.pod("crash", "exit 1"));
    world.advance(Duration.ofSeconds(45));
    int before = world.container("crash").path("restartCount").asInt();
    world.kill();
    world.start();
    assertThat(world.container("crash").path("restartCount").asInt()).isEqualTo(before + 1);
  }

  @Test
  void whatRanOfAPodThatWentMeanwhileIsTornDownAfterTheRestart() {
    world.create(AgentWorld.pod("orphan", "sleep infinity"));
    world.settle();
    world.kill();
    world.delete("orphan", 0);
    world.start();
    world.advance(Duration.ofSeconds(2));
    assertThat(world.driver.sandboxes()).isEmpty();
  }

  @Test
  void aLostSandboxIsMadeAnew() {
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.settle();
    String ip = world.status("web").path("podIP").asText();
    world.driver.lose(world.driver.sandboxes().getFirst().id());
    world.settle();
    assertThat(world.phase("web")).isEqualTo("Running");
    assertThat(world.container("web").path("restartCount").asInt()).isEqualTo(1);
    assertThat(world.status("web").path("podIP").asText()).isNotEqualTo(ip);
    assertThat(world.driver.sandboxes()).hasSize(1);
  }

  @Test
  void aLostSandboxEndsAPodThatIsNeverRestarted() {
    world.create(policy("once", "sleep infinity", "Never"));
    world.settle();
    world.driver.lose(world.driver.sandboxes().getFirst().id());
    world.settle();
    assertThat(world.phase("once")).isEqualTo("Failed");
  }

  @Test
  void whatTheAgentCannotDoIsSaidWithItsPath() {
    ObjectNode pod = AgentWorld.pod("odd");
    AgentWorld.spec(pod).put("hostUsers", false);
    AgentWorld.main(pod).putObject("securityContext").putObject("seLinuxOptions").put("user", "u");
    world.create(pod);
    world.settle();
    assertThat(world.phase("odd")).isEqualTo("Pending");
    assertThat(world.container("odd").at("/state/waiting/reason").asText())
        .isEqualTo("NotSupported");
    assertThat(world.container("odd").at("/state/waiting/message").asText())
        .contains("spec.hostUsers")
        .contains("spec.containers[0].securityContext.seLinuxOptions");
    assertThat(world.events("odd")).anyMatch(e -> e.startsWith("NotSupported: "));
    assertThat(world.driver.sandboxes()).isEmpty();
  }

  @Test
  void imagesArePulledAndFailuresBackOff() {
    world.images.inRegistry("app:1");
    ObjectNode pod = AgentWorld.pod("pulled", "sleep infinity");
    AgentWorld.main(pod).put("image", "app:1");
    world.create(pod);
    ObjectNode missing = AgentWorld.pod("missing");
    AgentWorld.main(missing).put("image", "nowhere:1");
    world.create(missing);
    ObjectNode never = AgentWorld.pod("never");
    AgentWorld.main(never).put("image", "nowhere:1").put("imagePullPolicy", "Never");
    world.create(never);
    ObjectNode invalid = AgentWorld.pod("invalid");
    AgentWorld.main(invalid).put("image", "Not Valid");
    world.create(invalid);
    world.settle();
    assertThat(world.phase("pulled")).isEqualTo("Running");
    assertThat(world.events("pulled"))
        .contains("Pulling: Pulling image \"app:1\"")
        .anyMatch(e -> e.startsWith("Pulled: Successfully pulled image \"app:1\" in "));
    assertThat(reason("missing")).isEqualTo("ErrImagePull");
    world.advance(Duration.ofSeconds(4));
    assertThat(reason("missing")).isEqualTo("ImagePullBackOff");
    assertThat(reason("never")).isEqualTo("ErrImageNeverPull");
    assertThat(reason("invalid")).isEqualTo("InvalidImageName");
    world.images.inRegistry("nowhere:1");
    world.advance(Duration.ofSeconds(12));
    assertThat(world.phase("missing")).isEqualTo("Running");
  }

  private String reason(String pod) {
    return world.container(pod).at("/state/waiting/reason").asText();
  }

  @Test
  void aMissingConfigMapHoldsUpTheContainerUntilItComes() {
    ObjectNode pod = AgentWorld.pod("config", "sleep infinity");
    ObjectNode variable = AgentWorld.main(pod).putArray("env").addObject().put("name", "A");
    variable.putObject("valueFrom").putObject("configMapKeyRef").put("name", "cm").put("key", "a");
    world.create(pod);
    world.settle();
    assertThat(reason("config")).isEqualTo("CreateContainerConfigError");
    assertThat(world.container("config").at("/state/waiting/message").asText())
        .isEqualTo("configmap \"cm\" not found");
    world.api.put(Resources.CONFIG_MAPS, configMap("one"));
    world.settle();
    assertThat(world.phase("config")).isEqualTo("Running");
  }

  private static ObjectNode configMap(String value) {
    ObjectNode map = Json.object();
    map.putObject("metadata").put("namespace", "default").put("name", "cm");
    map.putObject("data").put("a", value);
    return map;
  }

  @Test
  void aConfigMapVolumeFollowsItsConfigMap() throws Exception {
    world.api.put(Resources.CONFIG_MAPS, configMap("one"));
    ObjectNode pod = AgentWorld.pod("files", "sleep infinity");
    ObjectNode volume = AgentWorld.spec(pod).putArray("volumes").addObject().put("name", "v");
    volume.putObject("configMap").put("name", "cm");
    AgentWorld.main(pod)
        .putArray("volumeMounts")
        .addObject()
        .put("name", "v")
        .put("mountPath", "/v");
    world.create(pod);
    world.settle();
    assertThat(world.phase("files")).isEqualTo("Running");
    String uid = world.find("files").orElseThrow().at("/metadata/uid").asText();
    Path file = directory.resolve("pods").resolve(uid).resolve("volumes/files/v/a");
    assertThat(Files.readString(file)).isEqualTo("one");
    world.api.put(Resources.CONFIG_MAPS, configMap("two"));
    world.settle();
    assertThat(Files.readString(file)).isEqualTo("two");
    assertThat(world.container("files").path("restartCount").asInt()).isZero();
  }

  @Test
  void aTokenIsBoundToItsPodAndRenewedBeforeItEndsAndAfterARestart() throws Exception {
    ObjectNode pod = AgentWorld.pod("token", "sleep infinity");
    AgentWorld.spec(pod).put("serviceAccountName", "robot");
    ObjectNode volume = AgentWorld.spec(pod).putArray("volumes").addObject().put("name", "v");
    ObjectNode source = volume.putObject("projected").putArray("sources").addObject();
    source.putObject("serviceAccountToken").put("path", "token").put("expirationSeconds", 3607);
    AgentWorld.main(pod)
        .putArray("volumeMounts")
        .addObject()
        .put("name", "v")
        .put("mountPath", "/v");
    world.create(pod);
    world.settle();
    assertThat(world.phase("token")).isEqualTo("Running");
    String uid = world.find("token").orElseThrow().at("/metadata/uid").asText();
    Path file = directory.resolve("pods").resolve(uid).resolve("volumes/files/v/token");
    assertThat(Files.readString(file)).isEqualTo("token-1");
    JsonNode asked =
        world.api.requests().stream()
            .filter(r -> r.path().equals("/api/v1/namespaces/default/serviceaccounts/robot/token"))
            .map(r -> Json.parse(r.body()).path("spec"))
            .findFirst()
            .orElseThrow();
    assertThat(asked.path("expirationSeconds").asInt()).isEqualTo(3607);
    assertThat(asked.at("/boundObjectRef/uid").asText()).isEqualTo(uid);
    world.advance(Duration.ofSeconds(2_800));
    assertThat(Files.readString(file)).isEqualTo("token-1");
    world.api.faults().unreachable(5, FakeFaults.request("POST", "/token"));
    world.advance(Duration.ofSeconds(160));
    assertThat(Files.readString(file)).as("a token that still holds is kept").isEqualTo("token-1");
    world.advance(Duration.ofSeconds(150));
    assertThat(Files.readString(file)).isEqualTo("token-2");
    world.kill();
    world.start();
    assertThat(Files.readString(file)).isEqualTo("token-3");
    assertThat(world.container("token").path("restartCount").asInt()).isZero();
  }

  @Test
  void aFailedLivenessProbeRestartsTheContainer() {
    ObjectNode pod = AgentWorld.pod("live", "sleep infinity");
    ObjectNode probe = AgentWorld.main(pod).putObject("livenessProbe").put("periodSeconds", 2);
    probe.putObject("exec").putArray("command").add("true");
    world.create(pod);
    world.settle();
    assertThat(world.container("live").path("ready").asBoolean()).isTrue();
    world.probes = (p, target, timeout) -> new ProbeRunner.Result(false, "broken");
    world.advance(Duration.ofSeconds(6));
    world.probes = (p, target, timeout) -> new ProbeRunner.Result(true, "");
    world.settle();
    assertThat(world.container("live").path("restartCount").asInt()).isEqualTo(1);
    assertThat(world.events("live"))
        .contains("Unhealthy: Liveness probe failed: broken")
        .contains("Killing: Container main failed liveness probe, will be restarted");
  }

  @Test
  void readinessFollowsItsProbe() {
    world.probes = (p, target, timeout) -> new ProbeRunner.Result(false, "not yet");
    ObjectNode pod = AgentWorld.pod("ready", "sleep infinity");
    ObjectNode probe = AgentWorld.main(pod).putObject("readinessProbe").put("periodSeconds", 1);
    probe.putObject("exec").putArray("command").add("true");
    world.create(pod);
    world.settle();
    assertThat(world.phase("ready")).isEqualTo("Running");
    assertThat(world.condition("ready", "Ready")).isEqualTo("False");
    world.probes = (p, target, timeout) -> new ProbeRunner.Result(true, "");
    world.advance(Duration.ofSeconds(2));
    assertThat(world.condition("ready", "Ready")).isEqualTo("True");
    world.kill();
    world.start();
    assertThat(world.condition("ready", "Ready")).isEqualTo("True");
  }

  @Test
  void aPodPastItsDeadlineFails() {
    ObjectNode pod = AgentWorld.pod("late", "sleep infinity");
    AgentWorld.spec(pod).put("activeDeadlineSeconds", 20);
    world.create(pod);
    world.advance(Duration.ofSeconds(10));
    assertThat(world.phase("late")).isEqualTo("Running");
    world.advance(Duration.ofSeconds(11));
    assertThat(world.phase("late")).isEqualTo("Failed");
    assertThat(world.status("late").path("reason").asText()).isEqualTo("DeadlineExceeded");
    assertThat(world.running(world.driver)).isZero();
  }

  @Test
  void whileTheRuntimeIsDownTheNodeIsNotReadyAndPodsWait() {
    world.create(AgentWorld.pod("before", "sleep infinity"));
    world.settle();
    world.driver.faults().down("connection refused");
    world.create(AgentWorld.pod("during", "sleep infinity"));
    world.advance(Duration.ofSeconds(5));
    assertThat(nodeReady()).isEqualTo("False");
    assertThat(world.phase("before")).isEqualTo("Running");
    assertThat(world.phase("during")).isEqualTo("Pending");
    world.driver.faults().down(null);
    world.advance(Duration.ofSeconds(5));
    assertThat(nodeReady()).isEqualTo("True");
    assertThat(world.phase("during")).isEqualTo("Running");
    assertThat(world.container("before").path("restartCount").asInt()).isZero();
  }

  @Test
  void aNodeWhoseRuntimeIsDownForAMomentIsReadyAMomentLater() {
    world.driver.faults().down("not started yet");
    while (!nodeReady().equals("False")) {
      world.advance(Duration.ofMillis(50));
    }
    world.driver.faults().down(null);
    world.advance(Duration.ofMillis(150));
    assertThat(nodeReady()).isEqualTo("True");
  }

  private String nodeReady() {
    for (var condition :
        world
            .api
            .find(Resources.NODES, "", AgentWorld.NODE)
            .orElseThrow()
            .at("/status/conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  @Test
  void whileTheApiIsAwayPodsGoOnAndTheirStatusFollowsLater() {
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.settle();
    world.api.faults().unreachable(1_000, r -> true);
    world.driver.exit(world.driver.containers().getFirst().id(), 1);
    world.advance(Duration.ofSeconds(20));
    assertThat(world.running(world.driver)).isEqualTo(1);
    world.api.faults().clear();
    world.advance(Duration.ofSeconds(15));
    assertThat(world.container("web").path("restartCount").asInt()).isEqualTo(1);
  }

  @Test
  void lostRepliesStartNothingTwice() {
    for (String method :
        List.of("runSandbox", "createContainer", "startContainer", "stopSandbox")) {
      world.driver.faults().loseReply(1, method);
    }
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.advance(Duration.ofSeconds(5));
    assertThat(world.phase("web")).isEqualTo("Running");
    assertThat(world.driver.sandboxes()).hasSize(1);
    assertThat(world.driver.containers()).hasSize(1);
    world.delete("web", 5);
    world.advance(Duration.ofSeconds(8));
    assertThat(world.find("web")).isEmpty();
  }

  @Test
  void theNodeIsRegisteredAndItsLeaseRenewed() {
    var node = world.api.find(Resources.NODES, "", AgentWorld.NODE).orElseThrow();
    assertThat(node.at("/status/capacity/pods").asText()).isEqualTo("110");
    assertThat(node.at("/status/nodeInfo/kubeletVersion").asText()).startsWith("v1.36.0");
    assertThat(node.at("/spec/podCIDR").asText()).isEqualTo("10.244.0.0/24");
    var lease = world.api.find(Resources.LEASES, "kube-node-lease", AgentWorld.NODE).orElseThrow();
    assertThat(lease.at("/spec/leaseDurationSeconds").asInt()).isEqualTo(40);
    world.advance(Duration.ofSeconds(11));
    var later = world.api.find(Resources.LEASES, "kube-node-lease", AgentWorld.NODE).orElseThrow();
    assertThat(later.at("/spec/renewTime")).isNotEqualTo(lease.at("/spec/renewTime"));
    long writes = world.api.writes().stream().filter(r -> r.path().contains("/nodes/")).count();
    assertThat(writes).isLessThanOrEqualTo(1);
  }

  @Test
  void terminationMessagesAreTold() {
    world.create(policy("words", "echo goodbye > /dev/termination-log; exit 1", "Never"));
    world.settle();
    assertThat(world.container("words").at("/state/terminated/message").asText())
        .isEqualTo("goodbye");
  }

  @Test
  void aDeletionThatTheApiRefusesForAWhileIsTriedAgain() {
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.settle();
    world.api.faults().unreachable(2, FakeFaults.request("DELETE", "/pods/web"));
    world.delete("web", 5);
    world.advance(Duration.ofSeconds(5));
    assertThat(world.find("web")).isEmpty();
    assertThat(world.driver.sandboxes()).isEmpty();
  }
}
