package io.berth.agent.network.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Kubernetes' documentation and the common recipes say that policies do. */
class PolicyExamplesTest {
  private final PolicyWorld world = new PolicyWorld();

  @BeforeEach
  void pods() {
    world.namespace("other", Map.of("purpose", "production", "project", "myproject"));
    world.namespace("dev", Map.of("namespace", "development"));
    world.pod("default/db", true, "10.244.0.5", "role=db,app=db", "redis:tcp:6379");
    world.pod("default/web", true, "10.244.0.6", "role=frontend,app=web", "http:tcp:8080");
    world.pod("default/far", false, "10.244.1.7", "role=frontend", "http:tcp:80");
    world.pod("default/plain", true, "10.244.0.8", "");
    world.pod("other/client", false, "10.244.1.9", "role=client,type=monitoring", "http:tcp:8081");
    world.pod("other/plain", false, "10.244.1.10", "");
    world.pod("dev/six", true, "fd00::5", "role=db");
    world.pod("dev/seven", false, "fd00::7", "role=client");
  }

  @Test
  void withoutPoliciesEverythingPasses() {
    assertThat(world.passes("other/client", "default/db", 6379)).isTrue();
    assertThat(world.passes("default/db", "1.1.1.1", 443)).isTrue();
    assertThat(world.reachesNode("default/db", "192.0.2.1", "tcp", 6443)).isTrue();
  }

  @Test
  void theDocumentedExampleIsolatesBothWaysAndAllowsWhatItNames() {
    world.policy(
        """
        metadata: {name: test-network-policy, namespace: default}
        spec:
          podSelector:
            matchLabels: {role: db}
          policyTypes: [Ingress, Egress]
          ingress:
          - from:
            - ipBlock:
                cidr: 172.17.0.0/16
                except: [172.17.1.0/24]
            - namespaceSelector:
                matchLabels: {project: myproject}
            - podSelector:
                matchLabels: {role: frontend}
            ports:
            - {protocol: TCP, port: 6379}
          egress:
          - to:
            - ipBlock: {cidr: 10.0.0.0/24}
            ports:
            - {protocol: TCP, port: 5978}
        """);
    assertThat(world.passes("172.17.0.255", "default/db", 6379)).isTrue();
    assertThat(world.passes("172.17.2.0", "default/db", 6379)).isTrue();
    assertThat(world.passes("172.17.1.7", "default/db", 6379)).isFalse();
    assertThat(world.passes("172.18.0.0", "default/db", 6379)).isFalse();
    assertThat(world.passes("other/plain", "default/db", 6379)).isTrue();
    assertThat(world.passes("default/web", "default/db", 6379)).isTrue();
    assertThat(world.passes("default/far", "default/db", 6379)).isTrue();
    assertThat(world.passes("default/plain", "default/db", 6379)).isFalse();
    assertThat(world.passes("default/web", "default/db", 6380)).isFalse();
    assertThat(world.passes("default/web", "default/db", "udp", 6379)).isFalse();
    assertThat(world.passes("default/db", "10.0.0.9", 5978)).isTrue();
    assertThat(world.passes("default/db", "10.0.0.9", 5979)).isFalse();
    assertThat(world.passes("default/db", "10.0.1.9", 5978)).isFalse();
    assertThat(world.passes("default/plain", "default/web", 1)).isTrue();
    assertThat(world.passes("172.17.1.7", "10.244.1.7", 6379)).as("not ours").isTrue();
  }

  @Test
  void twoElementsOfFromAreAlternativesAndOneWithTwoSelectorsIsBoth() {
    String head =
        """
        metadata: {name: p}
        spec:
          podSelector: {matchLabels: {role: db}}
          ingress:
          - from:
            - namespaceSelector: {matchLabels: {purpose: production}}
        """;
    world.policy(head + "      podSelector: {matchLabels: {role: client}}\n");
    assertThat(world.passes("other/client", "default/db", 1)).isTrue();
    assertThat(world.passes("other/plain", "default/db", 1)).isFalse();
    assertThat(world.passes("default/far", "default/db", 1)).isFalse();
    world.policy(head + "    - podSelector: {matchLabels: {role: frontend}}\n");
    assertThat(world.passes("other/plain", "default/db", 1)).isTrue();
    assertThat(world.passes("default/far", "default/db", 1)).isTrue();
    assertThat(world.passes("default/plain", "default/db", 1)).isFalse();
  }

  @Test
  void denyAllIngressLeavesEgressAndThePodItself() {
    world.policy(
        "metadata: {name: default-deny-ingress}\nspec: {podSelector: {}, policyTypes: [Ingress]}");
    assertThat(world.passes("default/web", "default/db", 1)).isFalse();
    assertThat(world.passes("1.2.3.4", "default/web", 1)).isFalse();
    assertThat(world.passes("default/web", "default/far", 1)).isTrue();
    assertThat(world.passes("default/web", "default/web", 1)).isTrue();
    assertThat(world.passes("dev/seven", "dev/six", 1)).as("another namespace").isTrue();
  }

  @Test
  void allowAllIngressWinsOverDenyAll() {
    world.policy("metadata: {name: deny}\nspec: {podSelector: {}, policyTypes: [Ingress]}");
    world.policy("metadata: {name: allow-all}\nspec: {podSelector: {}, ingress: [{}]}");
    assertThat(world.passes("other/plain", "default/db", 1)).isTrue();
    assertThat(world.passes("1.2.3.4", "default/db", "udp", 1)).isTrue();
  }

  @Test
  void denyAllEgressLeavesIngressAndClosesTheResolver() {
    world.policy("metadata: {name: d}\nspec: {podSelector: {}, policyTypes: [Egress]}");
    assertThat(world.passes("default/db", "1.1.1.1", 443)).isFalse();
    assertThat(world.passes("default/db", "default/far", 80)).isFalse();
    assertThat(world.passes("other/client", "default/db", 6379)).isTrue();
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "udp", 53)).isFalse();
    assertThat(world.reachesNode("default/db", "192.0.2.1", "tcp", 6443)).isFalse();
    assertThat(world.passes("default/db", "default/db", 1)).as("itself").isTrue();
  }

  @Test
  void allowAllEgressOpensEverything() {
    world.policy(
        "metadata: {name: a}\nspec: {podSelector: {}, egress: [{}], policyTypes: [Egress]}");
    assertThat(world.passes("default/db", "1.1.1.1", 443)).isTrue();
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "udp", 53)).isTrue();
    assertThat(world.reachesNode("default/db", "192.0.2.1", "tcp", 6443)).isTrue();
  }

  @Test
  void denyAllBothWays() {
    world.policy("metadata: {name: d}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}");
    assertThat(world.passes("default/db", "default/far", 80)).isFalse();
    assertThat(world.passes("default/far", "default/db", 80)).isFalse();
  }

  @Test
  void aRangeOfPorts() {
    world.policy(
        """
        metadata: {name: multi-port-egress}
        spec:
          podSelector: {matchLabels: {role: db}}
          policyTypes: [Egress]
          egress:
          - to:
            - ipBlock: {cidr: 10.0.0.0/24}
            ports:
            - {protocol: TCP, port: 32000, endPort: 32768}
            - {protocol: SCTP}
        """);
    assertThat(world.passes("default/db", "10.0.0.1", 32000)).isTrue();
    assertThat(world.passes("default/db", "10.0.0.1", 32768)).isTrue();
    assertThat(world.passes("default/db", "10.0.0.1", 31999)).isFalse();
    assertThat(world.passes("default/db", "10.0.0.1", 32769)).isFalse();
    assertThat(world.passes("default/db", "10.0.0.1", "sctp", 1)).isTrue();
  }

  @Test
  void namespacesBySeveralNames() {
    world.policy(
        """
        metadata: {name: egress-namespaces}
        spec:
          podSelector: {matchLabels: {app: web}}
          policyTypes: [Egress]
          egress:
          - to:
            - namespaceSelector:
                matchExpressions:
                - {key: namespace, operator: In, values: [frontend, backend]}
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: other}
        """);
    assertThat(world.passes("default/web", "other/plain", 1)).isTrue();
    assertThat(world.passes("default/web", "default/db", 1)).isFalse();
    world.namespace("other", Map.of());
    assertThat(world.passes("default/web", "other/plain", 1)).isTrue();
    world.namespace("default", Map.of("namespace", "backend"));
    assertThat(world.passes("default/web", "default/db", 1)).isTrue();
  }

  @Test
  void portNamesOfIngressAreThePodsOwn() {
    world.policy(
        """
        metadata: {name: named}
        spec:
          podSelector: {}
          ingress:
          - ports: [{port: http}, {port: redis}]
        """);
    assertThat(world.passes("other/plain", "default/web", 8080)).isTrue();
    assertThat(world.passes("other/plain", "default/web", 6379)).isFalse();
    assertThat(world.passes("other/plain", "default/db", 6379)).isTrue();
    assertThat(world.passes("other/plain", "default/db", 8080)).isFalse();
    assertThat(world.passes("other/plain", "default/plain", 8080)).isFalse();
  }

  @Test
  void portNamesOfEgressAreThePeers() {
    world.policy(
        """
        metadata: {name: named}
        spec:
          podSelector: {matchLabels: {role: db}}
          policyTypes: [Egress]
          egress:
          - to: [{namespaceSelector: {}}]
            ports: [{port: http}]
        """);
    assertThat(world.passes("default/db", "default/web", 8080)).isTrue();
    assertThat(world.passes("default/db", "default/web", 80)).isFalse();
    assertThat(world.passes("default/db", "default/far", 80)).isTrue();
    assertThat(world.passes("default/db", "other/client", 8081)).isTrue();
    assertThat(world.passes("default/db", "other/plain", 80)).isFalse();
    world.pod("other/client", false, "10.244.1.9", "role=client", "http:tcp:9999");
    assertThat(world.passes("default/db", "other/client", 8081)).isFalse();
    assertThat(world.passes("default/db", "other/client", 9999)).isTrue();
  }

  @Test
  void theResolverCountsAsKubeDns() {
    String allow =
        """
        metadata: {name: dns}
        spec:
          podSelector: {}
          policyTypes: [Egress]
          egress:
          - to:
            - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
              podSelector: {matchLabels: {k8s-app: %s}}
            ports: [{protocol: UDP, port: 53}]
        """;
    world.policy(allow.formatted("kube-dns"));
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "udp", 53)).isTrue();
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "tcp", 53)).isFalse();
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "tcp", 6443)).isFalse();
    world.policy(allow.formatted("other"));
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "udp", 53)).isFalse();
  }

  @Test
  void theResolverIsOneOfAllPodsButTheNodeIsNot() {
    world.policy(
        """
        metadata: {name: dns, namespace: dev}
        spec:
          podSelector: {}
          policyTypes: [Egress]
          egress: [{to: [{namespaceSelector: {}}]}]
        """);
    assertThat(world.reachesNode("dev/six", PolicyWorld.GATEWAY6, "udp", 53)).isTrue();
    assertThat(world.reachesNode("dev/six", PolicyWorld.GATEWAY6, "tcp", 53)).isTrue();
    assertThat(world.reachesNode("dev/six", PolicyWorld.GATEWAY6, "tcp", 22)).isFalse();
    assertThat(world.reachesNode("dev/six", "fd00::99", "udp", 53)).isFalse();
  }

  @Test
  void theResolverIsAllowedByItsPortNameAndByPortAlone() {
    String rule =
        "metadata: {name: d}\nspec: {podSelector: {}, policyTypes: [Egress], egress: [%s]}";
    world.policy(rule.formatted("{ports: [{port: 53, protocol: UDP}]}"));
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "udp", 53)).isTrue();
    assertThat(world.passes("default/db", "8.8.8.8", "udp", 53)).isTrue();
    world.policy(rule.formatted("{ports: [{port: dns-tcp}]}"));
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "tcp", 53)).isTrue();
    assertThat(world.reachesNode("default/db", PolicyWorld.GATEWAY, "udp", 53)).isFalse();
  }

  @Test
  void addressesOfVersionSixAreJudgedAlike() {
    world.policy(
        """
        metadata: {name: six, namespace: dev}
        spec:
          podSelector: {matchLabels: {role: db}}
          policyTypes: [Ingress, Egress]
          ingress:
          - from: [{podSelector: {matchLabels: {role: client}}}]
            ports: [{port: 80}]
          egress:
          - to: [{ipBlock: {cidr: "2001:db8::/32", except: ["2001:db8:1::/48"]}}, {ipBlock: {cidr: 0.0.0.0/0}}]
        """);
    assertThat(world.passes("dev/seven", "dev/six", 80)).isTrue();
    assertThat(world.passes("dev/seven", "dev/six", 81)).isFalse();
    assertThat(world.passes("fd00::8", "dev/six", 80)).isFalse();
    assertThat(world.passes("dev/six", "2001:db8:2::1", 1)).isTrue();
    assertThat(world.passes("dev/six", "2001:db8:1::1", 1)).isFalse();
    assertThat(world.passes("dev/six", "2001:db9::1", 1)).isFalse();
  }

  @Test
  void withoutTypesAPolicyIsOfIngressAndOfEgressWhereItHasRules() {
    world.policy("metadata: {name: p}\nspec: {podSelector: {matchLabels: {role: db}}}");
    assertThat(world.passes("default/web", "default/db", 1)).isFalse();
    assertThat(world.passes("default/db", "default/web", 1)).isTrue();
    world.policy(
        """
        metadata: {name: p}
        spec:
          podSelector: {matchLabels: {role: db}}
          egress: [{to: [{podSelector: {matchLabels: {app: web}}}]}]
        """);
    assertThat(world.passes("default/db", "default/web", 1)).isTrue();
    assertThat(world.passes("default/db", "default/plain", 1)).isFalse();
  }

  @Test
  void bothSidesMustAllow() {
    world.policy(
        "metadata: {name: out}\n"
            + "spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to:"
            + " [{podSelector: {}}]}]}");
    assertThat(world.passes("default/web", "default/db", 1)).isTrue();
    world.policy("metadata: {name: in}\nspec: {podSelector: {matchLabels: {role: db}}}");
    assertThat(world.passes("default/web", "default/db", 1)).isFalse();
  }

  @Test
  void anAddressBelongsToTheYoungestThatClaimsIt() {
    world.policy(
        "metadata: {name: p}\n"
            + "spec: {podSelector: {matchLabels: {role: db}}, ingress: [{from: [{podSelector:"
            + " {matchLabels: {role: frontend}}}]}]}");
    assertThat(world.passes("default/far", "default/db", 1)).isTrue();
    NetPod heir =
        new NetPod(
            "heir",
            "default",
            "heir",
            "2026-01-02T00:00:00Z",
            false,
            false,
            Map.of(),
            java.util.List.of("10.244.1.7"),
            java.util.List.of());
    world.model.pod("heir", heir);
    assertThat(world.passes("10.244.1.7", "default/db", 1)).isFalse();
    world.model.pod("default/far", null);
    assertThat(world.passes("10.244.1.7", "default/db", 1)).isFalse();
    world.model.pod("heir", null);
    assertThat(world.passes("10.244.1.7", "default/db", 1)).isFalse();
  }
}
