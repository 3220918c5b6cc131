package io.berth.apiserver.authz;

import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Identity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides by roles and their bindings. What is in force is the source's present content: each
 * question first compares its version, one read of a number, and indexes anew where it changed.
 * Safe for use by many threads.
 */
public final class RbacAuthorizer implements Authorizer {
  private record Indexed(long version, Policies policies, ParsedPolicies parsed) {}

  private final PolicySource source;
  private volatile @Nullable Indexed indexed;

  public RbacAuthorizer(PolicySource source) {
    this.source = source;
  }

  @Override
  public Decision decide(Identity who, Access what) {
    return policies().of(who).decide(what);
  }

  /** The rules that somebody has in a namespace; with "" those that hold everywhere. */
  Grants.Rules rules(Identity who, String namespace) {
    return policies().of(who).rules(namespace);
  }

  /**
   * The rules of a role, or null where there is no such role; namespace empty for cluster roles.
   */
  @Nullable List<PolicyRule> role(String namespace, String name) {
    return policies().role(namespace, name);
  }

  private Policies policies() {
    Indexed last = indexed;
    if (last != null && last.version() == source.version()) {
      return last.policies();
    }
    return index();
  }

  /** Others wait meanwhile: to let them go on by the old rules would outlast an acknowledgement. */
  private synchronized Policies index() {
    Indexed last = indexed;
    long version = source.version(); // before reading: what changes meanwhile is read again
    if (last != null && last.version() == version) {
      return last.policies();
    }
    ParsedPolicies parsed = last == null ? new ParsedPolicies() : new ParsedPolicies(last.parsed());
    Policies policies = new Policies(source, parsed);
    indexed = new Indexed(version, policies, parsed);
    return policies;
  }
}
