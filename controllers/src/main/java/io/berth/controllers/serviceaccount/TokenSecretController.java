package io.berth.controllers.serviceaccount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.client.PatchType;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * Fills secrets of the type {@code kubernetes.io/service-account-token}: with a token of the
 * account that they name, bound to the secret and as long-lived as one can be, the cluster's
 * authority and the namespace. Secrets whose account is gone are deleted. One step: {@link
 * #reconcile}.
 */
public final class TokenSecretController implements Controller {
  static final String TYPE = "kubernetes.io/service-account-token";
  private static final String ACCOUNT = "kubernetes.io/service-account.name";
  private static final String ACCOUNT_UID = "kubernetes.io/service-account.uid";
  private static final String TYPE_FIELD = "type";

  /** The most that may be asked for: 136 years. */
  private static final long LIFETIME_SECONDS = 1L << 32;

  record Key(String namespace, String name) {}

  private final ControllerContext context;
  private final String rootCa;
  private final Informer secrets;
  private final Informer accounts;
  private final WatchedLoop<Key> loop;

  /**
   * @param rootCa PEM, may be empty
   */
  public TokenSecretController(ControllerContext context, int workers, String rootCa) {
    this.context = context;
    this.rootCa = rootCa;
    this.secrets = context.informers().of(Resources.SECRETS);
    this.accounts = context.informers().of(Resources.SERVICE_ACCOUNTS);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(secrets, this::changed);
    Changes.each(
        accounts, account -> secrets.inNamespace(account.key().namespace()).forEach(this::changed));
  }

  private void changed(ApiObject secret) {
    if (TYPE.equals(secret.header().fields().get(TYPE_FIELD))) {
      loop.add(new Key(secret.key().namespace(), secret.key().name()));
    }
  }

  Outcome reconcile(Key key) {
    Optional<ApiObject> found = secrets.get(key.namespace(), key.name());
    if (found.isEmpty() || found.get().header().deleting()) {
      return Outcome.done();
    }
    JsonNode secret = found.get().tree();
    JsonNode annotations = secret.path("metadata").path("annotations");
    String account = annotations.path(ACCOUNT).asText("");
    String wantedUid = annotations.path(ACCOUNT_UID).asText("");
    Optional<ApiObject> owner =
        context.client().find(Resources.SERVICE_ACCOUNTS, key.namespace(), account);
    if (owner.isEmpty()
        || (!wantedUid.isEmpty() && !wantedUid.equals(owner.get().header().uid()))) {
      context
          .client()
          .delete(Resources.SECRETS, key.namespace(), key.name(), DeleteOptions.DEFAULT);
      return Outcome.done();
    }
    ObjectNode missing = missing(secret.path("data"), key, account, found.get().header().uid());
    if (!missing.isEmpty() || wantedUid.isEmpty()) {
      ObjectNode patch = Json.object();
      patch
          .putObject("metadata")
          .putObject("annotations")
          .put(ACCOUNT_UID, owner.get().header().uid());
      patch.set("data", missing);
      context
          .client()
          .patch(Resources.SECRETS, key.namespace(), key.name(), null, PatchType.MERGE, patch);
    }
    return Outcome.done();
  }

  private ObjectNode missing(JsonNode data, Key key, String account, String uid) {
    ObjectNode missing = Json.object();
    if (!rootCa.isEmpty() && !data.path("ca.crt").asText().equals(base64(rootCa))) {
      missing.put("ca.crt", base64(rootCa));
    }
    if (!data.path("namespace").asText().equals(base64(key.namespace()))) {
      missing.put("namespace", base64(key.namespace()));
    }
    if (data.path("token").asText("").isEmpty()) {
      missing.put("token", base64(token(key, account, uid)));
    }
    return missing;
  }

  private String token(Key key, String account, String uid) throws ApiException {
    ObjectNode request =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    ObjectNode spec = request.putObject("spec").put("expirationSeconds", LIFETIME_SECONDS);
    spec.putObject("boundObjectRef")
        .put("apiVersion", "v1")
        .put("kind", "Secret")
        .put("name", key.name())
        .put("uid", uid);
    String path = Resources.SERVICE_ACCOUNTS.path(key.namespace(), account, "token");
    byte[] answer = context.client().send(ApiRequest.post(path, Json.bytes(request))).body();
    return Json.parse(answer).path("status").path("token").asText();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String name() {
    return "serviceaccount-token";
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
