package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Text;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.ObjectStore;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Gives every new pod a service account that exists, that account's image pull secrets where the
 * pod names none, and, unless pod or account decline, a volume with a token of the account, the
 * cluster's authority and the namespace, where clients look for them.
 */
public final class ServiceAccounts implements AdmissionStep {
  private static final String DEFAULT = "default";

  private final ObjectStore objects;
  private final RandomGenerator random;

  /**
   * @param random names volumes
   */
  public ServiceAccounts(ObjectStore objects, RandomGenerator random) {
    this.objects = objects;
    this.random = random;
  }

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode spec = NewPods.spec(request);
    if (spec == null) {
      return;
    }
    String name = spec.path("serviceAccountName").asText("");
    if (name.isEmpty()) {
      name = spec.path("serviceAccount").asText("");
    }
    if (name.isEmpty()) {
      name = DEFAULT;
    }
    spec.put("serviceAccountName", name).put("serviceAccount", name);
    JsonNode account = account(request.key(), name);
    if (spec.path("imagePullSecrets").isEmpty() && !account.path("imagePullSecrets").isEmpty()) {
      spec.set("imagePullSecrets", account.get("imagePullSecrets"));
    }
    if (automount(spec, account)) {
      TokenVolume.mount(spec, random);
    }
  }

  /** The pod's word counts before the account's; a token is mounted where neither says anything. */
  private static boolean automount(JsonNode spec, JsonNode account) {
    String field = "automountServiceAccountToken";
    return spec.path(field).asBoolean(account.path(field).asBoolean(true));
  }

  private JsonNode account(ObjectKey pod, String name) {
    ObjectKey key = ObjectKey.of(Resources.SERVICE_ACCOUNTS.groupResource(), pod.namespace(), name);
    Optional<ObjectNode> account = objects.find(key).map(stored -> stored.tree());
    return account.orElseThrow(
        () ->
            Errors.forbidden(
                pod.resource(),
                pod.name(),
                "error looking up service account "
                    + pod.namespace()
                    + "/"
                    + name
                    + ": serviceaccount "
                    + Text.quote(name)
                    + " not found"));
  }
}
