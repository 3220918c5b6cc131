package io.berth.apiserver.store.etcd;

import io.berth.apiserver.store.StoreUnavailableException;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.WatchGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A channel to etcd and its calls, each with a deadline. Calls fail at once while no endpoint
 * answers, and each failure makes the channel try again without waiting out its back-off.
 */
final class EtcdConnection implements AutoCloseable {
  /** Ends a watch whose member has lost the leader, rather than let it fall silent. */
  private static final Metadata REQUIRE_LEADER = requireLeader();

  private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);
  private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(5);

  private final ManagedChannel channel;
  private final Duration timeout;
  private volatile boolean closed;

  EtcdConnection(EtcdOptions options, Executor executor) {
    this.timeout = options.timeout();
    NettyChannelBuilder builder =
        NettyChannelBuilder.forTarget(options.target())
            .executor(executor)
            .defaultLoadBalancingPolicy("pick_first")
            .maxInboundMessageSize(Integer.MAX_VALUE) // pages are bounded by those who ask
            .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
            .keepAliveTimeout(KEEP_ALIVE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    if (options.secure()) {
      builder.sslContext(sslContext(options.tls()));
    } else {
      builder.usePlaintext();
    }
    this.channel = builder.build();
  }

  private static SslContext sslContext(EtcdOptions.@Nullable Tls tls) {
    try {
      SslContextBuilder builder = GrpcSslContexts.forClient();
      if (tls != null) {
        builder.trustManager(tls.authority().toFile());
        if (tls.certificate() != null && tls.key() != null) {
          builder.keyManager(tls.certificate().toFile(), tls.key().toFile());
        }
      }
      return builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new StoreUnavailableException(
          "etcd's certificates cannot be used: " + e.getMessage(), e);
    }
  }

  private static Metadata requireLeader() {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
    return metadata;
  }

  /** A call on the key-value service. */
  <T> T kv(Function<KVGrpc.KVBlockingStub, T> call) {
    return kv(timeout, call);
  }

  <T> T kv(Duration limit, Function<KVGrpc.KVBlockingStub, T> call) {
    return guarded(
        () ->
            call.apply(
                KVGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)));
  }

  /** A call on the lease service. */
  <T> T lease(Function<LeaseGrpc.LeaseBlockingStub, T> call) {
    return guarded(
        () ->
            call.apply(
                LeaseGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)));
  }

  WatchGrpc.WatchStub watch() {
    return WatchGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(REQUIRE_LEADER));
  }

  private interface Call<T> {
    T run();
  }

  /** Turns failures into what a store says; what etcd itself refused passes through. */
  private <T> T guarded(Call<T> call) {
    if (closed) {
      throw new StoreUnavailableException("the store is closed", null);
    }
    try {
      return call.run();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.OUT_OF_RANGE
          || e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
        throw e;
      }
      throw unavailable(e);
    }
  }

  /** What a failure of a call or of a watch means. */
  StoreUnavailableException unavailable(Throwable failure) {
    channel.resetConnectBackoff();
    Status status = Status.fromThrowable(failure);
    String detail = status.getDescription();
    return new StoreUnavailableException(
        closed
            ? "the store is closed"
            : "etcd does not answer: " + status.getCode() + (detail == null ? "" : ", " + detail),
        failure);
  }

  @Override
  public void close() {
    closed = true;
    channel.shutdownNow();
  }
}
