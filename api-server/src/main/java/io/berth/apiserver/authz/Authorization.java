package io.berth.apiserver.authz;

import io.berth.api.resource.Resources;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.server.Authorizer;
import java.util.Map;

/**
 * All that decides who may do what, put together once a server over its watch cache: masters, then
 * the rules for nodes, then roles and bindings.
 */
public final class Authorization {
  private final RbacAuthorizer rbac;
  private final Authorizer chain;

  public Authorization(WatchCache cache) {
    this(new CachedPolicies(cache), new CachedNodeObjects(cache));
  }

  /** Over other roles, bindings and pods than a watch cache shows. */
  public Authorization(PolicySource policies, NodeObjects nodes) {
    rbac = new RbacAuthorizer(policies);
    chain = new AuthorizerChain(new NodeAuthorizer(nodes), rbac);
  }

  public Authorizer authorizer() {
    return chain;
  }

  /** Keeps roles and bindings from granting more than their writers hold. */
  public AdmissionStep escalation() {
    return new RoleEscalation(chain, rbac);
  }

  /** Keeps decisions on certificates to those who may decide for their signers. */
  public AdmissionStep signers() {
    return new SignerPermissions(chain);
  }

  /** Keeps those who may change objects and not create them from creating by a change. */
  public AdmissionStep creation() {
    return new CreationCheck(chain);
  }

  /** The questions what somebody may do. */
  public Map<Computed.Target, Computed> reviews() {
    return Map.of(
        Computed.Target.of(Resources.SELF_SUBJECT_ACCESS_REVIEWS), new AccessReview(chain, true),
        Computed.Target.of(Resources.SUBJECT_ACCESS_REVIEWS), new AccessReview(chain, false),
        Computed.Target.of(Resources.LOCAL_SUBJECT_ACCESS_REVIEWS), new AccessReview(chain, false),
        Computed.Target.of(Resources.SELF_SUBJECT_RULES_REVIEWS), new RulesReview(rbac),
        Computed.Target.of(Resources.SELF_SUBJECT_REVIEWS), new SelfReview());
  }
}
