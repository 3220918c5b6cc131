package io.berth.agent.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.pod.PodLocator;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One command over a WebSocket in the protocols {@code v4.channel.k8s.io} and {@code
 * v5.channel.k8s.io}: the first byte of each message names its channel.
 *
 * <pre>
 *   0 stdin ▶   ◀ 1 stdout   ◀ 2 stderr   ◀ 3 how it ended, a Status   4 terminal size ▶
 *   255 n ▶     the client has no more for channel n (v5 only)
 * </pre>
 */
final class ExecSession {
  private static final Logger log = LoggerFactory.getLogger(ExecSession.class);
  private static final int CHUNK = 32 * 1024;
  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int ERROR = 3;
  private static final int RESIZE = 4;
  private static final int CLOSE = 255;

  /** What the client asked for. */
  record Request(
      List<String> command, boolean stdin, boolean stdout, boolean stderr, boolean tty) {}

  private final ServerWebSocket socket;
  private final Request request;
  private final PodLocator.Running target;
  private final InputBuffer input;
  private RuntimeDriver.@Nullable Exec exec;
  private boolean gone;
  private int columns;
  private int rows;

  ExecSession(ServerWebSocket socket, Request request, PodLocator.Running target) {
    this.socket = socket;
    this.request = request;
    this.target = target;
    this.input = new InputBuffer(socket::pause, socket::resume);
    socket.binaryMessageHandler(this::message);
    socket.closeHandler(v -> closed());
  }

  private void message(Buffer message) {
    if (message.length() == 0) {
      return;
    }
    int channel = message.getUnsignedByte(0);
    byte[] body = message.getBytes(1, message.length());
    switch (channel) {
      case STDIN -> input.add(body);
      case RESIZE -> resize(body);
      case CLOSE -> {
        if (body.length > 0 && body[0] == STDIN) {
          input.end();
        }
      }
      default -> log.debug("message on channel {} ignored", channel);
    }
  }

  private synchronized void resize(byte[] body) {
    try {
      JsonNode size = Json.parse(body);
      columns = size.path("Width").asInt();
      rows = size.path("Height").asInt();
    } catch (IllegalArgumentException e) {
      return; // not worth a session
    }
    RuntimeDriver.Exec running = exec;
    if (running != null && columns > 0) {
      running.resize(columns, rows);
    }
  }

  private synchronized void closed() {
    gone = true;
    input.close();
    RuntimeDriver.Exec running = exec;
    if (running != null) {
      running.close();
    }
  }

  /** Runs the command to its end. Blocks. */
  void run() {
    ObjectNode status;
    try {
      send(STDOUT, new byte[0], 0, 0); // tells the client that the session stands
      status = ended(execute());
    } catch (RuntimeDriverException e) {
      status = failure("InternalError", "error executing command: " + e.getMessage(), 500);
    } catch (IOException e) {
      closed();
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed();
      return;
    }
    try {
      byte[] bytes = Json.bytes(status);
      send(ERROR, bytes, 0, bytes.length);
      socket.close();
    } catch (IOException e) {
      log.debug("client left before the end: {}", e.getMessage());
    }
  }

  private int execute() throws InterruptedException {
    OutputStream stdout = request.stdout() ? new Channel(STDOUT) : OutputStream.nullOutputStream();
    OutputStream stderr = request.stderr() ? new Channel(STDERR) : OutputStream.nullOutputStream();
    try (RuntimeDriver.Exec running =
        target
            .driver()
            .exec(
                target.container().id(),
                request.command(),
                request.tty(),
                request.stdin() ? input : null,
                stdout,
                request.tty() ? null : stderr)) {
      synchronized (this) {
        exec = running;
        if (gone) {
          running.close();
        } else if (columns > 0) {
          running.resize(columns, rows);
        }
      }
      return running.waitFor();
    } finally {
      input.close();
    }
  }

  private static ObjectNode ended(int code) {
    if (code == 0) {
      ObjectNode status = Json.object();
      status.putObject("metadata");
      return status.put("status", "Success");
    }
    String message = "command terminated with non-zero exit code: exit status " + code;
    ObjectNode status = failure("NonZeroExitCode", message, 0);
    status
        .putObject("details")
        .putArray("causes")
        .addObject()
        .put("reason", "ExitCode")
        .put("message", Integer.toString(code));
    return status;
  }

  private static ObjectNode failure(String reason, String message, int code) {
    ObjectNode status = Json.object();
    status.putObject("metadata");
    status.put("status", "Failure").put("message", message).put("reason", reason);
    if (code > 0) {
      status.put("code", code);
    }
    return status;
  }

  private void send(int channel, byte[] bytes, int from, int length) throws IOException {
    Buffer message = Buffer.buffer(length + 1).appendByte((byte) channel);
    message.appendBytes(bytes, from, length);
    Written.await(socket.writeBinaryMessage(message));
  }

  /** An output of the command. */
  private final class Channel extends OutputStream {
    private final int number;

    Channel(int number) {
      this.number = number;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      for (int at = 0; at < length; at += CHUNK) {
        send(number, bytes, from + at, Math.min(CHUNK, length - at));
      }
    }
  }
}
