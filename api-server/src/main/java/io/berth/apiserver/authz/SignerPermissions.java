package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Text;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.pki.CertificateRequest;
import io.berth.apiserver.pki.Signers;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Authorizer.Access;
import io.berth.apiserver.server.Identity;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Who decides on requests for certificates, and who signs them, must be allowed that for their
 * signer; and nobody asks for a certificate of the group that may do anything.
 */
final class SignerPermissions implements AdmissionStep {
  private final Authorizer authorizer;

  SignerPermissions(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null
        || !request
            .key()
            .resource()
            .equals(Resources.CERTIFICATE_SIGNING_REQUESTS.groupResource())) {
      return;
    }
    ObjectNode old = request.old();
    switch (request.call().info().subresource()) {
      case "approval" -> check(request, object, "approve");
      case "status" -> {
        if (old != null && signs(object, old)) {
          check(request, object, "sign");
        }
      }
      default -> {
        if (request.operation() == Operation.CREATE) {
          refuseMasters(request, object);
        }
      }
    }
  }

  private static boolean signs(JsonNode object, JsonNode old) {
    return !object.at("/status/certificate").equals(old.at("/status/certificate"))
        || failed(object) != failed(old);
  }

  private static boolean failed(JsonNode object) {
    for (JsonNode condition : object.at("/status/conditions")) {
      if (condition.path("type").asText().equals("Failed")) {
        return true;
      }
    }
    return false;
  }

  private void check(AdmissionRequest request, ObjectNode object, String verb) {
    String signer = object.at("/spec/signerName").asText("");
    Identity who = request.call().identity();
    String domain = signer.substring(0, Math.max(0, signer.indexOf('/'))) + "/*";
    if (!may(who, verb, signer) && !may(who, verb, domain)) {
      throw forbidden(
          request,
          "user not permitted to " + verb + " requests with signerName " + Text.quote(signer));
    }
  }

  private boolean may(Identity who, String verb, String signer) {
    return authorizer.allows(
        who,
        Access.resource(
            verb, Resources.CERTIFICATE_SIGNING_REQUESTS.group(), "signers", "", signer));
  }

  private static void refuseMasters(AdmissionRequest request, ObjectNode object) {
    if (!object.at("/spec/signerName").asText("").equals(Signers.CLIENT)) {
      return;
    }
    CertificateRequest asked = parse(object);
    if (asked != null && asked.organizations().contains(Identity.MASTERS)) {
      throw forbidden(
          request,
          "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not"
              + " allowed");
    }
  }

  /** Null where it is no request: validation will say so. */
  private static @Nullable CertificateRequest parse(ObjectNode object) {
    try {
      return CertificateRequest.parse(
          Base64.getDecoder().decode(object.at("/spec/request").asText("")));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static ApiException forbidden(AdmissionRequest request, String why) {
    return Errors.forbidden(request.key().resource(), request.key().name(), why);
  }
}
