package io.berth.apiserver.inprocess;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Transport;
import io.berth.apiserver.server.ApiServer;
import io.berth.apiserver.server.Identity;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Requests to an API server of the same process: TCP, TLS and the authentication that they carry
 * are skipped and nothing else. Authorization, admission, limits and cancellation are the same.
 * Only bytes cross, and objects that nobody changes: watchers share those of the watch cache
 * instead of reading each its own copy out of frames. A request is served on the thread that sends
 * it, streams are delivered by tasks of the environment's executor: so it runs under simulated time
 * on one thread as well.
 */
public final class InProcessTransport implements Transport {
  private final ApiServer server;
  private final Identity identity;
  private final String userAgent;
  private final Environment environment;
  private final Function<ObjectKey, Optional<ApiObject>> held;
  private final Set<InProcessStream> streams = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param identity who all requests come from
   */
  public InProcessTransport(ApiServer server, Identity identity, Environment environment) {
    this(server, identity, environment, key -> Optional.empty());
  }

  /**
   * @param identity who all requests come from
   * @param held the objects that this process holds, for {@link #shared}
   */
  public InProcessTransport(
      ApiServer server,
      Identity identity,
      Environment environment,
      Function<ObjectKey, Optional<ApiObject>> held) {
    this.held = held;
    this.server = server;
    this.identity = identity;
    this.userAgent = userAgent(identity);
    this.environment = environment;
  }

  @Override
  public ApiResponse send(ApiRequest request) throws IOException, InterruptedException {
    if (closed) {
      throw new IOException("the transport is closed");
    }
    WholeAnswer answer = new WholeAnswer();
    server.handle(introduced(request), identity, answer);
    return answer.await();
  }

  /** The request with the sender's name, by which objects know who owns their fields. */
  private ApiRequest introduced(ApiRequest request) {
    boolean named = request.method().equals("GET") || request.header("user-agent") != null;
    return named ? request : request.withHeader("user-agent", userAgent);
  }

  /** Parts go by the names that Kubernetes' own have, for tools that know these owners. */
  private static String userAgent(Identity identity) {
    String name = identity.name();
    if (name.startsWith("system:node:")) {
      return "kubelet";
    }
    return name.startsWith("system:") ? name.substring("system:".length()) : "berth";
  }

  @Override
  public Stream stream(ApiRequest request, StreamListener listener) {
    InProcessStream stream = new InProcessStream(listener, environment.executor(), streams::remove);
    streams.add(stream);
    environment
        .executor()
        .execute(
            () -> {
              if (closed) {
                stream.cancel();
              }
              if (stream.open()) {
                server.handle(request, identity, stream);
              }
            });
    return stream;
  }

  @Override
  public ApiObject shared(ApiObject object) {
    return held.apply(object.key())
        .filter(same -> Arrays.equals(same.json(), object.json()))
        .orElse(object);
  }

  @Override
  public void close() {
    closed = true;
    streams.forEach(InProcessStream::cancel);
  }
}
