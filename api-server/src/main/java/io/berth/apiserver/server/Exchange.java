package io.berth.apiserver.server;

import io.berth.api.transport.ApiResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The client's sink with the books kept: whether an answer was begun, and how it went. */
final class Exchange implements ResponseSink {
  private final ResponseSink client;
  private final RequestMetrics.Running running;
  private final AtomicBoolean begun = new AtomicBoolean();
  private volatile @Nullable Frames frames;

  Exchange(ResponseSink client, RequestMetrics.Running running) {
    this.client = client;
    this.running = running;
  }

  @Override
  public void send(ApiResponse response) {
    begin();
    running.answered(response.status());
    client.send(response);
  }

  @Override
  public Frames start(int status, Map<String, String> headers) {
    begin();
    Frames started = client.start(status, headers);
    started.onClosed(running.streaming(status));
    frames = started;
    return started;
  }

  @Override
  public void warn(List<String> warnings) {
    client.warn(warnings);
  }

  @Override
  public @Nullable Upgrade upgrade() {
    Upgrade wish = client.upgrade();
    return wish == null ? null : new Counted(wish);
  }

  @Override
  public @Nullable Passage passage() {
    Passage passage = client.passage();
    return passage == null ? null : new CountedPassage(passage);
  }

  private void begin() {
    if (!begun.compareAndSet(false, true)) {
      throw new IllegalStateException("the request was answered already");
    }
  }

  /** Answers with the failure, or ends the answer that was begun: its head cannot be taken back. */
  void fail(ApiResponse failure) {
    if (begun.compareAndSet(false, true)) {
      running.answered(failure.status());
      client.send(failure);
      return;
    }
    Frames open = frames;
    if (open != null) {
      open.end();
    }
  }

  private final class CountedPassage implements Passage {
    private final Passage passage;

    private CountedPassage(Passage passage) {
      this.passage = passage;
    }

    @Override
    public String target() {
      return passage.target();
    }

    @Override
    public int to(Backend backend) throws IOException, InterruptedException {
      int status = passage.to(backend);
      begin();
      running.answered(status);
      return status;
    }
  }

  private final class Counted implements Upgrade {
    private final Upgrade wish;

    private Counted(Upgrade wish) {
      this.wish = wish;
    }

    @Override
    public List<String> subprotocols() {
      return wish.subprotocols();
    }

    @Override
    public MessageChannel accept(String subprotocol) throws IOException {
      begin();
      running.answered(101);
      return wish.accept(subprotocol);
    }
  }
}
