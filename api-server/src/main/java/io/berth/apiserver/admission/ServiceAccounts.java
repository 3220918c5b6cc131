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

/**
 * Gives every new pod a service account that exists, and that account's image pull secrets where
 * the pod names none.
 *
 * <p>No token volume is added: it would be a projected volume, which node agents cannot mount yet,
 * and a pod that asks for nothing must not wait for it.
 */
public final class ServiceAccounts implements AdmissionStep {
  private static final String DEFAULT = "default";

  private final ObjectStore objects;

  public ServiceAccounts(ObjectStore objects) {
    this.objects = objects;
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
