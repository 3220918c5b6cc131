package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.cri.v1.CreateContainerRequest;
import io.berth.agent.runtime.cri.v1.Image;
import io.berth.agent.runtime.cri.v1.ImageStatusRequest;
import io.berth.agent.runtime.cri.v1.LinuxContainerSecurityContext;
import java.time.Duration;

/** The runtime takes a group only together with a user; where the pod names none, the image's. */
final class ImageUser {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

  private final CriClient client;

  ImageUser(CriClient client) {
    this.client = client;
  }

  CreateContainerRequest complete(CreateContainerRequest request, ContainerSpec spec) {
    if (spec.security().runAsGroup() == null || spec.security().runAsUser() != null) {
      return request;
    }
    ImageStatusRequest question =
        ImageStatusRequest.newBuilder().setImage(request.getConfig().getImage()).build();
    Image image =
        CriClient.call(
                "looking for " + spec.image(),
                () -> client.images(CALL_LIMIT).imageStatus(question))
            .getImage();
    CreateContainerRequest.Builder builder = request.toBuilder();
    LinuxContainerSecurityContext.Builder security =
        builder.getConfigBuilder().getLinuxBuilder().getSecurityContextBuilder();
    if (image.hasUid() || image.getUsername().isEmpty()) {
      security.setRunAsUser(image.getUid());
    } else {
      security.setRunAsUsername(image.getUsername());
    }
    return builder.build();
  }
}
