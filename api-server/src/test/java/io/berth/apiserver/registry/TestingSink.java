package io.berth.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.ResponseSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps an answer; frames of a stream can be waited for. */
final class TestingSink implements ResponseSink {
  private static final byte[] END = new byte[0];

  private final BlockingQueue<byte[]> frames = new LinkedBlockingQueue<>();
  private final List<Runnable> closed = new ArrayList<>();
  private volatile @Nullable ApiResponse response;
  private volatile int status;

  @Override
  public void send(ApiResponse answer) {
    response = answer;
    status = answer.status();
  }

  @Override
  public Frames start(int code, Map<String, String> headers) {
    status = code;
    return new Frames() {
      @Override
      public boolean write(byte[] frame) {
        frames.add(frame);
        return true;
      }

      @Override
      public void end() {
        frames.add(END);
      }

      @Override
      public void onClosed(Runnable callback) {
        closed.add(callback);
      }
    };
  }

  ApiResponse response() {
    ApiResponse answer = response;
    if (answer == null) {
      throw new AssertionError("no whole answer was sent");
    }
    return answer;
  }

  int status() {
    return status;
  }

  /** The next event of a watch. */
  JsonNode next() {
    byte[] frame = poll();
    assertThat(frame).as("the watch goes on").isNotEmpty();
    assertThat(frame[frame.length - 1]).isEqualTo((byte) '\n');
    return Json.parse(frame);
  }

  void assertEnded() {
    assertThat(poll()).as("the watch ends").isEmpty();
  }

  /** The next frame as it came, empty at the end. */
  byte[] poll() {
    try {
      byte[] frame = frames.poll(5, TimeUnit.SECONDS);
      if (frame == null) {
        throw new AssertionError("no frame came");
      }
      return frame;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The client goes. */
  void hangUp() {
    closed.forEach(Runnable::run);
  }
}
