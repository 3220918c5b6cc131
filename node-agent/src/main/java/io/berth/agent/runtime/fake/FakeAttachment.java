package io.berth.agent.runtime.fake;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A client at the streams of a container of a {@link FakeDriver}. */
final class FakeAttachment implements RuntimeDriver.Exec {
  private final CompletableFuture<Void> over = new CompletableFuture<>();

  private FakeAttachment() {}

  /**
   * @param stdin what the container copies to its output, or null where it does not
   */
  static FakeAttachment start(
      Environment environment,
      FakeContainer container,
      @Nullable InputStream stdin,
      OutputStream stdout) {
    FakeAttachment attachment = new FakeAttachment();
    var _ = container.ended().thenRun(() -> attachment.over.complete(null));
    if (stdin != null) {
      environment.executor().execute(() -> attachment.copy(stdin, stdout));
    }
    return attachment;
  }

  private void copy(InputStream from, OutputStream to) {
    byte[] buffer = new byte[8192];
    try {
      int length;
      while ((length = from.read(buffer)) >= 0 && !over.isDone()) {
        to.write(buffer, 0, length);
        to.flush();
      }
    } catch (IOException e) {
      over.completeExceptionally(new RuntimeDriverException("attach: " + e.getMessage(), e));
    }
  }

  @Override
  public int waitFor() throws InterruptedException {
    try {
      over.get();
      return 0;
    } catch (ExecutionException e) {
      throw new RuntimeDriverException("the client has gone", e.getCause());
    }
  }

  @Override
  public void resize(int columns, int rows) {}

  @Override
  public void close() {
    over.complete(null);
  }
}
