package io.berth.apiserver.server;

import io.berth.api.transport.ApiResponse;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps an answer, also one that came in frames. */
public class TestingSink implements ResponseSink {
  private @Nullable ApiResponse response;
  private boolean ended;

  @Override
  public void send(ApiResponse answer) {
    response = answer;
  }

  @Override
  public Frames start(int status, Map<String, String> headers) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    response = new ApiResponse(status, headers, new byte[0]);
    return new Frames() {
      @Override
      public boolean write(byte[] frame) {
        body.writeBytes(frame);
        response = new ApiResponse(status, headers, body.toByteArray());
        return !ended;
      }

      @Override
      public void end() {
        ended = true;
      }

      @Override
      public void onClosed(Runnable callback) {}
    };
  }

  public ApiResponse response() {
    if (response == null) {
      throw new AssertionError("no answer was sent");
    }
    return response;
  }
}
