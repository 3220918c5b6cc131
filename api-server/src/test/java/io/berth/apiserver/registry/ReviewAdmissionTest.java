package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Webhooks are asked about questions who may do what, which nothing is stored of; policies not. */
class ReviewAdmissionTest {
  private static final String QUESTION =
      "{'spec':{'user':'jane','resourceAttributes':{'verb':'get','resource':'pods'}}}";
  private static final String RULE =
      "{'operations':['CREATE'],'apiGroups':['authorization.k8s.io'],'apiVersions':['v1'],"
          + "'resources':['*']}";

  private final TestingRegistry registry = TestingRegistry.ready();
  private final List<ObjectNode> asked = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    registry.close();
  }

  private static ResourceDefinition configuration(String plural) {
    return Resources.find(new GroupResource("admissionregistration.k8s.io", plural)).orElseThrow();
  }

  private void hook(String what, TestingWebhook webhook) {
    registry.create(
        configuration(what + "webhookconfigurations"),
        "",
        json(
            "{'metadata':{'name':'hooks'},'webhooks':[{'name':'hook.example.com',"
                + "'admissionReviewVersions':['v1'],'sideEffects':'None','rules':["
                + RULE
                + "],'clientConfig':"
                + webhook.byUrl()
                + "}]}"));
  }

  private ApiResponse ask(ResourceDefinition kind, String namespace, String question) {
    return registry.send(ApiRequest.post(kind.path(namespace), Json.bytes(json(question))));
  }

  private static void eventually(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the time").isLessThan(end);
      new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
    }
  }

  @Test
  void aWebhookRefusesQuestionsThatAreValid() throws Exception {
    try (TestingWebhook webhook =
        new TestingWebhook(
            request -> {
              asked.add(request.deepCopy());
              ObjectNode response = Json.object().put("allowed", false);
              response.putObject("status").put("message", "nobody asks");
              return response;
            })) {
      hook("validating", webhook);
      eventually(() -> ask(Resources.SUBJECT_ACCESS_REVIEWS, "", QUESTION).status() == 403);
      ObjectNode review = asked.getLast();
      assertThat(review.at("/kind/kind").asText()).isEqualTo("SubjectAccessReview");
      assertThat(review.at("/resource/resource").asText()).isEqualTo("subjectaccessreviews");
      assertThat(review.at("/object/spec/user").asText()).isEqualTo("jane");
      assertThat(review.at("/options/kind").asText()).isEqualTo("CreateOptions");
      assertThat(review.has("namespace")).isFalse();
      asked.clear();
      assertThat(ask(Resources.SUBJECT_ACCESS_REVIEWS, "", "{'spec':{}}").status()).isEqualTo(422);
      assertThat(ask(Resources.SELF_SUBJECT_RULES_REVIEWS, "", "{'spec':{}}").status())
          .isEqualTo(400);
      assertThat(asked).isEmpty();
      ApiResponse local =
          ask(
              Resources.LOCAL_SUBJECT_ACCESS_REVIEWS,
              "default",
              QUESTION.replace("'verb'", "'namespace':'default','verb'"));
      assertThat(body(local).path("message").asText())
          .isEqualTo("admission webhook \"hook.example.com\" denied the request: nobody asks");
      assertThat(asked.getLast().path("namespace").asText()).isEqualTo("default");
      assertThat(
              ask(Resources.SELF_SUBJECT_RULES_REVIEWS, "", "{'spec':{'namespace':'default'}}")
                  .status())
          .isEqualTo(403);
      assertThat(
              ask(
                      Resources.SELF_SUBJECT_ACCESS_REVIEWS,
                      "",
                      "{'spec':{'nonResourceAttributes':{'verb':'get','path':'/x'}}}")
                  .status())
          .isEqualTo(403);
    }
  }

  @Test
  void aQuestionHasNoMetadata() {
    ApiResponse named =
        ask(
            Resources.SUBJECT_ACCESS_REVIEWS,
            "",
            QUESTION.replace("{'spec'", "{'metadata':{'name':'x'},'spec'"));
    assertThat(named.status()).isEqualTo(422);
    assertThat(body(named).path("message").asText())
        .contains("metadata: Invalid value: {\"name\":\"x\"}: must be empty");
    assertThat(
            ask(
                    Resources.SUBJECT_ACCESS_REVIEWS,
                    "",
                    QUESTION.replace(
                        "{'spec'", "{'metadata':{'creationTimestamp':null,'labels':{}},'spec'"))
                .status())
        .isEqualTo(201);
  }

  @Test
  void whatAWebhookMakesOfAQuestionIsAnswered() throws Exception {
    String patch =
        "[{\"op\":\"replace\",\"path\":\"/spec/user\",\"value\":\"bob\"},"
            + "{\"op\":\"add\",\"path\":\"/spec/groups\",\"value\":[\"system:masters\"]}]";
    try (TestingWebhook webhook =
        new TestingWebhook(
            request ->
                Json.object()
                    .put("allowed", true)
                    .put("patchType", "JSONPatch")
                    .put(
                        "patch",
                        Base64.getEncoder()
                            .encodeToString(patch.getBytes(StandardCharsets.UTF_8))))) {
      assertThat(
              body(ask(Resources.SUBJECT_ACCESS_REVIEWS, "", QUESTION))
                  .at("/status/allowed")
                  .asBoolean(true))
          .isFalse();
      hook("mutating", webhook);
      eventually(
          () ->
              body(ask(Resources.SUBJECT_ACCESS_REVIEWS, "", QUESTION))
                  .at("/status/allowed")
                  .asBoolean());
      assertThat(
              body(ask(Resources.SUBJECT_ACCESS_REVIEWS, "", QUESTION)).at("/spec/user").asText())
          .isEqualTo("bob");
    }
  }

  @Test
  void policiesAreNotAskedAboutQuestions() throws Exception {
    registry.create(
        configuration("validatingadmissionpolicies"),
        "",
        json(
            "{'metadata':{'name':'p'},'spec':{'matchConstraints':{'resourceRules':["
                + RULE.replace("authorization.k8s.io'", "*'")
                + "]},'validations':[{'expression':'false','reason':'Forbidden'}]}}"));
    registry.create(
        configuration("validatingadmissionpolicybindings"),
        "",
        json("{'metadata':{'name':'b'},'spec':{'policyName':'p','validationActions':['Deny']}}"));
    eventually(
        () ->
            registry
                    .send(
                        ApiRequest.post(
                            Resources.CONFIG_MAPS.path("default"),
                            Json.bytes(TestingRegistry.named("m" + System.nanoTime()))))
                    .status()
                == 403);
    assertThat(ask(Resources.SUBJECT_ACCESS_REVIEWS, "", QUESTION).status()).isEqualTo(201);
  }
}
