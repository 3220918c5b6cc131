package io.berth.apiserver.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The event loops that {@link HttpsServer} and {@link NodeRelay} share. They never block: all work
 * on a request is done by tasks of the environment's executor.
 */
public final class HttpRuntime implements AutoCloseable {
  private final Vertx vertx;
  private final OutgoingClients outgoing;

  public HttpRuntime() {
    System.setProperty("vertx.disableDnsResolver", "true"); // the JDK's resolver reads /etc/hosts
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(2)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    this.outgoing = new OutgoingClients(vertx);
  }

  OutgoingClients outgoing() {
    return outgoing;
  }

  Vertx vertx() {
    return vertx;
  }

  /** Waits for an answer of the event loops; not to be called on one. */
  static <T> T await(Future<T> future, Duration limit) throws IOException, InterruptedException {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw cause instanceof IOException io ? io : new IOException(cause.getMessage(), cause);
    } catch (TimeoutException e) {
      SocketTimeoutException late =
          new SocketTimeoutException("no answer within " + limit.toMillis() + " ms");
      late.initCause(e);
      throw late;
    }
  }

  /** Ends the event loops, and with them every connection. */
  @Override
  public void close() {
    try {
      await(vertx.close(), Duration.ofSeconds(5));
    } catch (IOException e) {
      // The process ends, or a test does: nothing is served any more either way.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
