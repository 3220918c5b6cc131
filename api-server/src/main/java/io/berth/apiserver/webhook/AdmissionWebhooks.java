package io.berth.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.patch.JsonPatch;
import io.berth.api.resource.GroupResource;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Expression;
import io.berth.apiserver.policy.Attributes;
import io.berth.apiserver.policy.MatchConditions;
import io.berth.apiserver.policy.Matching;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the webhooks that configurations name: first the mutating ones, each about what those before
 * it left, then, after validation, the validating ones.
 */
public final class AdmissionWebhooks implements AdmissionStep {
  private static final Logger log = LoggerFactory.getLogger(AdmissionWebhooks.class);
  private static final String GROUP = "admissionregistration.k8s.io";
  private static final GroupResource MUTATING =
      new GroupResource(GROUP, "mutatingwebhookconfigurations");
  private static final GroupResource VALIDATING =
      new GroupResource(GROUP, "validatingwebhookconfigurations");

  private final WatchCache cache;
  private final Environment environment;
  private final WebhookClient client;
  private final Consumer<AdmissionRequest> complete;
  private final Matching matching;
  private final CacheFollower follower;
  private volatile List<Hook> mutating = List.of();
  private volatile List<Hook> validating = List.of();

  /**
   * @param complete brings an object that a webhook changed into its kind's form again
   */
  public AdmissionWebhooks(
      WatchCache cache,
      Environment environment,
      WebhookClient client,
      Consumer<AdmissionRequest> complete) {
    this.cache = cache;
    this.environment = environment;
    this.client = client;
    this.complete = complete;
    this.matching = new Matching(cache);
    this.follower =
        new CacheFollower(cache, environment, List.of(MUTATING, VALIDATING), this::step);
  }

  /** Follows the configurations from now on. */
  public void start() {
    follower.start();
  }

  void step() {
    mutating = hooks(MUTATING);
    validating = hooks(VALIDATING);
  }

  /** In the order of their configurations' names. */
  private List<Hook> hooks(GroupResource resource) {
    List<Hook> hooks = new ArrayList<>();
    for (ApiObject configuration : cache.list(resource, null).objects()) {
      hooks.addAll(Hook.of(configuration.tree()));
    }
    return List.copyOf(hooks);
  }

  @Override
  public void admit(AdmissionRequest request) {
    List<Hook> all = mutating;
    if (all.isEmpty()) {
      return;
    }
    Attributes attributes = Attributes.of(request);
    if (Matching.exempt(attributes)) {
      return;
    }
    List<Hook> again = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      boolean changed = ask(all.get(i), attributes, true);
      if (changed) {
        all.subList(0, i).stream()
            .filter(Hook::againIfNeeded)
            .filter(hook -> !again.contains(hook))
            .forEach(again::add);
      }
    }
    again.forEach(hook -> ask(hook, attributes, true));
  }

  @Override
  public void validate(AdmissionRequest request) {
    List<Hook> all = validating;
    if (all.isEmpty()) {
      return;
    }
    Attributes attributes = Attributes.of(request);
    if (!Matching.exempt(attributes)) {
      all.forEach(hook -> ask(hook, attributes, false));
    }
  }

  /** Whether the webhook changed the object. */
  private boolean ask(Hook hook, Attributes attributes, boolean mayChange) {
    if (!hook.chooses(attributes, matching)) {
      return false;
    }
    try {
      if (!conditions(hook, attributes)) {
        return false;
      }
      if (attributes.request().call().dryRun() && !hook.supportsDryRun()) {
        throw Errors.badRequest(
            "admission webhook \"" + hook.name() + "\" does not support dry run");
      }
      return answer(hook, attributes, mayChange);
    } catch (IOException e) {
      if (hook.ignoresFailure()) {
        log.warn("webhook failed and is ignored name={} cause={}", hook.name(), e.getMessage());
        return false;
      }
      throw Errors.internal(
          "failed calling webhook \""
              + hook.name()
              + "\": failed to call webhook: "
              + e.getMessage());
    }
  }

  private boolean conditions(Hook hook, Attributes attributes) {
    if (hook.conditions().isEmpty()) {
      return true;
    }
    try {
      return hook.conditions()
          .hold(MatchConditions.variables(attributes, null, null), Budget.ofRequest());
    } catch (Expression.EvaluationException | Budget.ExceededException e) {
      if (hook.ignoresFailure()) {
        return false;
      }
      throw new ApiException(
          403,
          "Forbidden",
          "match conditions of webhook \"" + hook.name() + "\" failed: " + e.getMessage());
    }
  }

  private boolean answer(Hook hook, Attributes attributes, boolean mayChange) throws IOException {
    String uid =
        new UUID(environment.random().nextLong(), environment.random().nextLong()).toString();
    ObjectNode review =
        Json.object().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
    ObjectNode question = attributes.review(uid);
    question.set("object", attributes.object());
    question.set("oldObject", attributes.old());
    review.set("request", question);
    JsonNode answer =
        client.post(hook.document().path("clientConfig"), review, hook.limit()).path("response");
    if (!answer.isObject()) {
      throw new IOException("webhook response was absent");
    }
    if (!answer.path("uid").asText().equals(uid)) {
      throw new IOException(
          "expected response.uid=\"" + uid + "\", got \"" + answer.path("uid").asText() + "\"");
    }
    answer
        .path("warnings")
        .forEach(warning -> attributes.request().call().warnings().add(warning.asText()));
    if (!answer.path("allowed").asBoolean()) {
      throw denied(hook, answer.path("status"));
    }
    return mayChange && change(answer, attributes);
  }

  private boolean change(JsonNode answer, Attributes attributes) throws IOException {
    String patch = answer.path("patch").asText("");
    ObjectNode object = attributes.object();
    if (patch.isEmpty() || object == null) {
      return false;
    }
    if (!answer.path("patchType").asText().equals("JSONPatch")) {
      throw new IOException(
          "webhook returned response.patch but not response.patchType, or one that is not known");
    }
    try {
      JsonNode patched =
          JsonPatch.apply(object.deepCopy(), Json.parse(Base64.getDecoder().decode(patch)));
      if (!(patched instanceof ObjectNode result) || result.equals(object)) {
        return false;
      }
      object.removeAll();
      object.setAll(result);
      complete.accept(attributes.request());
      return true;
    } catch (IllegalArgumentException | ApiException e) {
      throw new IOException("the patch does not apply: " + e.getMessage(), e);
    }
  }

  private static ApiException denied(Hook hook, JsonNode status) {
    int code = status.path("code").asInt(0);
    String reason = status.path("reason").asText("");
    String why = status.path("message").asText("");
    String who = "admission webhook \"" + hook.name() + "\" denied the request";
    String message =
        !why.isEmpty()
            ? who + ": " + why
            : !reason.isEmpty() ? who + ": " + reason : who + " without explanation";
    boolean error = code >= 400 && code < 600;
    return new ApiException(error ? code : 403, reason.isEmpty() ? "Forbidden" : reason, message);
  }
}
