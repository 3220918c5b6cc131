package io.berth.controllers.certificates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.Times;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Approves nodes' requests for client certificates where their senders may ask for them, and for
 * server certificates where the names asked for are the node's own, signs what is approved, and
 * removes requests that are done or that nobody decided on ({@link Expiration}). One step: {@link
 * #reconcile}.
 */
public final class CertificateController implements Controller {
  private static final String NODE_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet";
  private static final String NODE_SERVER = "kubernetes.io/kubelet-serving";
  private static final String NODE_USER = "system:node:";
  private static final Set<String> SIGNERS =
      Set.of(
          "kubernetes.io/kube-apiserver-client",
          NODE_CLIENT,
          NODE_SERVER,
          "kubernetes.io/legacy-unknown");
  private static final Duration LONGEST = Duration.ofDays(365);
  private static final Duration SHORTEST = Duration.ofMinutes(10);

  private final ControllerContext context;
  private final CertificateSigner authority;
  private final Informer requests;
  private final WatchedLoop<String> loop;

  public CertificateController(
      ControllerContext context, int workers, CertificateSigner authority) {
    this.context = context;
    this.authority = authority;
    this.requests = context.informers().of(Resources.CERTIFICATE_SIGNING_REQUESTS);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(requests, request -> loop.add(request.key().name()));
  }

  Outcome reconcile(String name) {
    Optional<ApiObject> found = requests.get("", name);
    if (found.isEmpty() || found.get().header().deleting()) {
      return Outcome.done();
    }
    ObjectNode request = (ObjectNode) found.get().tree();
    Duration left = Duration.between(context.environment().clock().now(), Expiration.of(request));
    if (left.isNegative() || left.isZero()) {
      context
          .client()
          .delete(Resources.CERTIFICATE_SIGNING_REQUESTS, null, name, DeleteOptions.DEFAULT);
      return Outcome.done();
    }
    boolean decided = has(request, "Approved") || has(request, "Denied");
    boolean done =
        has(request, "Denied")
            || has(request, "Failed")
            || request.path("status").hasNonNull("certificate");
    if (!decided) {
      approve(name, request);
    } else if (!done && SIGNERS.contains(signer(request))) {
      sign(request);
    }
    return Outcome.again(left);
  }

  private void approve(String name, ObjectNode request) {
    if (signer(request).equals(NODE_SERVER)) {
      approveServer(name, request);
    } else if (signer(request).equals(NODE_CLIENT)) {
      approveClient(name, request);
    }
  }

  /**
   * A node may serve under its name and the addresses that it has: Kubernetes leaves this to
   * somebody else, and without it nobody reads the node's logs.
   */
  private void approveServer(String name, ObjectNode request) {
    String user = request.at("/spec/username").asText();
    List<String> asked = authority.nodeServerNames(pem(request), usages(request), user);
    if (asked.isEmpty()) {
      return;
    }
    String node = user.substring(NODE_USER.length());
    Set<String> own = new HashSet<>(Set.of(node));
    context
        .client()
        .find(Resources.NODES, null, node)
        .ifPresent(
            found ->
                found
                    .tree()
                    .at("/status/addresses")
                    .forEach(address -> own.add(address.path("address").asText())));
    if (own.containsAll(asked)) {
      condition(
          request,
          "Approved",
          "AutoApproved",
          "Auto approving kubelet serving certificate for the node's own name and addresses.");
      putApproval(name, request);
    }
  }

  private void approveClient(String name, ObjectNode request) {
    String node = authority.nodeClient(pem(request), usages(request));
    if (node.isEmpty()) {
      return;
    }
    boolean self = node.equals(request.at("/spec/username").asText());
    if (self && mayAsk(request, "selfnodeclient")) {
      condition(
          request,
          "Approved",
          "AutoApproved",
          "Auto approving self kubelet client certificate after SubjectAccessReview.");
    } else if (mayAsk(request, "nodeclient")) {
      condition(
          request,
          "Approved",
          "AutoApproved",
          "Auto approving kubelet client certificate after SubjectAccessReview.");
    } else {
      return;
    }
    putApproval(name, request);
  }

  private void putApproval(String name, ObjectNode request) {
    String path = Resources.CERTIFICATE_SIGNING_REQUESTS.path(null, name, "approval");
    context.client().send(ApiRequest.put(path, Json.bytes(request)));
  }

  private boolean mayAsk(ObjectNode request, String subresource) {
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec");
    JsonNode asked = request.path("spec");
    spec.put("user", asked.path("username").asText());
    spec.put("uid", asked.path("uid").asText(""));
    if (asked.has("groups")) {
      spec.set("groups", asked.get("groups"));
    }
    if (asked.has("extra")) {
      spec.set("extra", asked.get("extra"));
    }
    spec.putObject("resourceAttributes")
        .put("group", Resources.CERTIFICATE_SIGNING_REQUESTS.group())
        .put("resource", "certificatesigningrequests")
        .put("subresource", subresource)
        .put("verb", "create");
    byte[] answer =
        context
            .client()
            .send(ApiRequest.post(Resources.SUBJECT_ACCESS_REVIEWS.path(null), Json.bytes(review)))
            .body();
    return Json.parse(answer).at("/status/allowed").asBoolean();
  }

  private void sign(ObjectNode request) {
    Duration lifetime = LONGEST;
    JsonNode seconds = request.at("/spec/expirationSeconds");
    if (seconds.isNumber()) {
      Duration asked = Duration.ofSeconds(seconds.asLong());
      lifetime = asked.compareTo(LONGEST) > 0 ? LONGEST : asked;
      lifetime = lifetime.compareTo(SHORTEST) < 0 ? SHORTEST : lifetime;
    }
    try {
      String certificate =
          authority.sign(
              signer(request),
              pem(request),
              usages(request),
              request.at("/spec/username").asText(),
              lifetime);
      request
          .withObject("/status")
          .put(
              "certificate",
              Base64.getEncoder().encodeToString(certificate.getBytes(StandardCharsets.US_ASCII)));
    } catch (IllegalArgumentException e) {
      condition(request, "Failed", "SignerValidationFailure", String.valueOf(e.getMessage()));
    }
    context.client().updateStatus(Resources.CERTIFICATE_SIGNING_REQUESTS, request);
  }

  private void condition(ObjectNode request, String type, String reason, String message) {
    ArrayNode conditions = request.withObject("/status").withArray("conditions");
    String now = Times.seconds(context.environment().clock().now());
    conditions
        .addObject()
        .put("type", type)
        .put("status", "True")
        .put("reason", reason)
        .put("message", message)
        .put("lastUpdateTime", now)
        .put("lastTransitionTime", now);
  }

  private static String signer(JsonNode request) {
    return request.at("/spec/signerName").asText();
  }

  private static byte[] pem(JsonNode request) {
    return Base64.getDecoder().decode(request.at("/spec/request").asText());
  }

  private static List<String> usages(JsonNode request) {
    List<String> usages = new ArrayList<>();
    request.at("/spec/usages").forEach(usage -> usages.add(usage.asText()));
    return usages;
  }

  private static boolean has(JsonNode request, String type) {
    for (JsonNode condition : request.at("/status/conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String name() {
    return "certificate";
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    loop.close();
  }
}
