package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells who tries the creation of a pod without making it ({@code --dry-run=server}) where the pod
 * would go, in a warning. Whoever runs a scheduler beside this server lends its judgement.
 */
public final class PlacementPreview implements AdmissionStep {
  private static final GroupResource PODS = Resources.PODS.groupResource();

  private volatile Function<ObjectNode, @Nullable String> scheduler = pod -> null;

  /**
   * @param scheduler says of a pod where it would go, or null where it has nothing to say; called
   *     by many threads
   */
  public void ask(Function<ObjectNode, @Nullable String> scheduler) {
    this.scheduler = scheduler;
  }

  @Override
  public void validate(AdmissionRequest request) {
    ObjectNode pod = request.object();
    boolean asked =
        request.call().dryRun()
            && request.operation() == AdmissionRequest.Operation.CREATE
            && request.call().info().resource().groupResource().equals(PODS);
    String answer = asked && pod != null ? scheduler.apply(pod) : null;
    if (answer != null) {
      request.call().warnings().add(answer);
    }
  }
}
