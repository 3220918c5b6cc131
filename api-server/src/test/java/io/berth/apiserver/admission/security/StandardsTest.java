package io.berth.apiserver.admission.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A row for each rule: a level, a pod's spec, and what the level does not allow of it. */
final class StandardsTest {
  private static final String STRICT =
      "'securityContext':{'allowPrivilegeEscalation':false,'runAsNonRoot':true,'capabilities':"
          + "{'drop':['ALL']},'seccompProfile':{'type':'RuntimeDefault'}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          PRIVILEGED|{'hostNetwork':true,'containers':[{'name':'c'}]}|``
          BASELINE|{'containers':[{'name':'c'}]}|``
          RESTRICTED|{'containers':[{'name':'c',STRICT}]}|``
          RESTRICTED|{'containers':[{'name':'c'}]}|allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")
          BASELINE|{'hostNetwork':true,'hostPID':true,'containers':[{'name':'c'}]}|host namespaces (hostNetwork=true, hostPID=true)
          BASELINE|{'containers':[{'name':'c','securityContext':{'privileged':true}},{'name':'d','securityContext':{'privileged':true}}]}|privileged (containers "c", "d" must not set securityContext.privileged=true)
          BASELINE|{'containers':[{'name':'c','securityContext':{'capabilities':{'add':['NET_ADMIN','CHOWN']}}}]}|non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)
          BASELINE|{'containers':[{'name':'c'}],'volumes':[{'name':'v','hostPath':{'path':'/'}}]}|hostPath volumes (volume "v")
          BASELINE|{'containers':[{'name':'c','ports':[{'containerPort':80,'hostPort':80}]}]}|hostPort (container "c" uses hostPort 80)
          BASELINE|{'securityContext':{'sysctls':[{'name':'kernel.msgmax'}]},'containers':[{'name':'c'}]}|forbidden sysctls (kernel.msgmax)
          BASELINE|{'securityContext':{'seccompProfile':{'type':'Unconfined'}},'containers':[{'name':'c'}]}|seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")
          BASELINE|{'containers':[{'name':'c','livenessProbe':{'httpGet':{'host':'b.com'}},'lifecycle':{'preStop':{'tcpSocket':{'host':'a.com'}}}}]}|probe or lifecycle host (container "c" uses probe or lifecycle hosts "a.com", "b.com")
          RESTRICTED|{'hostNetwork':true,'containers':[{'name':'c'}]}|host namespaces (hostNetwork=true), allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")
          BASELINE|{'containers':[{'name':'c','securityContext':{'procMount':'Unmasked'}}]}|procMount (container "c" must not set securityContext.procMount to "Unmasked")
          BASELINE|{'containers':[{'name':'c','securityContext':{'seLinuxOptions':{'type':'spc_t'}}}]}|seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "spc_t")
          RESTRICTED|{'volumes':[{'name':'v','nfs':{}}],'containers':[{'name':'c',STRICT}]}|restricted volume types (volume "v" uses restricted volume type "nfs")
          RESTRICTED|{'securityContext':{'runAsUser':0},'containers':[{'name':'c',STRICT}]}|runAsUser=0 (pod must not set runAsUser=0)
          """)
  void whatALevelDoesNotAllowIsSaidAsUsersKnowIt(String level, String spec, String expected) {
    JsonNode tree =
        Json.parse(
            spec.replace("STRICT", STRICT).replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    assertThat(broken(new Standard(Level.valueOf(level), Standard.LATEST), tree))
        .isEqualTo(expected);
  }

  private static String broken(Standard standard, JsonNode spec) {
    JsonNode metadata =
        Json.parse(
            "{\"annotations\":{\"seccomp.security.alpha.kubernetes.io/pod\":\"unconfined\"}}"
                .getBytes(StandardCharsets.UTF_8));
    return Standards.violations(standard, metadata, spec).stream()
        .map(Violation::toString)
        .collect(Collectors.joining(", "));
  }

  /**
   * A row for each rule that came, went or changed: the last version before and the first after.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          BASELINE|v1.18|v1.19|{'containers':[]}|seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")|``
          BASELINE|v1.26|v1.27|{'securityContext':{'sysctls':[{'name':'net.ipv4.ip_local_reserved_ports'}]}}|forbidden sysctls (net.ipv4.ip_local_reserved_ports)|``
          BASELINE|v1.28|v1.29|{'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_fin_timeout'}]}}|forbidden sysctls (net.ipv4.tcp_fin_timeout)|``
          BASELINE|v1.31|v1.32|{'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_rmem'}]}}|forbidden sysctls (net.ipv4.tcp_rmem)|``
          BASELINE|v1.30|v1.31|{'securityContext':{'seLinuxOptions':{'type':'container_engine_t'}}}|seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")|``
          BASELINE|v1.33|v1.34|{'containers':[{'name':'c','livenessProbe':{'httpGet':{'host':'h'}}}]}|``|probe or lifecycle host (container "c" uses probe or lifecycle host "h")
          BASELINE|v1.34|v1.35|{'hostUsers':false,'containers':[{'name':'c','securityContext':{'procMount':'Unmasked'}}]}|procMount (container "c" must not set securityContext.procMount to "Unmasked")|``
          RESTRICTED|v1.34|v1.35|{'hostUsers':false,'securityContext':{'runAsUser':0},'containers':[{'name':'c',STRICT}]}|runAsUser=0 (pod must not set runAsUser=0)|``
          RESTRICTED|v1.22|v1.23|{'securityContext':{'runAsUser':0},'containers':[{'name':'c',STRICT}]}|``|runAsUser=0 (pod must not set runAsUser=0)
          RESTRICTED|v1.21|v1.22|{'containers':[{'name':'c','securityContext':{'allowPrivilegeEscalation':false,'runAsNonRoot':true,'seccompProfile':{'type':'Localhost'}}}]}|``|unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])
          RESTRICTED|v1.24|v1.25|{'os':{'name':'windows'},'containers':[{'name':'c','securityContext':{'runAsNonRoot':true,'capabilities':{'drop':['ALL']},'seccompProfile':{'type':'Localhost'}}}]}|allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)|``
          """)
  void whatAVersionDoesNotAllowStaysSoForIt(
      String level, String before, String after, String spec, String then, String since) {
    JsonNode tree =
        Json.parse(
            spec.replace("STRICT", STRICT).replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    assertThat(broken(standard(level, before), tree)).isEqualTo(then);
    assertThat(broken(standard(level, after), tree)).isEqualTo(since);
  }

  private static Standard standard(String level, String version) {
    String label = Standard.label("enforce");
    return Standard.enforced(
        Map.of(label, level.toLowerCase(Locale.ROOT), label + "-version", version));
  }

  @Test
  void whoSaysNothingOfWarningsIsWarnedOfWhatIsNotAllowed() {
    String enforce = Standard.label("enforce");
    assertThat(Standard.warned(Map.of(enforce, "baseline", enforce + "-version", "v1.30")))
        .hasToString("baseline:v1.30");
    assertThat(Standard.warned(Map.of(enforce, "baseline", Standard.label("warn"), "privileged")))
        .hasToString("privileged:latest");
    assertThat(Standard.enforced(Map.of(enforce, "what"))).hasToString("restricted:latest");
    assertThat(Standard.warned(Map.of(Standard.label("warn"), "what")))
        .hasToString("privileged:latest");
  }
}
