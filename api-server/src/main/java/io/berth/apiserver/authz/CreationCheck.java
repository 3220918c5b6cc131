package io.berth.apiserver.authz;

import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Authorizer.Access;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.Verb;

/** Who applies or puts what is not there creates it, and must be allowed to. */
final class CreationCheck implements AdmissionStep {
  private final Authorizer authorizer;

  CreationCheck(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  @Override
  public void admit(AdmissionRequest request) {
    RequestInfo info = request.call().info();
    boolean other = info.verb() == Verb.PATCH || info.verb() == Verb.UPDATE;
    if (request.operation() != Operation.CREATE || !other) {
      return;
    }
    Access create =
        Access.resource(
            Verb.CREATE.text(),
            info.group(),
            info.resource().plural(),
            info.namespace(),
            info.name());
    Authorizer.Decision decision = authorizer.decide(request.call().identity(), create);
    if (!decision.allowed()) {
      throw Errors.denied(
          request.call().identity().name(),
          create.verb(),
          info.resource().groupResource(),
          "",
          info.namespace(),
          info.name(),
          decision.reason());
    }
  }
}
