package io.berth.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.network.HostPort;
import io.berth.agent.network.HostPorts;
import io.berth.agent.probe.ProbeRunner;
import io.berth.agent.runtime.RuntimeDriver.Feature;
import io.berth.agent.runtime.fake.FakeProcess;
import io.berth.api.resource.Resources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hooks, restart rules and grace periods of pods, under simulated time. */
class PodLifeTest {
  @TempDir Path directory;
  private AgentWorld world;

  @BeforeEach
  void start() {
    world = new AgentWorld(1, directory).start();
  }

  private static ObjectNode lifecycle(ObjectNode pod) {
    return AgentWorld.main(pod).withObject("/lifecycle");
  }

  @Test
  void aPauseBeforeTheStopIsKeptAndCountsAsGrace() {
    world.driver.script(spec -> FakeProcess.stubborn());
    ObjectNode pod = AgentWorld.pod("paused");
    lifecycle(pod).putObject("preStop").putObject("sleep").put("seconds", 4);
    world.create(pod);
    world.settle();
    world.delete("paused", 10);
    world.advance(Duration.ofSeconds(3));
    assertThat(stops()).isEmpty();
    world.advance(Duration.ofSeconds(2));
    assertThat(stops()).singleElement().asString().endsWith(" 6");
    world.advance(Duration.ofSeconds(6));
    assertThat(world.find("paused")).isEmpty();
  }

  private List<String> stops() {
    return world.driver.faults().calls().stream()
        .filter(call -> call.startsWith("stopContainer"))
        .toList();
  }

  @Test
  void aContainerWhoseHookTookAllItsGraceStillHasTwoSeconds() {
    world.driver.script(spec -> FakeProcess.stubborn());
    ObjectNode pod = AgentWorld.pod("paused");
    lifecycle(pod).putObject("preStop").putObject("sleep").put("seconds", 100);
    world.create(pod);
    world.settle();
    world.delete("paused", 5);
    world.advance(Duration.ofSeconds(6));
    assertThat(stops()).singleElement().asString().endsWith(" 2");
    world.advance(Duration.ofSeconds(3));
    assertThat(world.find("paused")).isEmpty();
  }

  @Test
  void aFailedHookAfterTheStartEndsTheContainer() {
    ObjectNode pod = AgentWorld.pod("hooked", "sleep infinity");
    lifecycle(pod).putObject("postStart").putObject("tcpSocket").put("port", 80);
    world.create(pod);
    world.settle();
    assertThat(world.events("hooked"))
        .contains("FailedPostStartHook: PostStartHook failed", "Killing: FailedPostStartHook");
    world.advance(Duration.ofSeconds(1));
    assertThat(world.container("hooked").at("/lastState/terminated").isObject()).isTrue();
  }

  @Test
  void aFailedHookBeforeTheStopIsToldAndTheContainerStopped() {
    ObjectNode pod = AgentWorld.pod("hooked", "sleep infinity");
    lifecycle(pod)
        .putObject("preStop")
        .putObject("exec")
        .putArray("command")
        .add("sh")
        .add("-c")
        .add("echo secret; exit 3");
    world.create(pod);
    world.settle();
    world.delete("hooked", 10);
    world.advance(Duration.ofSeconds(2));
    assertThat(world.find("hooked")).isEmpty();
    assertThat(world.events("hooked")).contains("FailedPreStopHook: PreStopHook failed");
  }

  @Test
  void aFailedLivenessProbeStopsWithItsOwnGrace() {
    world.driver.script(spec -> FakeProcess.stubborn());
    ObjectNode pod = AgentWorld.pod("live");
    ObjectNode probe = AgentWorld.main(pod).putObject("livenessProbe");
    probe.put("periodSeconds", 1).put("failureThreshold", 1);
    probe.put("terminationGracePeriodSeconds", 7).putObject("grpc").put("port", 80);
    world.probes = (p, target, timeout) -> new ProbeRunner.Result(false, "broken");
    world.create(pod);
    world.advance(Duration.ofSeconds(2));
    assertThat(stops()).singleElement().asString().endsWith(" 7");
  }

  @ParameterizedTest
  @CsvSource({
    // pod, container, operator, code of the rule, exit code, phase
    "Never,OnFailure,,,3,Running",
    "Never,OnFailure,,,0,Succeeded",
    "Always,Never,,,0,Succeeded",
    "Always,Never,,,3,Failed",
    "Always,OnFailure,,,3,Running",
    "Never,Never,In,3,3,Running",
    "Never,Never,In,4,3,Failed",
    "Always,Never,NotIn,4,3,Running",
    "OnFailure,Always,In,4,0,Running",
  })
  void aContainersOwnRestartPolicyGoesBeforeThePods(
      String pods, String own, String operator, Integer value, int code, String phase) {
    ObjectNode pod = AgentWorld.pod("own", "exit " + code);
    AgentWorld.spec(pod).put("restartPolicy", pods);
    AgentWorld.main(pod).put("restartPolicy", own);
    if (operator != null) {
      ObjectNode rule = AgentWorld.main(pod).putArray("restartPolicyRules").addObject();
      rule.put("action", "Restart").putObject("exitCodes").put("operator", operator);
      rule.withObject("/exitCodes").putArray("values").add(value);
    }
    world.create(pod);
    world.settle();
    assertThat(world.phase("own")).isEqualTo(phase);
    int restarts = world.container("own").path("restartCount").asInt();
    assertThat(restarts > 0).isEqualTo(phase.equals("Running"));
  }

  @Test
  void aLostSandboxIsMadeAnewForAContainerThatIsToRestart() {
    ObjectNode pod = AgentWorld.pod("lost", "sleep infinity");
    AgentWorld.spec(pod).put("restartPolicy", "Never");
    AgentWorld.main(pod).put("restartPolicy", "Always");
    world.create(pod);
    world.settle();
    world.driver.lose(world.driver.sandboxes().getFirst().id());
    world.settle();
    assertThat(world.phase("lost")).isEqualTo("Running");
  }

  @Test
  void theMessagesOfManyContainersAreCutToTheirShare() {
    ObjectNode pod = AgentWorld.pod("words");
    AgentWorld.spec(pod).put("restartPolicy", "Never");
    for (int i = 0; i < 5; i++) {
      ObjectNode more = AgentWorld.main(pod).deepCopy().put("name", "more" + i);
      AgentWorld.spec(pod).withArray("containers").add(more);
    }
    world.driver.script(
        spec -> new FakeProcess(Duration.ZERO, 1, "", "", false, "ä".repeat(2_000)));
    world.create(pod);
    world.settle();
    assertThat(world.container("words").at("/state/terminated/message").asText())
        .isEqualTo("ä".repeat(1_024));
  }

  @Test
  void aPodsNameForItselfMayBeOverridden() {
    ObjectNode pod = AgentWorld.pod("named");
    AgentWorld.spec(pod).put("hostnameOverride", "other.example").put("hostname", "h");
    world.create(pod);
    ObjectNode longer = AgentWorld.pod("longer");
    AgentWorld.spec(longer).put("hostname", "h".repeat(40)).put("subdomain", "s".repeat(20));
    AgentWorld.spec(longer).put("setHostnameAsFQDN", true);
    world.create(longer);
    world.settle();
    assertThat(world.phase("named")).isEqualTo("Running");
    assertThat(world.driver.specs().getFirst().hostname()).isEqualTo("other.example");
    assertThat(world.phase("longer")).isEqualTo("Pending");
    assertThat(world.events("longer"))
        .anyMatch(event -> event.contains("is too long (64 characters is the max, 87"));
  }

  private void rejected(String name, String reason, String why) {
    assertThat(world.phase(name)).isEqualTo("Failed");
    assertThat(world.status(name).path("reason").asText()).isEqualTo(reason);
    assertThat(world.status(name).path("message").asText()).isEqualTo("Pod was rejected: " + why);
    assertThat(world.status(name).has("containerStatuses")).isFalse();
    assertThat(world.events(name)).contains(reason + ": " + why);
    assertThat(world.driver.specs()).noneMatch(spec -> spec.name().equals(name));
  }

  private static ObjectNode security(ObjectNode pod) {
    return AgentWorld.spec(pod).withObject("/securityContext");
  }

  @Test
  void kernelParametersThatReachOthersAreForbidden() {
    for (String name :
        List.of("vm.swappiness", "net.ipv4.tcp_syncookies", "kernel/shm_rmid_forced")) {
      ObjectNode pod = AgentWorld.pod(name.replaceAll("[._/]", "-"));
      security(pod).putArray("sysctls").addObject().put("name", name).put("value", "1");
      AgentWorld.spec(pod).put("hostNetwork", name.startsWith("net"));
      world.create(pod);
    }
    world.settle();
    rejected(
        "vm-swappiness", "SysctlForbidden", "forbidden sysctl: \"vm.swappiness\" not allowlisted");
    rejected(
        "net-ipv4-tcp-syncookies",
        "SysctlForbidden",
        "forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host Net enabled");
    assertThat(world.phase("kernel-shm-rmid-forced")).isEqualTo("Running");
    assertThat(world.driver.specs().getFirst().namespaces().sysctls())
        .containsExactly(entry("kernel.shm_rmid_forced", "1"));
    world.kill();
    world.start();
    assertThat(world.status("vm-swappiness").has("containerStatuses")).isFalse();
  }

  @Test
  void whatTheMachineCannotEnforceIsRejected() {
    ObjectNode armed = AgentWorld.pod("armed");
    security(armed).putObject("appArmorProfile").put("type", "RuntimeDefault");
    world.create(armed);
    ObjectNode strict = AgentWorld.pod("strict");
    security(strict).put("supplementalGroupsPolicy", "Strict");
    world.create(strict);
    world.settle();
    rejected("armed", "AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host");
    rejected(
        "strict",
        "SupplementalGroupsPolicyNotSupported",
        "SupplementalGroupsPolicy=Strict is not supported in this node");
    world.driver.features(Set.of(Feature.APP_ARMOR));
    ObjectNode later = armed.deepCopy();
    later.withObject("/metadata").put("name", "later");
    world.create(later);
    world.settle();
    assertThat(world.phase("later")).isEqualTo("Running");
  }

  private static ObjectNode onPort(String name, int port, String address) {
    ObjectNode pod = AgentWorld.pod(name, "sleep infinity");
    ObjectNode json = AgentWorld.main(pod).putArray("ports").addObject();
    json.put("containerPort", 80).put("hostPort", port).put("protocol", "TCP");
    json.put("hostIP", address);
    return pod;
  }

  @Test
  void aPortOfTheNodeIsGivenOnceUntilItsPodIsGone() {
    world.create(onPort("first", 8080, "192.0.2.1"));
    world.settle();
    world.create(onPort("other", 8080, "192.0.2.2"));
    world.create(onPort("second", 8080, "0.0.0.0"));
    world.settle();
    assertThat(world.phase("other")).isEqualTo("Running");
    rejected(
        "second",
        "NodePorts",
        "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
    world.delete("first", 5);
    world.delete("other", 5);
    world.advance(Duration.ofSeconds(3));
    world.create(onPort("third", 8080, ""));
    world.settle();
    assertThat(world.phase("third")).isEqualTo("Running");
    world.kill();
    world.start();
    assertThat(world.phase("third")).isEqualTo("Running");
    world.create(onPort("fourth", 8080, ""));
    world.settle();
    assertThat(world.phase("fourth")).isEqualTo("Failed");
  }

  private void debug(String pod, String name, String target, String script) {
    ObjectNode changed = world.find(pod).orElseThrow();
    ObjectNode container = AgentWorld.spec(changed).withArray("ephemeralContainers").addObject();
    container.put("name", name).put("image", "busybox").put("imagePullPolicy", "Never");
    container.putArray("command").add("sh").add("-c").add(script);
    if (!target.isEmpty()) {
      container.put("targetContainerName", target);
    }
    world.api.put(Resources.PODS, changed);
    world.settle();
  }

  private JsonNode debugger(String pod, int index) {
    return world.status(pod).path("ephemeralContainerStatuses").get(index);
  }

  @Test
  void aContainerIsAddedToARunningPodAndNeverRestarted() {
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.settle();
    debug("web", "look", "main", "sleep 5; exit 3");
    assertThat(debugger("web", 0).path("state").has("running")).isTrue();
    assertThat(world.driver.spec("look").targetId())
        .isEqualTo(world.container("web").path("containerID").asText().split("://", 2)[1]);
    world.advance(Duration.ofSeconds(30));
    assertThat(debugger("web", 0).at("/state/terminated/exitCode").asInt()).isEqualTo(3);
    assertThat(world.phase("web")).isEqualTo("Running");
    assertThat(world.condition("web", "Ready")).isEqualTo("True");
    world.kill();
    world.start();
    debug("web", "again", "", "sleep infinity");
    assertThat(debugger("web", 0).path("restartCount").asInt()).isZero();
    assertThat(debugger("web", 1).path("state").has("running")).isTrue();
    assertThat(world.container("web").path("restartCount").asInt()).isZero();
    world.delete("web", 5);
    world.advance(Duration.ofSeconds(5));
    assertThat(world.find("web")).isEmpty();
    assertThat(world.driver.present()).isEmpty();
  }

  @Test
  void aContainerForAnUnknownTargetWaits() {
    world.create(AgentWorld.pod("web", "sleep infinity"));
    world.settle();
    debug("web", "look", "other", "sleep infinity");
    assertThat(debugger("web", 0).at("/state/waiting/reason").asText())
        .isEqualTo("CreateContainerConfigError");
    assertThat(debugger("web", 0).at("/state/waiting/message").asText())
        .isEqualTo("unable to find target container other");
    assertThat(world.phase("web")).isEqualTo("Running");
  }

  @Test
  void aPodThatEndsTakesItsAddedContainersAlong() {
    ObjectNode pod = AgentWorld.pod("job", "sleep 5");
    AgentWorld.spec(pod).put("restartPolicy", "Never");
    world.create(pod);
    world.settle();
    debug("job", "look", "", "sleep infinity");
    world.advance(Duration.ofSeconds(6));
    assertThat(world.phase("job")).isEqualTo("Succeeded");
    assertThat(world.running(world.driver)).isZero();
  }

  @Test
  void thePortsOfTheNodeLeadToThePodWhileItRuns() {
    world.create(onPort("web", 8080, ""));
    world.settle();
    String uid = world.find("web").orElseThrow().at("/metadata/uid").asText();
    HostPorts.Target target =
        new HostPorts.Target(
            world.status("web").path("podIP").asText(), Set.of(new HostPort("TCP", "", 8080, 80)));
    assertThat(world.published).containsExactly(entry(uid, target));
    world.published.clear();
    world.kill();
    world.start();
    assertThat(world.published).containsExactly(entry(uid, target));
    world.driver.lose(world.driver.sandboxes().getFirst().id());
    world.settle();
    String ip = world.status("web").path("podIP").asText();
    assertThat(world.published)
        .containsExactly(entry(uid, new HostPorts.Target(ip, target.ports())));
    world.delete("web", 5);
    world.advance(Duration.ofSeconds(3));
    assertThat(world.published).isEmpty();
  }

  @Test
  void aPodWithTheNodesNetworkHasItsAddressWhateverBecomesOfIt() {
    ObjectNode pod = AgentWorld.pod("host", "exit 0");
    AgentWorld.spec(pod).put("hostNetwork", true).put("restartPolicy", "Never");
    world.create(pod);
    world.settle();
    assertThat(world.phase("host")).isEqualTo("Succeeded");
    assertThat(world.status("host").path("podIP").asText()).isEqualTo("192.0.2.1");
  }

  @Test
  void aPodOfAGangRuns() {
    ObjectNode pod = AgentWorld.pod("member", "sleep infinity");
    AgentWorld.spec(pod).putObject("schedulingGroup").put("podGroupName", "gang");
    world.create(pod);
    world.settle();
    assertThat(world.phase("member")).isEqualTo("Running");
  }
}
