package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Expression;
import io.berth.apiserver.policy.InForce.Bound;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Reinvocation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Changes writes as the MutatingAdmissionPolicies say that bindings put into force, one after the
 * other in the order of their names, and again those that ask for it.
 */
public final class MutatingPolicies implements AdmissionStep {
  private static final Comparator<Bound<MutatingPolicy>> ORDER =
      Comparator.<Bound<MutatingPolicy>, String>comparing(bound -> bound.policy().name())
          .thenComparing(Bound::name);

  /** What tells a binding from others, and from the same one changed. */
  private record Key(String policy, String binding) {}

  private final Surroundings surroundings;
  private final InForce<MutatingPolicy> policies;

  public MutatingPolicies(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.policies = new InForce<>(surroundings, "mutating", MutatingPolicy::of);
  }

  /** Follows policies and bindings from now on. */
  public void start() {
    policies.start();
  }

  @Override
  public void admitPart(AdmissionRequest request) {
    admit(request);
  }

  @Override
  public void admit(AdmissionRequest request) {
    List<Bound<MutatingPolicy>> all = policies.all();
    ObjectNode object = request.object();
    if (all.isEmpty() || object == null) {
      return;
    }
    Attributes write = Attributes.of(request, surroundings.strategies());
    if (Matching.exemptFromPolicies(write)) {
      return;
    }
    List<Bound<MutatingPolicy>> ordered = new ArrayList<>(all);
    ordered.sort(ORDER);
    Reinvocation.Round round = request.again().of(this);
    round.begin(object);
    ordered.forEach(bound -> change(bound, write, round));
    round.end(object);
  }

  private void change(Bound<MutatingPolicy> bound, Attributes write, Reinvocation.Round round) {
    Key key = new Key(bound.policy().name(), bound.name());
    if (!round.asks(key)) {
      return;
    }
    String missing =
        policies.apply(
            bound,
            write,
            (seen, variables) -> {
              if (change(bound, seen, variables)) {
                round.changed();
              }
              if (bound.policy().againIfNeeded()) {
                round.asked(key);
              }
            });
    if (!missing.isEmpty()) {
      throw denied(bound, write, missing);
    }
  }

  /** Whether the policy changed the object. */
  private static boolean change(
      Bound<MutatingPolicy> bound, Attributes write, Map<String, Object> variables) {
    ObjectNode object = write.current();
    if (object == null) {
      return false;
    }
    try {
      ObjectNode changed = bound.policy().mutated(object.deepCopy(), write.type(), variables);
      if (changed.equals(object)) {
        return false;
      }
      write.take(changed);
      return true;
    } catch (Expression.EvaluationException | Budget.ExceededException e) {
      if (bound.policy().failsOnErrors()) {
        throw denied(bound, write, e.getMessage() == null ? "" : e.getMessage());
      }
      return false;
    }
  }

  private static ApiException denied(Bound<MutatingPolicy> bound, Attributes write, String why) {
    return Errors.forbidden(
        write.info().resource().groupResource(),
        write.name(),
        "policy '"
            + bound.policy().name()
            + "' with binding '"
            + bound.name()
            + "' denied request: "
            + why);
  }
}
