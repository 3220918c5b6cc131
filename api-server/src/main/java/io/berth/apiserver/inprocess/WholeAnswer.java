package io.berth.apiserver.inprocess;

import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Warnings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Gathers an answer, also one that comes in frames, until it is whole. */
final class WholeAnswer implements ResponseSink {
  /** Longer answers fail: whoever expects one reads it as a stream. */
  private static final int MAX_BYTES = 256 << 20;

  private final CompletableFuture<ApiResponse> answer = new CompletableFuture<>();

  private volatile List<String> warnings = List.of();

  @Override
  public void warn(List<String> given) {
    warnings = List.copyOf(given);
  }

  @Override
  public void send(ApiResponse response) {
    answer.complete(warned(response));
  }

  private ApiResponse warned(ApiResponse response) {
    if (warnings.isEmpty() || response.header("warning") != null) {
      return response;
    }
    Map<String, String> headers = new HashMap<>(response.headers());
    headers.put("warning", Warnings.header(warnings));
    return new ApiResponse(response.status(), headers, response.body());
  }

  @Override
  public Frames start(int status, Map<String, String> headers) {
    return new Gathered(status, headers);
  }

  ApiResponse await() throws IOException, InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private final class Gathered implements Frames {
    private final int status;
    private final Map<String, String> headers;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final List<Runnable> onClosed = new ArrayList<>();

    Gathered(int status, Map<String, String> headers) {
      this.status = status;
      this.headers = headers;
    }

    @Override
    public synchronized boolean write(byte[] frame) {
      if (answer.isDone()) {
        return false;
      }
      if (body.size() + frame.length > MAX_BYTES) {
        answer.completeExceptionally(new IOException("an answer of over " + MAX_BYTES + " bytes"));
        closed();
        return false;
      }
      body.writeBytes(frame);
      return true;
    }

    @Override
    public synchronized void end() {
      if (!answer.isDone()) {
        answer.complete(new ApiResponse(status, headers, body.toByteArray()));
        closed();
      }
    }

    @Override
    public synchronized void onClosed(Runnable callback) {
      if (answer.isDone()) {
        callback.run();
      } else {
        onClosed.add(callback);
      }
    }

    private void closed() {
      onClosed.forEach(Runnable::run);
      onClosed.clear();
    }
  }
}
