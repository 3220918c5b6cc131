package io.berth.api.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.defaults.Defaults;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A row for each rule: what is wrong with an object, in the words that users know. */
final class KindRulesTest {
  private static final String POD = "{'spec':{'containers':[{'name':'c','image':'i'}]}}";
  private static final String ONCE =
      "{'metadata':{'labels':{'a':'b'}},'spec':{'restartPolicy':'Never','containers':["
          + "{'name':'c','image':'i'}]}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          persistentvolumeclaims||{'spec':{'resources':{'requests':{'storage':'1'}}}}|spec.accessModes: Required value: at least 1 access mode is required
          persistentvolumeclaims||{'spec':{'accessModes':['ReadWriteOnce']}}|spec.resources[storage]: Required value
          persistentvolumeclaims||{'spec':{'accessModes':['X'],'resources':{'requests':{'storage':'1'}}}}|spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"
          persistentvolumes||{'spec':{'accessModes':['ReadWriteOnce'],'capacity':{'storage':'1'}}}|spec: Required value: must specify a volume type
          persistentvolumes||{'spec':{'accessModes':['ReadWriteOnce'],'capacity':{'storage':'1'},'local':{'path':'/d'}}}|spec.nodeAffinity: Required value: Local volume requires node affinity
          storageclasses|storage.k8s.io|{}|provisioner: Required value
          ingresses|networking.k8s.io|{'spec':{'rules':[{'http':{'paths':[{'path':'/','backend':{'service':{'name':'s','port':{'number':80}}}}]}}]}}|spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified
          ingresses|networking.k8s.io|{'spec':{'rules':[{'http':{'paths':[{'path':'a','pathType':'Prefix','backend':{'service':{'name':'s','port':{'number':80}}}}]}}]}}|spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path
          ingressclasses|networking.k8s.io|{'spec':{'controller':'x'}}|spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")
          networkpolicies|networking.k8s.io|{'spec':{'ingress':[{'from':[{}]}]}}|spec.ingress[0].from[0]: Required value: must specify a peer
          poddisruptionbudgets|policy|{'spec':{'minAvailable':-1}}|spec.minAvailable: Invalid value: -1: must be greater than or equal to 0
          priorityclasses|scheduling.k8s.io|{'metadata':{'name':'system-x'},'value':1}|metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class
          priorityclasses|scheduling.k8s.io|{'metadata':{'name':'x'},'value':1000000001}|value: Forbidden: maximum allowed value of a user defined priority is 1000000000
          limitranges||{'spec':{'limits':[{'type':'Container','min':{'cpu':'2'},'max':{'cpu':'1'},'default':{'cpu':'2'},'defaultRequest':{'cpu':'2'}}]}}|spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1
          resourcequotas||{'spec':{'hard':{'pods':'-1'}}}|spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0
          resourcequotas||{'spec':{'hard':{'pods':'100m'}}}|spec.hard[pods]: Invalid value: "100m": must be an integer
          resourcequotas||{'spec':{'hard':{'foo':'1'}}}|spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota
          resourcequotas||{'spec':{'hard':{'secrets':'1','pods':'1'},'scopes':['Terminating']}}|spec.scopes: Invalid value: ["Terminating"]: unsupported scope applied to resource
          resourcequotas||{'spec':{'hard':{'pods':'1'},'scopes':['BestEffort','NotBestEffort']}}|spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes
          resourcequotas||{'spec':{'hard':{'cpu':'1'},'scopeSelector':{'matchExpressions':[{'scopeName':'BestEffort','operator':'Exists'}]}}}|spec.scopeSelector: Invalid value: {"matchExpressions":[{"scopeName":"BestEffort","operator":"Exists"}]}: unsupported scope applied to resource
          certificatesigningrequests|certificates.k8s.io|{'spec':{'request':'eA==','signerName':'a.b/c','usages':['client auth']}}|spec.request: Invalid value: []byte{...}: PEM block type must be CERTIFICATE REQUEST
          certificatesigningrequests|certificates.k8s.io|{'spec':{'request':'eA==','signerName':'a','usages':['client auth']}}|spec.signerName: Invalid value: "a": must be a fully qualified domain and path of the form 'example.com/signer-name'
          validatingwebhookconfigurations|admissionregistration.k8s.io|{'webhooks':[{'name':'a.b.c','clientConfig':{'url':'https://x'},'admissionReviewVersions':['v1']}]}|webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun
          validatingwebhookconfigurations|admissionregistration.k8s.io|{'webhooks':[{'name':'a.b','sideEffects':'None','clientConfig':{'url':'https://x'},'admissionReviewVersions':['v1']}]}|webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots
          cronjobs|batch|{'spec':{'schedule':'x','jobTemplate':{'spec':{'template':ONCE}}}}|spec.schedule: Invalid value: "x": expected exactly 5 fields, found 1: [x]
          cronjobs|batch|{'spec':{'schedule':'61 * * * *','jobTemplate':{'spec':{'template':ONCE}}}}|spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61
          jobs|batch|{'spec':{'selector':{},'template':POD}}|spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"
          jobs|batch|{'spec':{'selector':{},'completionMode':'Indexed','parallelism':1,'template':ONCE}}|spec.completions: Required value: when completion mode is Indexed
          statefulsets|apps|{'spec':{'template':POD}}|spec.selector: Required value
          daemonsets|apps|{'spec':{'selector':{},'template':POD}}|spec.selector: Invalid value: {}: empty selector is invalid for daemonset
          replicationcontrollers||{'spec':{'template':POD}}|spec.selector: Required value
          """)
  void whatIsWrongIsSaidAsUsersKnowIt(String plural, String group, String object, String expected) {
    ResourceDefinition resource =
        Resources.find(new GroupResource(group == null ? "" : group, plural)).orElseThrow();
    String text = object.replace("ONCE", ONCE).replace("POD", POD).replace('\'', '"');
    ObjectNode tree = (ObjectNode) Json.parse(text.getBytes(StandardCharsets.UTF_8));
    Defaults.apply(resource, tree);
    List<String> errors =
        Validation.check(resource, tree).stream().map(FieldError::toString).toList();
    assertThat(errors).contains(expected);
  }
}
