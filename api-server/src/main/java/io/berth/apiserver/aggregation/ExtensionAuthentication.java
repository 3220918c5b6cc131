package io.berth.apiserver.aggregation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.pki.FrontProxy;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.Verb;

/**
 * Keeps the config map by which further API servers know who is allowed to speak for others, and by
 * which headers; what others wrote beside it stays.
 */
final class ExtensionAuthentication {
  private static final String NAMESPACE = "kube-system";
  private static final String NAME = "extension-apiserver-authentication";
  private static final ResourceDefinition KIND = Resources.CONFIG_MAPS;

  private final LocalCalls calls;
  private final ObjectNode data;

  /**
   * @param clientAuthority who signs clients' certificates, PEM
   */
  ExtensionAuthentication(LocalCalls calls, String clientAuthority, FrontProxy proxy) {
    this.calls = calls;
    this.data =
        Json.object()
            .put("client-ca-file", clientAuthority)
            .put("requestheader-allowed-names", "[\"" + FrontProxy.NAME + "\"]")
            .put("requestheader-client-ca-file", proxy.authorityPem())
            .put("requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]")
            .put("requestheader-group-headers", "[\"X-Remote-Group\"]")
            .put("requestheader-uid-headers", "[\"X-Remote-Uid\"]")
            .put("requestheader-username-headers", "[\"X-Remote-User\"]");
  }

  /**
   * Writes it where it differs. Several servers may do so at once.
   *
   * @throws ApiException the store does not answer
   */
  void ensure() {
    try {
      ObjectNode present =
          (ObjectNode) Json.parse(ask(ApiRequest.get(KIND.path(NAMESPACE, NAME)), Verb.GET, NAME));
      ObjectNode complete = present.deepCopy();
      complete.withObject("/data").setAll(data);
      if (!complete.equals(present)) {
        ask(ApiRequest.put(KIND.path(NAMESPACE, NAME), Json.bytes(complete)), Verb.UPDATE, NAME);
      }
    } catch (ApiException e) {
      if (e.isConflict()) {
        return; // another server is at it
      }
      if (!e.isNotFound()) {
        throw e;
      }
      create();
    }
  }

  private void create() {
    ObjectNode object = Json.object().put("kind", KIND.kind()).put("apiVersion", KIND.apiVersion());
    object.putObject("metadata").put("name", NAME).put("namespace", NAMESPACE);
    object.set("data", data);
    try {
      ask(ApiRequest.post(KIND.path(NAMESPACE), Json.bytes(object)), Verb.CREATE, "");
    } catch (ApiException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
  }

  private byte[] ask(ApiRequest request, Verb verb, String name) {
    return calls
        .ask(request.withHeader("user-agent", "kube-apiserver"), verb, KIND, NAMESPACE, name, "")
        .body();
  }
}
