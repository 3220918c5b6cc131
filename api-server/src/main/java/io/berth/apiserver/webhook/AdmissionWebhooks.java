package io.berth.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.patch.JsonPatch;
import io.berth.api.resource.GroupResource;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Expression;
import io.berth.apiserver.policy.Attributes;
import io.berth.apiserver.policy.MatchConditions;
import io.berth.apiserver.policy.Matching;
import io.berth.apiserver.policy.Surroundings;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Reinvocation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.random.RandomGenerator;
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

  private final Surroundings surroundings;
  private final WebhookClient client;
  private final Matching matching;
  private final CacheFollower follower;
  private volatile List<Hook> mutating = List.of();
  private volatile List<Hook> validating = List.of();

  public AdmissionWebhooks(Surroundings surroundings, WebhookClient client) {
    this.surroundings = surroundings;
    this.client = client;
    this.matching = new Matching(surroundings);
    this.follower =
        new CacheFollower(
            surroundings.cache(),
            surroundings.environment(),
            List.of(MUTATING, VALIDATING),
            this::step);
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
    for (ApiObject configuration : surroundings.cache().list(resource, null).objects()) {
      hooks.addAll(Hook.of(configuration.tree()));
    }
    return List.copyOf(hooks);
  }

  @Override
  public void admitPart(AdmissionRequest request) {
    admit(request);
  }

  @Override
  public void admit(AdmissionRequest request) {
    List<Hook> all = mutating;
    if (all.isEmpty()) {
      return;
    }
    Attributes write = Attributes.of(request, surroundings.strategies());
    if (Matching.exempt(write)) {
      return;
    }
    ObjectNode object = request.object();
    Reinvocation.Round round = request.again().of(this);
    if (object != null) {
      round.begin(object);
    }
    for (Hook hook : all) {
      Optional<Attributes> chosen = chosen(hook, write);
      if (chosen.isEmpty() || !round.asks(hook)) {
        continue;
      }
      JsonNode response = ask(hook, chosen.get(), true);
      heed(new Answer(hook, response), write);
      if (change(hook, response, chosen.get())) {
        round.changed();
      }
      if (hook.againIfNeeded()) {
        round.asked(hook);
      }
    }
    if (object != null) {
      round.end(object);
    }
  }

  /** All at once; the first in order that refuses speaks for all. */
  @Override
  public void validatePart(AdmissionRequest request) {
    validate(request);
  }

  @Override
  public void validate(AdmissionRequest request) {
    List<Hook> all = validating;
    if (all.isEmpty()) {
      return;
    }
    Attributes write = Attributes.of(request, surroundings.strategies());
    if (Matching.exempt(write)) {
      return;
    }
    List<FutureTask<Answer>> questions = new ArrayList<>();
    for (Hook hook : all) {
      chosen(hook, write)
          .ifPresent(
              seen ->
                  questions.add(new FutureTask<>(() -> new Answer(hook, ask(hook, seen, false)))));
    }
    questions.stream().skip(1).forEach(surroundings.environment().executor()::execute);
    for (FutureTask<Answer> question : questions) {
      question.run(); // where nobody else did
      heed(answer(question), write);
    }
  }

  /**
   * What a webhook said.
   *
   * @param response missing where it said nothing and that is ignored
   */
  private record Answer(Hook hook, JsonNode response) {}

  /** Its warnings are told of also where it refuses. */
  private static void heed(Answer answer, Attributes write) {
    JsonNode response = answer.response();
    Review.warnings(response).forEach(write::warn);
    if (!response.isMissingNode() && !response.path("allowed").asBoolean()) {
      throw Review.denied(answer.hook().name(), response.path("status"));
    }
  }

  private static Answer answer(FutureTask<Answer> question) {
    try {
      return question.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while webhooks were asked", e);
    }
  }

  /** The write as a webhook is to be asked about it, or empty. */
  private Optional<Attributes> chosen(Hook hook, Attributes write) {
    return hook.chooses(write, matching)
        .filter(attributes -> hook.conditions().isEmpty() || conditions(hook, attributes));
  }

  private boolean conditions(Hook hook, Attributes attributes) {
    try {
      return hook.conditions()
          .hold(
              MatchConditions.variables(attributes, null, null, surroundings.authorizer()),
              Budget.ofConditions());
    } catch (Expression.EvaluationException | Budget.ExceededException e) {
      if (hook.ignoresFailure()) {
        return false;
      }
      throw Errors.forbidden(
          attributes.info().resource().groupResource(),
          attributes.name(),
          e.getMessage() == null ? "" : e.getMessage());
    }
  }

  /** The answer of a webhook; missing where it gave none and need not. */
  private JsonNode ask(Hook hook, Attributes attributes, boolean mayChange) {
    if (attributes.dryRun() && !hook.supportsDryRun()) {
      throw Errors.badRequest("admission webhook \"" + hook.name() + "\" does not support dry run");
    }
    RandomGenerator random = surroundings.environment().random();
    String uid = new UUID(random.nextLong(), random.nextLong()).toString();
    Review review = new Review(hook.reviews(), uid, mayChange);
    try {
      return review.response(
          client.post(
              hook.document().path("clientConfig"), review.question(attributes), hook.limit()));
    } catch (IOException e) {
      if (hook.ignoresFailure()) {
        log.warn("webhook failed and is ignored name={} cause={}", hook.name(), e.getMessage());
        return MissingNode.getInstance();
      }
      throw Errors.internal(
          "failed calling webhook \""
              + hook.name()
              + "\": failed to call webhook: "
              + e.getMessage());
    }
  }

  private static boolean change(Hook hook, JsonNode response, Attributes attributes) {
    String patch = response.path("patch").asText("");
    if (patch.isEmpty()) {
      return false;
    }
    ObjectNode object = attributes.object();
    if (object == null) {
      throw Errors.internal(
          "admission webhook \""
              + hook.name()
              + "\" attempted to modify the object, which is not supported for this operation");
    }
    try {
      JsonNode patched =
          JsonPatch.apply(object.deepCopy(), Json.parse(Base64.getDecoder().decode(patch)));
      if (!(patched instanceof ObjectNode result) || result.equals(object)) {
        return false;
      }
      attributes.take(result);
      return true;
    } catch (IllegalArgumentException | ApiException e) {
      throw Errors.internal(e.getMessage() == null ? "the patch does not apply" : e.getMessage());
    }
  }
}
