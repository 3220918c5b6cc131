package io.berth.agent.server;

import io.vertx.core.Future;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits until a connection has taken what was written to it: one piece is under way at a time, so
 * that a slow client holds up only what is written for it.
 */
final class Written {
  /** A client that takes nothing for so long is given up. */
  private static final long PATIENCE_SECONDS = 300;

  private Written() {}

  static void await(Future<Void> write) throws IOException {
    try {
      write.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getMessage()), e);
    } catch (TimeoutException e) {
      throw new IOException("the client takes nothing", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
