package io.berth.apiserver.authz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.apiserver.authz.PolicySource.PolicyObject;
import io.berth.apiserver.server.Authorizer.Access;
import io.berth.apiserver.server.Authorizer.Decision;
import io.berth.apiserver.server.Identity;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RbacAuthorizerTest {
  private static final List<String> VERBS = List.of("get", "list", "create", "bind", "*");
  private static final List<String> GROUPS = List.of("", "apps", "*");
  private static final List<String> RESOURCES =
      List.of("pods", "pods/log", "*/log", "deployments", "scale", "*");
  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final List<String> URLS = List.of("/x", "/x/*", "/y", "*", "/x/y/*");
  private static final List<String> NAMESPACES = List.of("n1", "n2", "n3");
  private static final List<String> USERS = List.of("u1", "u2", "system:serviceaccount:n1:s");

  private final TestingPolicies policies = new TestingPolicies();
  private final RbacAuthorizer rbac = new RbacAuthorizer(policies);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theIndexAnswersAsReadingEveryRuleWould(long seed) {
    Random random = new Random(seed);
    int allowed = 0;
    for (int round = 0; round < 20; round++) {
      change(random);
      for (int i = 0; i < 200; i++) {
        Identity who = identity(random);
        Access what = access(random);
        Decision decision = rbac.decide(who, what);
        assertThat(decision.allowed())
            .as("seed %s round %s: %s wants %s", seed, round, who, what)
            .isEqualTo(naive(who, what));
        allowed += decision.allowed() ? 1 : 0;
      }
    }
    assertThat(allowed).as("the random policies must both allow and refuse").isBetween(100, 3900);
  }

  private void change(Random random) {
    for (int i = 0; i < 6; i++) {
      String name = "r" + random.nextInt(6);
      String namespace = random.nextBoolean() ? "" : pick(random, NAMESPACES);
      boolean cluster = namespace.isEmpty();
      ObjectNode object = named(namespace, name);
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          rules(random, cluster, object.putArray("rules"));
          policies.put(cluster ? "clusterroles" : "roles", object);
        }
        case 2, 3 -> {
          object
              .putObject("roleRef")
              .put("kind", cluster || random.nextBoolean() ? "ClusterRole" : "Role")
              .put("name", "r" + random.nextInt(6));
          subjects(random, object.putArray("subjects"));
          policies.put(cluster ? "clusterrolebindings" : "rolebindings", object);
        }
        default ->
            policies.remove(
                pick(
                    random,
                    List.of("roles", "clusterroles", "rolebindings", "clusterrolebindings")),
                namespace + "/" + name);
      }
    }
  }

  private static ObjectNode named(String namespace, String name) {
    ObjectNode object = Json.object();
    object.putObject("metadata").put("name", name).put("namespace", namespace);
    return object;
  }

  private static void rules(Random random, boolean cluster, ArrayNode rules) {
    for (int i = random.nextInt(3); i >= 0; i--) {
      ObjectNode rule = rules.addObject();
      some(random, VERBS, rule.putArray("verbs"));
      if (cluster && random.nextInt(3) == 0) {
        some(random, URLS, rule.putArray("nonResourceURLs"));
        continue;
      }
      some(random, GROUPS, rule.putArray("apiGroups"));
      some(random, RESOURCES, rule.putArray("resources"));
      if (random.nextBoolean()) {
        some(random, NAMES, rule.putArray("resourceNames"));
      }
    }
  }

  private static void subjects(Random random, ArrayNode subjects) {
    for (int i = random.nextInt(2); i >= 0; i--) {
      ObjectNode subject = subjects.addObject();
      switch (random.nextInt(3)) {
        case 0 -> subject.put("kind", "User").put("name", pick(random, USERS));
        case 1 -> subject.put("kind", "Group").put("name", "g" + random.nextInt(2));
        default -> {
          subject.put("kind", "ServiceAccount").put("name", "s");
          if (random.nextBoolean()) {
            subject.put("namespace", pick(random, NAMESPACES));
          }
        }
      }
    }
  }

  private static void some(Random random, List<String> from, ArrayNode into) {
    for (int i = random.nextInt(2); i >= 0; i--) {
      // "*" less often than the rest, or everything would be allowed
      String value = pick(random, from);
      into.add(value.equals("*") && random.nextInt(3) != 0 ? from.getFirst() : value);
    }
  }

  private static String pick(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static Identity identity(Random random) {
    List<String> groups = random.nextBoolean() ? List.of() : List.of("g" + random.nextInt(2));
    return new Identity(pick(random, USERS), "", groups, Map.of());
  }

  private static Access access(Random random) {
    String verb = pick(random, List.of("get", "list", "create", "bind", "watch"));
    if (random.nextInt(4) == 0) {
      return Access.path(verb, pick(random, List.of("/x", "/x/", "/x/y", "/y", "/y/z", "/x/y/z")));
    }
    return new Access(
        verb,
        pick(random, List.of("", "apps", "batch")),
        pick(random, List.of("pods", "deployments", "jobs", "scale")),
        pick(random, List.of("", "", "log", "scale")),
        random.nextInt(3) == 0 ? "" : pick(random, NAMESPACES),
        pick(random, List.of("", "a", "b", "z")),
        "",
        "",
        null);
  }

  /** Reads everything, indexes nothing, and shares no code with what it checks. */
  private boolean naive(Identity who, Access what) {
    for (String kind : List.of("clusterrolebindings", "rolebindings")) {
      for (PolicyObject binding : policies.objects(kind)) {
        boolean reaches =
            binding.namespace().isEmpty()
                || (!what.isPath() && binding.namespace().equals(what.namespace()));
        if (!reaches) {
          continue;
        }
        JsonNode tree = binding.tree();
        for (JsonNode subject : tree.path("subjects")) {
          if (is(who, subject, binding.namespace())
              && grants(tree.path("roleRef"), binding, what)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean is(Identity who, JsonNode subject, String bindingNamespace) {
    String name = subject.path("name").asText();
    return switch (subject.path("kind").asText()) {
      case "User" -> who.name().equals(name);
      case "Group" -> who.groups().contains(name);
      default -> {
        String namespace = subject.path("namespace").asText(bindingNamespace);
        yield !namespace.isEmpty()
            && who.name().equals("system:serviceaccount:" + namespace + ":" + name);
      }
    };
  }

  private boolean grants(JsonNode ref, PolicyObject binding, Access what) {
    boolean cluster = ref.path("kind").asText().equals("ClusterRole");
    for (PolicyObject role : policies.objects(cluster ? "clusterroles" : "roles")) {
      if (role.name().equals(ref.path("name").asText())
          && (cluster || role.namespace().equals(binding.namespace()))) {
        for (JsonNode rule : role.tree().path("rules")) {
          if (matches(rule, what)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean matches(JsonNode rule, Access what) {
    if (!in(rule.path("verbs"), what.verb(), true)) {
      return false;
    }
    if (what.isPath()) {
      for (JsonNode url : rule.path("nonResourceURLs")) {
        String pattern = url.asText().replace("*", ".*");
        if (what.path().matches(pattern)) {
          return true;
        }
      }
      return false;
    }
    boolean resource = in(rule.path("resources"), what.resourceText(), true);
    if (!what.subresource().isEmpty()) {
      resource |= in(rule.path("resources"), "*/" + what.subresource(), false);
    }
    return resource
        && in(rule.path("apiGroups"), what.group(), true)
        && (rule.path("resourceNames").isEmpty()
            || in(rule.path("resourceNames"), what.name(), false));
  }

  private static boolean in(JsonNode list, String value, boolean star) {
    for (JsonNode item : list) {
      if (item.asText().equals(value) || (star && item.asText().equals("*"))) {
        return true;
      }
    }
    return false;
  }

  @Test
  void aChangeIsInForceWithTheNextQuestionAndNothingIsReadWithoutOne() {
    policies.put(
        "clusterroles",
        json(
            "{'metadata':{'name':'r'},'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['pods']}]}"));
    policies.put(
        "rolebindings",
        json(
            "{'metadata':{'name':'b','namespace':'n'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':[{'kind':'User','name':'jane'}]}"));
    Identity jane = Identity.of("jane");
    Access get = Access.resource("get", "", "pods", "n", "p");
    assertThat(rbac.decide(jane, get))
        .isEqualTo(
            Decision.allow(
                "RBAC: allowed by RoleBinding \"b/n\" of ClusterRole \"r\" to User \"jane\""));
    int reads = policies.reads();
    assertThat(rbac.allows(jane, get)).isTrue();
    assertThat(rbac.allows(Identity.of("joe"), get)).isFalse();
    assertThat(rbac.allows(jane, Access.resource("get", "", "pods", "m", "p"))).isFalse();
    assertThat(policies.reads()).isEqualTo(reads);
    policies.remove("clusterroles", "/r");
    assertThat(rbac.decide(jane, get))
        .isEqualTo(Decision.deny("RBAC: clusterrole.rbac.authorization.k8s.io \"r\" not found"));
  }

  @ParameterizedTest
  @CsvSource({
    "system:kube-scheduler, get, pods, true",
    "system:kube-scheduler, get, secrets, false",
    "system:kube-scheduler, create, pods, false",
    "system:kube-controller-manager, create, pods, true",
    "system:kube-controller-manager, create, nodes, false",
    "system:kube-controller-manager, delete, things, true",
    "jane, get, pods, false",
  })
  void defaultRolesLetComponentsDoTheirWork(
      String user, String verb, String resource, boolean allowed) {
    RbacAuthorizer defaults = new RbacAuthorizer(TestingPolicies.bootstrap());
    assertThat(defaults.allows(Identity.of(user), Access.resource(verb, "", resource, "n", "x")))
        .isEqualTo(allowed);
  }

  @Test
  void defaultRolesAreWellFormedObjects() {
    for (BootstrapPolicy.Entry entry : BootstrapPolicy.load()) {
      ObjectNode object = entry.object();
      io.berth.api.defaults.Defaults.apply(entry.resource(), object);
      assertThat(io.berth.api.validation.Validation.check(entry.resource(), object))
          .as(object.path("metadata").path("name").asText())
          .isEmpty();
    }
    assertThat(BootstrapPolicy.load()).hasSizeGreaterThan(120);
  }

  @Test
  void nothingIsCoveredBySeveralRulesTogetherOnlyByOne() {
    JsonNode held =
        json(
            "{'r':[{'verbs':['get','list'],'apiGroups':['apps'],'resources':['*/scale']},{'verbs':['*'],'apiGroups':[''],'resources':['pods'],'resourceNames':['a']}]}");
    assertThat(
            Rules.missing(
                held.path("r"),
                json("{'r':[{'verbs':['get'],'apiGroups':['apps'],'resources':['deployments/scale']},{'verbs':['delete'],'apiGroups':[''],'resources':['pods'],'resourceNames':['a']}]}")
                    .path("r")))
        .isEmpty();
    assertThat(
            Rules.missing(
                held.path("r"),
                json("{'r':[{'verbs':['get'],'apiGroups':['apps'],'resources':['deployments']},{'verbs':['get'],'apiGroups':[''],'resources':['pods']}]}")
                    .path("r")))
        .hasSize(2);
  }

  private static ObjectNode json(String text) {
    return (ObjectNode) Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
