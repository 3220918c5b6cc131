package io.berth.agent.network.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.network.Family;
import io.berth.agent.process.Command;
import io.berth.api.time.SystemEnvironment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A large cluster's policies in a real kernel. */
@Tag("real")
@Timeout(90)
class PolicyScaleTest {
  private static final Logger log = LoggerFactory.getLogger(PolicyScaleTest.class);
  private static final int PODS = 10_000;
  private static final int LOCAL = 110;
  private static final int POLICIES = 1_000;
  private static final int APPS = 50;

  private final PolicyModel model = new PolicyModel(List.of(Family.IPV4), new Resolver(List.of()));

  private void pod(int i, String app) {
    String address = "10.%d.%d.%d".formatted(i >> 16, i >> 8 & 255, i & 255);
    Map<String, String> labels = Map.of("app", app, "tier", "t" + i % 7);
    model.pod(
        "p" + i,
        new NetPod(
            "p" + i,
            "default",
            "p" + i,
            "",
            i < LOCAL,
            false,
            labels,
            List.of(address),
            List.of()));
  }

  /** Every fifth allows all pods of the namespace. */
  private void policy(int i, int port) {
    String peer = i % 5 == 0 ? "{}" : "{matchLabels: {app: a%d}}".formatted((i * 7 + 1) % APPS);
    String text =
        """
        metadata: {name: p%d, namespace: default}
        spec:
          podSelector: {matchLabels: {app: a%d}}
          ingress: [{from: [{podSelector: %s}], ports: [{port: %d}]}]
          egress: [{to: [{podSelector: %s}]}, {to: [{ipBlock: {cidr: 10.0.%d.0/24}}]}]
        """
            .formatted(i, i % APPS, peer, port, peer, i % 256);
    model.policy("default", "p" + i, Policy.of(PolicyWorld.yaml(text)));
  }

  @Test
  void aThousandPoliciesAndTenThousandPodsChangeQuickly() {
    String name = "bps" + ProcessHandle.current().pid() % 10_000;
    try (SystemEnvironment environment = new SystemEnvironment()) {
      Command here = new Command(environment);
      here.run("ip", "netns", "add", name);
      try {
        Command command = new Command(environment, List.of("ip", "netns", "exec", name));
        FilterTable table =
            new FilterTable(
                script -> command.run(List.of("nft", "-f", "-"), script),
                new FilterRules("t", Family.IPV4, false));
        model.namespace("default", Map.of());
        for (int i = 0; i < PODS; i++) {
          pod(i, "a" + i % APPS);
        }
        for (int i = 0; i < POLICIES; i++) {
          policy(i, 1_000 + i);
        }
        log.info("all millis={}", millis(table));
        long slowest = 0;
        for (int i = 0; i < 10; i++) {
          pod(5_000 + i, "a" + (i + 1) % APPS);
          slowest = Math.max(slowest, millis(table));
        }
        log.info("a pod elsewhere millis={}", slowest);
        for (int i = 0; i < 10; i++) {
          pod(i, "a" + (i + 1) % APPS);
          slowest = Math.max(slowest, millis(table));
        }
        log.info("a pod here millis={}", slowest);
        for (int i = 0; i < 10; i++) {
          policy(i, 10_000 + i);
          slowest = Math.max(slowest, millis(table));
        }
        log.info("a policy millis={}", slowest);
        assertThat(slowest).isLessThan(Duration.ofSeconds(1).toMillis());
      } finally {
        here.attempt("ip", "netns", "delete", name);
      }
    }
  }

  private long millis(FilterTable table) {
    long begun = System.nanoTime();
    table.apply(model.state(Family.IPV4));
    model.told();
    return Duration.ofNanos(System.nanoTime() - begun).toMillis();
  }
}
