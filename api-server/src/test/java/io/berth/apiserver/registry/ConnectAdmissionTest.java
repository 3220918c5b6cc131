package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.TestingServer;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.streaming.NodeAddress;
import io.berth.apiserver.streaming.NodeClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What webhooks and policies see and may do before a client is connected to something. */
class ConnectAdmissionTest {
  private static final String RULE =
      "{'operations':['CONNECT'],'apiGroups':[''],'apiVersions':['v1'],"
          + "'resources':['pods/*','services/proxy','nodes/proxy']}";

  private final TestingRegistry registry = TestingRegistry.ready();
  private final List<ObjectNode> asked = new CopyOnWriteArrayList<>();
  private final Reached reached = new Reached();

  /** Agents and backends that keep what they are asked, and refuse it. */
  private static final class Reached implements NodeClient {
    final List<String> targets = new ArrayList<>();

    @Override
    public Body get(NodeAddress address, String target) throws IOException {
      throw new IOException("not asked for");
    }

    @Override
    public MessageChannel connect(NodeAddress address, String target, List<String> protocols)
        throws IOException {
      targets.add(target);
      throw new IOException("reached");
    }
  }

  /** A client that could go on with messages, and whose request could be passed on. */
  private final class Client implements ResponseSink, ResponseSink.Upgrade, ResponseSink.Passage {
    final String target;
    final List<String> warnings = new ArrayList<>();

    Client(String target) {
      this.target = target;
    }

    @Override
    public void send(ApiResponse answer) {
      throw new AssertionError("no answer is expected");
    }

    @Override
    public Frames start(int status, Map<String, String> headers) {
      throw new AssertionError("no stream is expected");
    }

    @Override
    public void warn(List<String> given) {
      warnings.addAll(given);
    }

    @Override
    public Upgrade upgrade() {
      return this;
    }

    @Override
    public Passage passage() {
      return this;
    }

    @Override
    public List<String> subprotocols() {
      return List.of("v4.channel.k8s.io");
    }

    @Override
    public MessageChannel accept(String subprotocol) {
      throw new AssertionError("no agent answers");
    }

    @Override
    public String target() {
      return target;
    }

    @Override
    public int to(Backend backend) {
      reached.targets.add(backend.target());
      return 200;
    }
  }

  @BeforeEach
  void cluster() {
    registry.create(Resources.NODES, "", json("{'metadata':{'name':'n1'}}"));
    status(
        Resources.NODES,
        "",
        "n1",
        "{'addresses':[{'type':'InternalIP','address':'192.0.2.1'}],"
            + "'daemonEndpoints':{'kubeletEndpoint':{'Port':10250}}}");
    ObjectNode pod = TestingRegistry.pod("p");
    ((ObjectNode) pod.get("spec")).put("nodeName", "n1");
    registry.create(Resources.PODS, "default", pod);
    status(
        Resources.PODS,
        "default",
        "p",
        "{'podIP':'192.0.2.9','podIPs':[{'ip':'192.0.2.9'}],'containerStatuses':[{'name':'c',"
            + "'image':'busybox','imageID':'','ready':true,'restartCount':0,"
            + "'state':{'running':{}}}]}");
  }

  private void status(ResourceDefinition resource, String namespace, String name, String status) {
    registry
        .send(
            ApiRequest.patch(
                resource.path(namespace.isEmpty() ? null : namespace, name, "status"),
                "application/merge-patch+json",
                Json.bytes(json("{'status':" + status + "}"))))
        .orThrow();
  }

  @AfterEach
  void close() {
    registry.close();
  }

  private static ResourceDefinition configuration(String plural) {
    return Resources.find(new GroupResource("admissionregistration.k8s.io", plural)).orElseThrow();
  }

  private void hook(String what, TestingWebhook webhook, String more) {
    registry.create(
        configuration(what + "webhookconfigurations"),
        "",
        json(
            "{'metadata':{'name':'hooks'},'webhooks':[{'name':'hook.example.com',"
                + "'admissionReviewVersions':['v1'],'sideEffects':'None','rules':["
                + RULE
                + "],"
                + more
                + "'clientConfig':"
                + webhook.byUrl()
                + "}]}"));
  }

  private void connect(ApiRequest request) {
    connect(request, new Client(request.target()));
  }

  private void connect(ApiRequest request, Client client) {
    var info = registry.info(request);
    registry
        .connector(info.resourceText(), reached)
        .handle(request, info, Identity.of("jane"), client);
  }

  private static ApiRequest pod(String subresource) {
    return ApiRequest.get(Resources.PODS.path("default", "p", subresource));
  }

  private static ApiRequest exec(String... command) {
    ApiRequest request = pod("exec").withQuery("stdout", "1").withQuery("container", "c");
    for (String argument : command) {
      request = request.withQuery("command", argument);
    }
    return request;
  }

  private @Nullable ApiException refusal(ApiRequest request) {
    try {
      connect(request);
      return null;
    } catch (ApiException e) {
      return e;
    }
  }

  private boolean refused(ApiRequest request) {
    ApiException refusal = refusal(request);
    return refusal != null && refusal.code() == 403;
  }

  private static void eventually(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the time").isLessThan(end);
      new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
    }
  }

  private ObjectNode answer(ObjectNode request) {
    asked.add(request.deepCopy());
    ObjectNode response = Json.object().put("allowed", false);
    response.putObject("status").put("message", "nobody goes there");
    return response;
  }

  @Test
  void aWebhookSeesTheOptionsOfAConnectionAndRefusesItBeforeAnythingIsReached() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(this::answer)) {
      hook("validating", webhook, "");
      eventually(() -> refused(exec("sh")));
      assertThat(refusal(exec("sh")))
          .hasMessage(
              "admission webhook \"hook.example.com\" denied the request: nobody goes there");
      reached.targets.clear();
      shows(
          exec("sh", "-c"),
          "{'kind':'PodExecOptions','apiVersion':'v1','stdout':true,'container':'c',"
              + "'command':['sh','-c']}");
      ObjectNode review = asked.getLast();
      assertThat(review.path("operation").asText()).isEqualTo("CONNECT");
      assertThat(review.path("name").asText()).isEqualTo("p");
      assertThat(review.path("namespace").asText()).isEqualTo("default");
      assertThat(review.path("subResource").asText()).isEqualTo("exec");
      assertThat(review.path("kind").path("kind").asText()).isEqualTo("PodExecOptions");
      assertThat(review.path("requestKind").path("kind").asText()).isEqualTo("PodExecOptions");
      assertThat(review.path("resource").path("resource").asText()).isEqualTo("pods");
      assertThat(review.at("/userInfo/username").asText()).isEqualTo("jane");
      assertThat(review.get("oldObject").isNull()).isTrue();
      assertThat(review.get("options").isNull()).isTrue();
      assertThat(review.get("dryRun").asBoolean(true)).isFalse();
      shows(
          exec(),
          "{'kind':'PodExecOptions','apiVersion':'v1','stdout':true,'container':'c',"
              + "'command':null}");
      shows(
          pod("attach").withQuery("stdin", "true").withQuery("tty", "false"),
          "{'kind':'PodAttachOptions','apiVersion':'v1','stdin':true}");
      shows(
          pod("portforward").withQuery("ports", "80,81").withQuery("ports", "82"),
          "{'kind':'PodPortForwardOptions','apiVersion':'v1','ports':[80,81,82]}");
      shows(pod("proxy"), "{'kind':'PodProxyOptions','apiVersion':'v1'}");
      shows(
          ApiRequest.get(Resources.SERVICES.path("default", "web:http", "proxy") + "/a b/"),
          "{'kind':'ServiceProxyOptions','apiVersion':'v1','path':'/a b/'}");
      shows(
          ApiRequest.get(Resources.NODES.path(null, "n1", "proxy") + "/metrics"),
          "{'kind':'NodeProxyOptions','apiVersion':'v1','path':'/metrics'}");
      assertThat(reached.targets).isEmpty();
    }
  }

  private void shows(ApiRequest request, String options) {
    assertThat(refusal(request)).isNotNull().extracting(ApiException::code).isEqualTo(403);
    assertThat(asked.getLast().get("object")).isEqualTo(json(options));
  }

  @Test
  void portsThatAreNoneAreRefused() {
    for (String port : List.of("", "x", "-1", "65536", "99999999999")) {
      assertThatThrownBy(() -> connect(pod("portforward").withQuery("ports", port)))
          .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(400))
          .hasMessageStartingWith("cannot convert to []int32");
    }
  }

  @Test
  void whatAWebhookMakesOfTheOptionsHolds() throws Exception {
    String command = "[{\"op\":\"replace\",\"path\":\"/command\",\"value\":[\"id\"]}]";
    String path = "[{\"op\":\"replace\",\"path\":\"/path\",\"value\":\"/other page\"}]";
    try (TestingWebhook webhook =
        new TestingWebhook(
            request -> {
              String patch = request.path("subResource").asText().equals("exec") ? command : path;
              return Json.object()
                  .put("allowed", true)
                  .put("patchType", "JSONPatch")
                  .put(
                      "patch",
                      Base64.getEncoder().encodeToString(patch.getBytes(StandardCharsets.UTF_8)));
            })) {
      hook("mutating", webhook, "");
      eventually(
          () -> {
            refusal(exec("sh"));
            return reached.targets.getLast().contains("command=id");
          });
      assertThat(reached.targets.getLast()).isEqualTo("/exec/default/p/c?command=id&output=1");
      connect(ApiRequest.get(Resources.NODES.path(null, "n1", "proxy") + "/logs/"));
      assertThat(reached.targets.getLast()).isEqualTo("/other%20page");
    }
  }

  @Test
  void aPolicyDecidesByTheOptions() throws Exception {
    registry.create(
        configuration("validatingadmissionpolicies"),
        "",
        json(
            "{'metadata':{'name':'p'},'spec':{'matchConstraints':{'resourceRules':["
                + RULE
                + "]},'validations':[{'expression':'request.operation == \\\"CONNECT\\\" &&"
                + " !(object.kind == \\\"PodExecOptions\\\" && \\\"rm\\\" in object.command)',"
                + "'message':'no removal','reason':'Forbidden'}]}}"));
    registry.create(
        configuration("validatingadmissionpolicybindings"),
        "",
        json("{'metadata':{'name':'b'},'spec':{'policyName':'p','validationActions':['Deny']}}"));
    eventually(() -> refused(exec("rm")));
    assertThat(refusal(exec("rm")))
        .hasMessage(
            "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied"
                + " request: no removal");
    reached.targets.clear();
    refusal(exec("ls"));
    assertThat(reached.targets).containsExactly("/exec/default/p/c?command=ls&output=1");
  }

  @Test
  void warningsReachTheClientWhateverBecomesOfItsConnection() throws Exception {
    try (TestingWebhook webhook =
        new TestingWebhook(
            request -> {
              ObjectNode response = answer(request);
              response.put("allowed", !request.at("/object/command").toString().contains("\"rm\""));
              response.putArray("warnings").add("somebody looks");
              return response;
            })) {
      hook("validating", webhook, "");
      eventually(() -> refused(exec("rm")));
      for (String command : List.of("rm", "ls")) {
        Client client = new Client("");
        assertThatThrownBy(() -> connect(exec(command), client)).isInstanceOf(ApiException.class);
        assertThat(client.warnings).containsExactly("somebody looks");
      }
    }
  }

  @Test
  void aConfigurationIsMergedByTheOptionsOwnKind() throws Exception {
    registry.create(
        configuration("mutatingadmissionpolicies"),
        "",
        json(
            "{'metadata':{'name':'m'},'spec':{'reinvocationPolicy':'Never','matchConstraints':"
                + "{'resourceRules':["
                + RULE
                + "]},'mutations':[{'patchType':'ApplyConfiguration','applyConfiguration':"
                + "{'expression':'Object{command: [\\\"id\\\"], stderr: true}'}}]}}"));
    registry.create(
        configuration("mutatingadmissionpolicybindings"),
        "",
        json("{'metadata':{'name':'b'},'spec':{'policyName':'m'}}"));
    eventually(
        () -> {
          refusal(exec("sh", "-c"));
          return reached.targets.getLast().contains("command=id");
        });
    assertThat(reached.targets.getLast())
        .isEqualTo("/exec/default/p/c?command=id&output=1&error=1");
  }

  @Test
  void optionsHaveNoLabelsToSelectBy() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(this::answer)) {
      hook(
          "validating",
          webhook,
          "'objectSelector':{'matchExpressions':[{'key':'a','operator':'DoesNotExist'}]},");
      registry.create(
          configuration("mutatingwebhookconfigurations"),
          "",
          json(
              "{'metadata':{'name':'last'},'webhooks':[{'name':'last.example.com',"
                  + "'admissionReviewVersions':['v1'],'sideEffects':'None','rules':["
                  + RULE.replace("CONNECT", "*").replace("pods/*", "configmaps")
                  + "],'clientConfig':"
                  + webhook.byUrl()
                  + "}]}"));
      eventually(
          () ->
              registry
                      .send(
                          ApiRequest.post(
                              Resources.CONFIG_MAPS.path("default"),
                              Json.bytes(TestingRegistry.named("m"))))
                      .status()
                  == 403); // both configurations are known by now
      asked.clear();
      refusal(exec("sh"));
      assertThat(asked).isEmpty();
      assertThat(reached.targets).hasSize(1);
    }
  }

  @Test
  void aWholeServerAsksBeforeItLooksForThePod(@TempDir Path directory) throws Exception {
    String policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic";
    try (TestingServer server = new TestingServer(directory);
        InProcessTransport admin = server.as(Identity.of("admin", Identity.MASTERS))) {
      ApiRequest exec =
          ApiRequest.get(Resources.PODS.path("default", "none", "exec"))
              .withQuery("command", "sh")
              .withQuery("stdout", "1");
      assertThat(admin.send(exec).status()).isEqualTo(404);
      server.create(
          policies + "ies",
          "{'metadata':{'name':'p'},'spec':{'matchConstraints':{'resourceRules':["
              + RULE
              + "]},'validations':[{'expression':'false','reason':'Forbidden'}]}}");
      server.create(
          policies + "ybindings",
          "{'metadata':{'name':'b'},'spec':{'policyName':'p','validationActions':['Deny']}}");
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (admin.send(exec).status() != 403) {
        assertThat(System.nanoTime()).as("the time").isLessThan(end);
        new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
      }
    }
  }
}
