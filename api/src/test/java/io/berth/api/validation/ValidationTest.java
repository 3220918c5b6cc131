package io.berth.api.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.defaults.Defaults;
import io.berth.api.patch.JsonPatch;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.schema.SchemaValidator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidationTest {
  private static final String POD =
      """
      metadata: {name: p, namespace: d}
      spec:
        containers:
        - name: c
          image: x:1
          ports: [{containerPort: 80, name: http}]
          env: [{name: A, value: b}]
          volumeMounts: [{name: v, mountPath: /v}]
          livenessProbe: {httpGet: {port: http}}
          resources: {requests: {cpu: 100m}, limits: {cpu: 1}}
        initContainers: [{name: i, image: x:1}]
        volumes: [{name: v, emptyDir: {}}]
      """;

  private static final String DEPLOYMENT =
      """
      metadata: {name: d, namespace: d}
      spec:
        selector: {matchLabels: {app: x}}
        template:
          metadata: {labels: {app: x}}
          spec: {containers: [{name: c, image: x}]}
      """;

  private static final String SERVICE =
      """
      metadata: {name: s, namespace: d}
      spec: {selector: {a: b}, ports: [{port: 80}]}
      """;

  @Test
  void wellFormedObjectsPass() {
    assertThat(check(Resources.PODS, POD, "[]")).isEmpty();
    assertThat(check(Resources.DEPLOYMENTS, DEPLOYMENT, "[]")).isEmpty();
    assertThat(check(Resources.SERVICES, SERVICE, "[]")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "replace|/spec/containers|[]|spec.containers: Required value",
        "remove|/spec/containers/0/name||spec.containers[0].name: Required value",
        "replace|/spec/containers/0/name|'a.b'|spec.containers[0].name: Invalid value: \"a.b\":"
            + " must not contain dots",
        "replace|/spec/initContainers/0/name|'c'|spec.initContainers[0].name: Duplicate value:"
            + " \"c\"",
        "remove|/spec/containers/0/image||spec.containers[0].image: Required value",
        "replace|/spec/containers/0/image|' x'|spec.containers[0].image: Invalid value: \" x\":"
            + " must not have leading or trailing whitespace",
        "replace|/spec/containers/0/ports/0/containerPort|70000|spec.containers[0].ports[0].containerPort:"
            + " Invalid value: 70000: must be between 1 and 65535, inclusive",
        "replace|/spec/containers/0/ports/0/name|'x_y'|spec.containers[0].ports[0].name: Invalid"
            + " value: \"x_y\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens"
            + " (-)",
        "add|/spec/containers/0/ports/-|{'containerPort':81,'name':'http'}|spec.containers[0].ports[1].name:"
            + " Duplicate value: \"http\"",
        "add|/spec/containers/0/env/-|{'name':'B','valueFrom':{}}|spec.containers[0].env[1].valueFrom:"
            + " Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`,"
            + " `configMapKeyRef` or `secretKeyRef`",
        "replace|/spec/containers/0/env/0/name|'A=B'|spec.containers[0].env[0].name: Invalid value:"
            + " \"A=B\": a valid environment variable name must consist only of printable ASCII"
            + " characters other than '='",
        "replace|/spec/containers/0/volumeMounts/0/name|'w'|spec.containers[0].volumeMounts[0].name:"
            + " Not found: \"w\"",
        "add|/spec/containers/0/volumeMounts/-|{'name':'v','mountPath':'/v'}|spec.containers[0].volumeMounts[1].mountPath:"
            + " Invalid value: \"/v\": must be unique",
        "add|/spec/containers/0/volumeMounts/0/subPath|'../x'|spec.containers[0].volumeMounts[0].subPath:"
            + " Invalid value: \"../x\": must not contain '..'",
        "replace|/spec/containers/0/livenessProbe|{'periodSeconds':5}|spec.containers[0].livenessProbe:"
            + " Required value: must specify a handler type",
        "add|/spec/containers/0/livenessProbe/exec|{'command':['a']}|spec.containers[0].livenessProbe.httpGet:"
            + " Forbidden: may not specify more than 1 handler type",
        "add|/spec/containers/0/livenessProbe/successThreshold|2|spec.containers[0].livenessProbe.successThreshold:"
            + " Invalid value: 2: must be 1",
        "replace|/spec/containers/0/resources/requests/cpu|'2'|spec.containers[0].resources.requests:"
            + " Invalid value: \"2\": must be less than or equal to cpu limit of 1",
        "replace|/spec/containers/0/resources/requests/cpu|'-1'|spec.containers[0].resources.requests[cpu]:"
            + " Invalid value: \"-1\": must be greater than or equal to 0",
        "add|/spec/initContainers/0/livenessProbe|{'exec':{'command':['a']}}|spec.initContainers[0].livenessProbe:"
            + " Forbidden: may not be set for init containers without restartPolicy=Always",
        "add|/spec/restartPolicy|'Sometimes'|spec.restartPolicy: Unsupported value: \"Sometimes\":"
            + " supported values: \"Always\", \"OnFailure\", \"Never\"",
        "add|/spec/terminationGracePeriodSeconds|-1|spec.terminationGracePeriodSeconds: Invalid"
            + " value: -1: must be greater than or equal to 0",
        "add|/spec/volumes/0/hostPath|{'path':'/x'}|spec.volumes[0].hostPath: Forbidden: may not"
            + " specify more than 1 volume type",
        "add|/spec/volumes/-|{'name':'v'}|spec.volumes[1].name: Duplicate value: \"v\"",
        "add|/spec/volumes/-|{'name':'h','hostPath':{'path':'/a/../b'}}|spec.volumes[1].hostPath.path:"
            + " Invalid value: \"/a/../b\": must not contain '..'",
        "add|/spec/volumes/-|{'name':'s','secret':{'secretName':'s','defaultMode':4096}}|spec.volumes[1].secret.defaultMode:"
            + " Invalid value: 4096: must be a number between 0 and 0777 (octal), both inclusive",
        "add|/spec/tolerations|[{'operator':'Equal','value':'x'}]|spec.tolerations[0].operator:"
            + " Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means"
            + " \"match all values and all keys\"",
        "add|/metadata/labels|{'a':'b c'}|metadata.labels: Invalid value: \"b c\": a valid label"
            + " must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and"
            + " must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value', "
            + " or '12345', regex used for validation is"
            + " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        "add|/spec/affinity|{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[]}}}|spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms:"
            + " Required value: must have at least one node selector term",
        "add|/spec/affinity|{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'matchFields':[{'key':'metadata.uid','operator':'In','values':['a']}]}]}}}|spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key:"
            + " Invalid value: \"metadata.uid\": not a valid field selector key",
        "add|/spec/affinity|{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'matchFields':[{'key':'metadata.name','operator':'In','values':['a','b']}]}]}}}|spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values:"
            + " Required value: must be only one value when `operator` is 'In' or 'NotIn' for node"
            + " field selector",
        "add|/spec/affinity|{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'matchFields':[{'key':'metadata.name','operator':'Exists'}]}]}}}|spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].operator:"
            + " Invalid value: \"Exists\": not a valid selector operator",
        "add|/spec/affinity|{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'z','matchLabelKeys':['a']}]}}|spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys:"
            + " Forbidden: must not be specified when labelSelector is not set",
        "add|/spec/affinity|{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'z','labelSelector':{},'matchLabelKeys':['a'],'mismatchLabelKeys':['a']}]}}|spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]:"
            + " Invalid value: \"a\": exists in both matchLabelKeys and mismatchLabelKeys",
        "add|/spec/affinity|{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'z','labelSelector':{'matchLabels':{'a':'b'},'matchExpressions':[{'key':'a','operator':'In','values':['c']}]},'matchLabelKeys':['a']}]}}|spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0][0]:"
            + " Invalid value: \"a\": exists in both matchLabelKeys and labelSelector",
        "add|/spec/topologySpreadConstraints|[{'maxSkew':1,'topologyKey':'z','whenUnsatisfiable':'DoNotSchedule','minDomains':0}]|spec.topologySpreadConstraints[0].minDomains:"
            + " Invalid value: 0: must be greater than 0",
        "add|/spec/topologySpreadConstraints|[{'maxSkew':1,'topologyKey':'z','whenUnsatisfiable':'ScheduleAnyway','minDomains':2}]|spec.topologySpreadConstraints[0].minDomains:"
            + " Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not"
            + " ScheduleAnyway",
        "add|/spec/topologySpreadConstraints|[{'maxSkew':1,'topologyKey':'z','whenUnsatisfiable':'DoNotSchedule','nodeTaintsPolicy':'Never'}]|spec.topologySpreadConstraints[0].nodeTaintsPolicy:"
            + " Unsupported value: \"Never\": supported values: \"Honor\", \"Ignore\"",
        "add|/spec/topologySpreadConstraints|[{'maxSkew':1,'topologyKey':'z','whenUnsatisfiable':'DoNotSchedule','matchLabelKeys':['a']}]|spec.topologySpreadConstraints[0].matchLabelKeys:"
            + " Forbidden: must not be specified when labelSelector is not set",
        "add|/spec/topologySpreadConstraints|[{'maxSkew':1,'topologyKey':'z','whenUnsatisfiable':'DoNotSchedule'},{'maxSkew':1,'topologyKey':'z','whenUnsatisfiable':'DoNotSchedule'}]|spec.topologySpreadConstraints[1].{topologyKey,"
            + " whenUnsatisfiable}: Duplicate value: \"{z, DoNotSchedule}\"",
        "add|/spec/resources|{'requests':{'cpu':'50m'}}|spec.resources.requests[cpu]: Invalid"
            + " value: \"50m\": must be greater than or equal to aggregate container requests of"
            + " 100m",
        "add|/spec/resources|{'limits':{'cpu':'500m'}}|spec.resources.limits[cpu]: Invalid value:"
            + " \"1\": must be less than or equal to pod limits of 500m",
        "add|/spec/resources|{'requests':{'ephemeral-storage':'1Gi'}}|spec.resources.requests[ephemeral-storage]:"
            + " Unsupported value: \"ephemeral-storage\": supported values: \"cpu\","
            + " \"hugepages-\", \"memory\"",
        "add|/spec/dnsPolicy|'None'|spec.dnsConfig: Required value: must provide at least one DNS"
            + " nameserver when `dnsPolicy` is None",
      })
  void whatIsWrongWithAPodIsToldInKubernetesWords(
      String op, String path, String value, String message) {
    assertThat(check(Resources.PODS, POD, patch(op, path, value))).containsExactly(message);
  }

  @Test
  void aPodThatIsGatedHasNoNode() {
    String gated =
        "[{'op':'add','path':'/spec/nodeName','value':'n'},"
            + "{'op':'add','path':'/spec/schedulingGates','value':[{'name':'a.io/b'}]}]";
    assertThat(check(Resources.PODS, POD, gated.replace('\'', '"')))
        .containsExactly(
            "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "add|/spec/replicas|-1|spec.replicas: Invalid value: -1: must be greater than or equal to"
            + " 0",
        "remove|/spec/selector||spec.selector: Required value",
        "replace|/spec/template/metadata/labels/app|'y'|spec.template.metadata.labels: Invalid"
            + " value: map[string]string{\"app\":\"y\"}: `selector` does not match template"
            + " `labels`",
        "replace|/spec/selector|{}|spec.selector: Invalid value: {}: empty selector is invalid for"
            + " deployment",
        "add|/spec/strategy|{'type':'Recreate','rollingUpdate':{}}|spec.strategy.rollingUpdate:"
            + " Forbidden: may not be specified when strategy `type` is 'Recreate'",
        "add|/spec/strategy|{'rollingUpdate':{'maxSurge':0,'maxUnavailable':0}}|spec.strategy.rollingUpdate.maxUnavailable:"
            + " Invalid value: 0: may not be 0 when `maxSurge` is 0",
        "add|/spec/template/spec/restartPolicy|'Never'|spec.template.spec.restartPolicy:"
            + " Unsupported value: \"Never\": supported values: \"Always\"",
        "remove|/spec/template/spec/containers/0/image||spec.template.spec.containers[0].image:"
            + " Required value",
        "add|/spec/progressDeadlineSeconds|0|spec.progressDeadlineSeconds: Invalid value: 0: must"
            + " be greater than minReadySeconds",
      })
  void whatIsWrongWithADeploymentIsTold(String op, String path, String value, String message) {
    assertThat(check(Resources.DEPLOYMENTS, DEPLOYMENT, patch(op, path, value)))
        .containsExactly(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "remove|/spec/ports||spec.ports: Required value",
        "replace|/spec/ports/0|{'port':0,'targetPort':80}|spec.ports[0].port: Invalid value: 0:"
            + " must be between 1 and 65535, inclusive",
        "replace|/spec/ports|[{'port':80},{'port':81,'name':'b'}]|spec.ports[0].name: Required"
            + " value",
        "add|/spec/type|'X'|spec.type: Unsupported value: \"X\": supported values: \"ClusterIP\","
            + " \"ExternalName\", \"LoadBalancer\", \"NodePort\"",
        "add|/spec/clusterIP|'1.2.3'|spec.clusterIPs[0]: Invalid value: \"1.2.3\": must be a valid"
            + " IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        "add|/spec/ports/0/nodePort|30000|spec.ports[0].nodePort: Forbidden: may not be used when"
            + " `type` is 'ClusterIP'",
        "add|/spec/type|'ExternalName'|spec.externalName: Required value",
        "add|/spec/sessionAffinity|'x'|spec.sessionAffinity: Unsupported value: \"x\": supported"
            + " values: \"ClientIP\", \"None\"",
      })
  void whatIsWrongWithAServiceIsTold(String op, String path, String value, String message) {
    assertThat(check(Resources.SERVICES, SERVICE, patch(op, path, value))).containsExactly(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{apiGroups: [''], resources: [pods]}|rules[0].verbs: Required value: verbs must contain at"
            + " least one value",
        "{verbs: [get]}|rules[0].apiGroups: Required value: resource rules must supply at least one"
            + " api group, rules[0].resources: Required value: resource rules must supply at least"
            + " one resource",
        "{verbs: [get], nonResourceURLs: [/x]}|rules[0].nonResourceURLs: Invalid value: [\"/x\"]:"
            + " namespaced rules cannot apply to non-resource URLs",
      })
  void whatIsWrongWithARoleIsTold(String rule, String messages) {
    assertThat(check(Resources.ROLES, "{metadata: {name: r}, rules: [" + rule + "]}", "[]"))
        .containsExactly(messages.split(", (?=rules)"));
  }

  @Test
  void clusterRolesMayGrantPathsButNotTogetherWithResources() {
    assertThat(
            check(
                Resources.CLUSTER_ROLES, "{rules: [{verbs: [get], nonResourceURLs: [/x]}]}", "[]"))
        .isEmpty();
    assertThat(
            check(
                Resources.CLUSTER_ROLES,
                "{rules: [{verbs: [get], nonResourceURLs: [/x], resources: [pods]}],"
                    + " aggregationRule: {clusterRoleSelectors: []}}",
                "[]"))
        .containsExactly(
            "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular"
                + " resources and non-resource URLs",
            "aggregationRule.clusterRoleSelectors: Required value: at least one"
                + " clusterRoleSelector required if aggregationRule is non-nil");
  }

  @Test
  void bindingsNameARoleAndKindsOfSubjectsThatThereAre() {
    String binding =
        "{roleRef: {kind: Pod, name: a/b}, subjects: [{kind: User, name: u}, {kind: Group, name: g,"
            + " apiGroup: x}, {kind: ServiceAccount, name: s}, {kind: Pod}]}";
    assertThat(check(Resources.ROLE_BINDINGS, binding, "[]"))
        .containsExactly(
            "roleRef.kind: Unsupported value: \"Pod\": supported values: \"Role\", \"ClusterRole\"",
            "roleRef.name: Invalid value: \"a/b\": may not contain '/'",
            "subjects[1].apiGroup: Unsupported value: \"x\": supported values:"
                + " \"rbac.authorization.k8s.io\"",
            "subjects[3].name: Required value",
            "subjects[3].kind: Unsupported value: \"Pod\": supported values: \"ServiceAccount\","
                + " \"User\", \"Group\"");
    assertThat(
            check(
                Resources.CLUSTER_ROLE_BINDINGS,
                "{roleRef: {kind: ClusterRole, name: 'system:x'}, subjects: [{kind: ServiceAccount,"
                    + " name: s}]}",
                "[]"))
        .containsExactly("subjects[0].namespace: Required value");
  }

  @Test
  void otherKindsHaveTheirRules() {
    assertThat(check(Resources.CONFIG_MAPS, "{metadata: {name: c}, data: {a/b: x}}", "[]"))
        .containsExactly(
            "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric"
                + " characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name',"
                + " regex used for validation is '[-._a-zA-Z0-9]+')");
    assertThat(
            check(
                Resources.SECRETS,
                "{metadata: {name: s}, type: kubernetes.io/tls, data: {tls.crt: eA==}}",
                "[]"))
        .containsExactly("data[tls.key]: Required value");
    assertThat(check(Resources.RUNTIME_CLASSES, "{metadata: {name: r}, handler: A_b}", "[]"))
        .hasSize(1);
    assertThat(
            check(
                Resources.ENDPOINT_SLICES,
                "{addressType: IPv4, endpoints: [{addresses: [1.2.3.4, 127.0.0.1]}]}",
                "[]"))
        .containsExactly(
            "endpoints[0].addresses[1]: Invalid value: \"127.0.0.1\": may not be in the loopback"
                + " range (127.0.0.0/8, ::1/128)");
    assertThat(check(Resources.LEASES, "{spec: {leaseDurationSeconds: 0}}", "[]"))
        .containsExactly("spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0");
    assertThat(
            check(
                Resources.EVENTS,
                "{metadata: {namespace: a}, involvedObject: {namespace: b}}",
                "[]"))
        .containsExactly(
            "involvedObject.namespace: Invalid value: \"b\": does not match event.namespace");
    assertThat(
            check(
                Resources.NODES,
                "{spec: {taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoSchedule}]}}",
                "[]"))
        .hasSize(1);
  }

  @Test
  void bigDataIsRefused() {
    ObjectNode map = Json.object();
    map.putObject("metadata").put("name", "m");
    map.putObject("data").put("a", "x".repeat((1 << 20) + 1));
    assertThat(Validation.check(Resources.CONFIG_MAPS, map).toString())
        .isEqualTo("[: Too long: may not be more than 1048576 bytes]");
    ObjectNode noted = Json.object();
    noted.putObject("metadata").putObject("annotations").put("a", "x".repeat(256 << 10));
    assertThat(Validation.check(Resources.CONFIG_MAPS, noted).toString())
        .isEqualTo("[metadata.annotations: Too long: may not be more than 262144 bytes]");
  }

  @ParameterizedTest
  @CsvSource({
    "1.2.3.4, true",
    "256.1.1.1, false",
    "01.2.3.4, false",
    "::1, true",
    "2001:db8::ffff, true",
    "1::2::3, false",
    "1:2:3:4:5:6:7:8, true",
    "1:2:3:4:5:6:7, false",
    "::ffff:1.2.3.4, true",
    "12345::, false",
    "'', false",
    "example.com, false"
  })
  void addressesAreToldFromOtherText(String address, boolean valid) {
    Report report = new Report();
    EndpointRules.ip(Json.object().put("ip", address).get("ip"), "ip", report);
    assertThat(report.errors().isEmpty()).isEqualTo(valid);
  }

  private static List<String> check(ResourceDefinition resource, String yaml, String patch) {
    ObjectNode object =
        (ObjectNode)
            JsonPatch.apply(
                Yaml.read(yaml.getBytes(StandardCharsets.UTF_8)),
                Json.parse(patch.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    assertThat(SchemaValidator.check(resource, object).wrongType()).isEmpty();
    Defaults.apply(resource, object);
    return Validation.check(resource, object).stream().map(FieldError::toString).toList();
  }

  private static String patch(String op, String path, String value) {
    ArrayNode patch = Json.object().putArray("patch");
    ObjectNode operation = patch.addObject().put("op", op).put("path", path);
    if (value != null) {
      operation.set("value", Json.parse(value.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }
    return patch.toString();
  }
}
