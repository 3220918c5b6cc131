package io.berth.agent.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.pod.PodLocator;
import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One command, or the streams of a container itself, over a WebSocket of channels.
 *
 * <pre>
 *   0 stdin ▶   ◀ 1 stdout   ◀ 2 stderr   ◀ 3 how it ended, a Status   4 terminal size ▶
 *   255 n ▶     the client has no more for channel n (v5 only)
 * </pre>
 */
final class ExecSession implements ChannelSocket.Receiver {
  private static final Logger log = LoggerFactory.getLogger(ExecSession.class);
  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int ERROR = 3;
  private static final int RESIZE = 4;
  private static final int CLOSE = 255;

  /**
   * What the client asked for.
   *
   * @param attach to the container's own streams, and no command
   */
  record Request(
      boolean attach,
      List<String> command,
      boolean stdin,
      boolean stdout,
      boolean stderr,
      boolean tty) {}

  private final ChannelSocket socket;
  private final Request request;
  private final PodLocator.Running target;
  private final InputBuffer input;
  private RuntimeDriver.@Nullable Exec exec;
  private boolean gone;
  private int columns;
  private int rows;

  ExecSession(ChannelSocket socket, Request request, PodLocator.Running target) {
    this.socket = socket;
    this.request = request;
    this.target = target;
    this.input = new InputBuffer(socket::pause, socket::resume);
    socket.receive(this);
  }

  @Override
  public void received(int channel, byte[] body) {
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

  @Override
  public synchronized void closed() {
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
      // Tells the client that the session stands.
      socket.send(request.stdout() ? STDOUT : request.stderr() ? STDERR : ERROR, new byte[0]);
      status = ended(execute());
    } catch (RuntimeDriverException e) {
      status =
          failure(
              request.attach() ? "error attaching to container: " : "error executing command: ", e);
    } catch (IOException e) {
      closed();
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed();
      return;
    }
    try {
      if (socket.protocol().statuses()) {
        socket.send(ERROR, Json.bytes(status));
      } else if (status.has("message")) {
        socket.send(ERROR, status.path("message").asText().getBytes(StandardCharsets.UTF_8));
      }
      socket.close();
    } catch (IOException e) {
      log.debug("client left before the end: {}", e.getMessage());
    }
  }

  private int execute() throws InterruptedException {
    OutputStream stdout =
        request.stdout() ? socket.output(STDOUT) : OutputStream.nullOutputStream();
    OutputStream stderr =
        request.stderr() ? socket.output(STDERR) : OutputStream.nullOutputStream();
    try (RuntimeDriver.Exec running = start(stdout, request.tty() ? null : stderr)) {
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

  private RuntimeDriver.Exec start(OutputStream stdout, @Nullable OutputStream stderr) {
    String container = target.container().id();
    InputStream stdin = request.stdin() ? input : null;
    return request.attach()
        ? target.driver().attach(container, request.tty(), stdin, stdout, stderr)
        : target.driver().exec(container, request.command(), request.tty(), stdin, stdout, stderr);
  }

  private static ObjectNode ended(int code) {
    if (code == 0) {
      ObjectNode status = Json.object();
      status.putObject("metadata");
      return status.put("status", "Success");
    }
    String message = "command terminated with non-zero exit code: exit status " + code;
    ObjectNode status = status("NonZeroExitCode", message);
    status
        .putObject("details")
        .putArray("causes")
        .addObject()
        .put("reason", "ExitCode")
        .put("message", Integer.toString(code));
    return status;
  }

  private static ObjectNode failure(String what, RuntimeDriverException why) {
    String message = why instanceof NotSupportedException ? "NotSupported: " : what;
    return status("InternalError", message + why.getMessage()).put("code", 500);
  }

  private static ObjectNode status(String reason, String message) {
    ObjectNode status = Json.object();
    status.putObject("metadata");
    return status.put("status", "Failure").put("message", message).put("reason", reason);
  }
}
