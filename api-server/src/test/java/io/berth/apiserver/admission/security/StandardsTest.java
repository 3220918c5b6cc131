package io.berth.apiserver.admission.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
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
          BASELINE|{'containers':[{'name':'c','securityContext':{'procMount':'Unmasked'}}]}|procMount (container "c" must not set securityContext.procMount to "Unmasked")
          BASELINE|{'containers':[{'name':'c','securityContext':{'seLinuxOptions':{'type':'spc_t'}}}]}|seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "spc_t")
          RESTRICTED|{'volumes':[{'name':'v','nfs':{}}],'containers':[{'name':'c',STRICT}]}|restricted volume types (volume "v" uses restricted volume type "nfs")
          RESTRICTED|{'securityContext':{'runAsUser':0},'containers':[{'name':'c',STRICT}]}|runAsUser=0 (pod must not set runAsUser=0)
          """)
  void whatALevelDoesNotAllowIsSaidAsUsersKnowIt(String level, String spec, String expected) {
    JsonNode tree =
        Json.parse(
            spec.replace("STRICT", STRICT).replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    assertThat(Standards.violations(Level.valueOf(level), Json.object(), tree)).isEqualTo(expected);
  }
}
