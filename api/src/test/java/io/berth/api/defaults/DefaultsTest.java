package io.berth.api.defaults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefaultsTest {
  @Test
  void aPodReadsBackAsFromKubernetes() {
    assertThat(
            defaulted(
                Resources.PODS,
                "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a','creationTimestamp':null},"
                    + "'spec':{'bogus':1,'containers':[{'name':'c','image':'nginx',"
                    + "'resources':{'limits':{'cpu':0.5,'memory':'1024Mi'},'requests':{'cpu':'1000m'}},"
                    + "'ports':[{'containerPort':80}],'readinessProbe':{'httpGet':{'port':80}},"
                    + "'env':[{'name':'N','valueFrom':{'fieldRef':{'fieldPath':'metadata.name'}}}]}],"
                    + "'volumes':[{'name':'e'},{'name':'s','secret':{'secretName':'x'}},"
                    + "{'name':'h','hostPath':{'path':'/x'}}]}}"))
        .isEqualTo(
            json(
                "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a'},"
                    + "'spec':{'containers':[{'name':'c','image':'nginx',"
                    + "'resources':{'limits':{'cpu':'500m','memory':'1Gi'},"
                    + "'requests':{'cpu':'1','memory':'1Gi'}},"
                    + "'ports':[{'containerPort':80,'protocol':'TCP'}],"
                    + "'readinessProbe':{'httpGet':{'port':80,'path':'/','scheme':'HTTP'},"
                    + "'timeoutSeconds':1,'periodSeconds':10,'successThreshold':1,"
                    + "'failureThreshold':3},"
                    + "'env':[{'name':'N','valueFrom':{'fieldRef':{'fieldPath':'metadata.name',"
                    + "'apiVersion':'v1'}}}],'imagePullPolicy':'Always',"
                    + "'terminationMessagePath':'/dev/termination-log',"
                    + "'terminationMessagePolicy':'File'}],"
                    + "'volumes':[{'name':'e','emptyDir':{}},"
                    + "{'name':'s','secret':{'secretName':'x','defaultMode':420}},"
                    + "{'name':'h','hostPath':{'path':'/x','type':''}}],"
                    + "'restartPolicy':'Always','dnsPolicy':'ClusterFirst',"
                    + "'schedulerName':'default-scheduler','terminationGracePeriodSeconds':30,"
                    + "'securityContext':{},'enableServiceLinks':true},'status':{}}"));
  }

  @Test
  void aDeploymentsTemplateGetsOnlyWhatTemplatesGet() {
    ObjectNode deployment =
        defaulted(
            Resources.DEPLOYMENTS,
            "{'metadata':{'name':'d'},'spec':{'selector':{'matchLabels':{'a':'b'}},"
                + "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':"
                + "[{'name':'c','image':'x:1','resources':{'limits':{'cpu':'1'}}}]}}}}");
    assertThat(deployment.at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(deployment.at("/spec/strategy"))
        .isEqualTo(
            json(
                "{'type':'RollingUpdate','rollingUpdate':{'maxUnavailable':'25%','maxSurge':'25%'}}"));
    assertThat(deployment.at("/spec/revisionHistoryLimit").asInt()).isEqualTo(10);
    assertThat(deployment.at("/spec/progressDeadlineSeconds").asInt()).isEqualTo(600);
    assertThat(deployment.at("/spec/template/spec/restartPolicy").asText()).isEqualTo("Always");
    assertThat(deployment.at("/spec/template/spec/enableServiceLinks").isMissingNode()).isTrue();
    assertThat(deployment.at("/spec/template/spec/containers/0/resources/requests").isMissingNode())
        .isTrue();
    assertThat(deployment.at("/spec/template/spec/containers/0/imagePullPolicy").asText())
        .isEqualTo("IfNotPresent");
  }

  @Test
  void aServiceSendsToTheSamePort() {
    assertThat(
            defaulted(
                Resources.SERVICES,
                "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80},{'port':53,'protocol':'UDP',"
                    + "'targetPort':'dns'}]}}"))
        .isEqualTo(
            json(
                "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80,'protocol':'TCP',"
                    + "'targetPort':80},{'port':53,'protocol':'UDP','targetPort':'dns'}],"
                    + "'type':'ClusterIP','sessionAffinity':'None',"
                    + "'internalTrafficPolicy':'Cluster','ipFamilyPolicy':'SingleStack',"
                    + "'ipFamilies':['IPv4']},'status':{'loadBalancer':{}}}"));
  }

  @Test
  void aSecretsTextBecomesData() {
    assertThat(
            defaulted(
                Resources.SECRETS,
                "{'metadata':{'name':'s'},'data':{'b':'eA=='},'stringData':{'a':'ä','b':'y'}}"))
        .isEqualTo(
            json("{'metadata':{'name':'s'},'data':{'b':'eQ==','a':'w6Q='},'type':'Opaque'}"));
  }

  @Test
  void aNamespaceBearsItsNameAsALabel() {
    assertThat(defaulted(Resources.NAMESPACES, "{'metadata':{'name':'x'}}"))
        .isEqualTo(
            json(
                "{'metadata':{'name':'x','labels':{'kubernetes.io/metadata.name':'x'}},'spec':{},"
                    + "'status':{'phase':'Active'}}"));
  }

  @ParameterizedTest
  @CsvSource({
    "nginx, Always",
    "nginx:latest, Always",
    "nginx:1.2, IfNotPresent",
    "reg:5000/nginx, Always",
    "reg:5000/nginx:1, IfNotPresent",
    "nginx@sha256:abc, IfNotPresent",
    "nginx:latest@sha256:abc, Always"
  })
  void thePullPolicyFollowsTheTag(String image, String policy) {
    assertThat(ContainerDefaults.pullPolicy(image)).isEqualTo(policy);
  }

  @Test
  void timesAndNullsAreNormalized() {
    assertThat(
            defaulted(
                Resources.LEASES,
                "{'metadata':{'name':'l','labels':{'a':null}},'spec':{'holderIdentity':null,"
                    + "'renewTime':'2026-01-01T01:00:00.5+01:00'}}"))
        .isEqualTo(
            json(
                "{'metadata':{'name':'l','labels':{'a':''}},"
                    + "'spec':{'renewTime':'2026-01-01T00:00:00.500000Z'}}"));
  }

  /** Applies defaults, and again: the second time must change nothing. */
  private static ObjectNode defaulted(ResourceDefinition resource, String text) {
    ObjectNode object = json(text);
    Defaults.apply(resource, object);
    ObjectNode again = object.deepCopy();
    Defaults.apply(resource, again);
    assertThat(again).isEqualTo(object);
    return object;
  }

  private static ObjectNode json(String text) {
    return (ObjectNode) Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void listsAndMapsThatSayNothingLeaveUnlessTheyMustBeThere() {
    ObjectNode pod =
        (ObjectNode)
            Json.parse(
                """
                {"metadata": {"name": "a", "labels": {}, "annotations": {}, "finalizers": [],
                              "ownerReferences": [], "managedFields": []},
                 "spec": {"containers": [{"name": "c", "image": "i", "env": [], "command": [],
                                          "resources": {"limits": {}}, "securityContext": {}}],
                          "nodeSelector": {}, "volumes": [{"name": "v", "emptyDir": {}}]}}
                """
                    .getBytes(StandardCharsets.UTF_8));
    Defaults.apply(Resources.PODS, pod);
    assertThat(pod.path("metadata")).isEqualTo(Json.object().put("name", "a"));
    assertThat(pod.path("spec").has("nodeSelector")).isFalse();
    assertThat(pod.at("/spec/containers/0").has("env")).isFalse();
    assertThat(pod.at("/spec/containers/0").has("command")).isFalse();
    assertThat(pod.at("/spec/containers/0/resources")).isEqualTo(Json.object());
    assertThat(pod.at("/spec/containers/0/securityContext")).isEqualTo(Json.object());
    assertThat(pod.at("/spec/volumes/0/emptyDir")).isEqualTo(Json.object());
    ObjectNode slice =
        (ObjectNode) Json.parse("{\"endpoints\": []}".getBytes(StandardCharsets.UTF_8));
    Defaults.apply(Resources.ENDPOINT_SLICES, slice);
    assertThat(slice.path("endpoints").isNull()).isTrue();
  }
}
