package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.cri.v1.ImageServiceGrpc;
import io.berth.agent.runtime.cri.v1.RuntimeServiceGrpc;
import io.berth.agent.runtime.cri.v1.events.EventsGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a CRI runtime's unix socket, shared by driver and images. It connects on the
 * first call, and again by itself whenever the runtime comes back. Safe for use by many threads.
 */
public final class CriClient implements AutoCloseable {
  /** The namespace that containerd's CRI keeps its things in. */
  public static final String NAMESPACE = "k8s.io";

  private static final int LARGEST_MESSAGE = 16 << 20;
  private static final Metadata.Key<String> NAMESPACE_HEADER =
      Metadata.Key.of("containerd-namespace", Metadata.ASCII_STRING_MARSHALLER);

  private final Path socket;
  private final EventLoopGroup eventLoop;
  private final ManagedChannel channel;

  /**
   * @param socket the runtime's unix socket
   */
  public CriClient(Path socket) {
    this.socket = socket;
    this.eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    this.channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .eventLoopGroup(eventLoop)
            .channelFactory(NioDomainSocketChannel::new)
            .overrideAuthority("localhost")
            .usePlaintext()
            .maxInboundMessageSize(LARGEST_MESSAGE)
            .build();
  }

  public Path socket() {
    return socket;
  }

  EventLoopGroup eventLoop() {
    return eventLoop;
  }

  /** Calls to the runtime, each to be answered within the limit. */
  public RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime(Duration limit) {
    return RuntimeServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Calls about images, each to be answered within the limit. */
  public ImageServiceGrpc.ImageServiceBlockingStub images(Duration limit) {
    return ImageServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** containerd's own events. */
  EventsGrpc.EventsStub events() {
    Metadata headers = new Metadata();
    headers.put(NAMESPACE_HEADER, NAMESPACE);
    return EventsGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** Makes a call and turns its failure into the driver's, worded for people. */
  public static <T> T call(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      throw new RuntimeDriverException(what + ": " + wording(e.getStatus()), e);
    }
  }

  /** The same, null where the runtime knows no such thing. */
  public static <T> @Nullable T callOrNull(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return null;
      }
      throw new RuntimeDriverException(what + ": " + wording(e.getStatus()), e);
    }
  }

  static String wording(Status status) {
    String description = status.getDescription();
    return switch (status.getCode()) {
      case UNAVAILABLE -> "the container runtime is not running";
      case DEADLINE_EXCEEDED -> "the container runtime did not answer in time";
      default -> description != null ? description : status.getCode().toString();
    };
  }

  /**
   * As Kubernetes' own clients of the interface print a failure, for the places in which people
   * know it in these words.
   */
  public static String goWording(Status status) {
    String[] parts = status.getCode().name().split("_", -1);
    StringBuilder code = new StringBuilder();
    for (String part : parts) {
      code.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
    }
    String name = status.getCode() == Status.Code.CANCELLED ? "Canceled" : code.toString();
    String description = status.getDescription();
    return "rpc error: code = " + name + " desc = " + (description == null ? "" : description);
  }

  /** Connects at once where the connection is lost, instead of when its back-off is over. */
  void reconnect() {
    channel.resetConnectBackoff();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var _ = eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
