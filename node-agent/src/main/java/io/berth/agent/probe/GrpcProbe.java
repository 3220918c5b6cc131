package io.berth.agent.probe;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.probe.health.HealthCheckRequest;
import io.berth.agent.probe.health.HealthCheckResponse;
import io.berth.agent.probe.health.HealthCheckResponse.ServingStatus;
import io.berth.agent.probe.health.HealthGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Asks a server over gRPC whether it serves (the GRPC Health Checking Protocol), without TLS, over
 * a connection of its own.
 */
final class GrpcProbe {
  private GrpcProbe() {}

  static ProbeRunner.Result check(JsonNode action, ProbeRunner.Target target, Duration timeout) {
    InetSocketAddress address = new InetSocketAddress(target.ip(), action.path("port").asInt());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(address)
            .usePlaintext()
            .userAgent(RealProbes.USER_AGENT)
            .disableRetry()
            .build();
    try {
      HealthCheckRequest request =
          HealthCheckRequest.newBuilder().setService(action.path("service").asText()).build();
      HealthCheckResponse response =
          HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
              .check(request);
      ServingStatus status = response.getStatus();
      return status == ServingStatus.SERVING
          ? new ProbeRunner.Result(true, "service healthy")
          : failure("service unhealthy (responded with \"" + status + "\")");
    } catch (StatusRuntimeException e) {
      return failure(wording(e.getStatus(), address, timeout));
    } finally {
      channel.shutdownNow();
    }
  }

  private static ProbeRunner.Result failure(String message) {
    return new ProbeRunner.Result(false, message);
  }

  private static String wording(Status status, InetSocketAddress address, Duration timeout) {
    String limit = timeout.toSeconds() + "s";
    if (status.getCode() == Status.Code.UNAVAILABLE && status.getCause() instanceof IOException) {
      return "timeout: failed to connect service \""
          + address.getHostString()
          + ":"
          + address.getPort()
          + "\" within "
          + limit
          + ": "
          + status.getCause().getMessage();
    }
    return switch (status.getCode()) {
      case UNIMPLEMENTED ->
          "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
              + status.getDescription();
      case DEADLINE_EXCEEDED -> "timeout: health rpc did not complete within " + limit;
      default ->
          "error: health rpc probe failed: rpc error: code = "
              + name(status.getCode())
              + " desc = "
              + status.getDescription();
    };
  }

  /** {@code NotFound} for NOT_FOUND, as other programs print it. */
  private static String name(Status.Code code) {
    StringBuilder name = new StringBuilder();
    for (String word : code.name().split("_")) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }
}
