package io.berth.agent.runtime.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * QEMU's control connection. QEMU serves one client at a time, so that it is opened for a few
 * commands and closed again. For one thread.
 */
final class Qmp implements AutoCloseable {
  private final SocketChannel socket;
  private final BufferedReader in;

  private Qmp(SocketChannel socket) {
    this.socket = socket;
    this.in =
        new BufferedReader(
            Channels.newReader(socket, StandardCharsets.UTF_8.newDecoder(), 64 * 1024));
  }

  /** Connects and leaves the mode in which QEMU only tells its capabilities. */
  static Qmp open(Path path) {
    try {
      Qmp qmp = new Qmp(SocketChannel.open(UnixDomainSocketAddress.of(path)));
      qmp.readLine();
      qmp.execute("qmp_capabilities", Json.object());
      return qmp;
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot reach QEMU: " + e.getMessage(), e);
    }
  }

  /**
   * Runs a command and returns what it gave; events that come in between are passed over.
   *
   * @throws RuntimeDriverException QEMU refused it, or is gone
   */
  JsonNode execute(String command, ObjectNode arguments) {
    ObjectNode request = Json.object().put("execute", command);
    request.set("arguments", arguments);
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Json.bytes(request));
      while (bytes.hasRemaining()) {
        socket.write(bytes);
      }
      while (true) {
        JsonNode answer = Json.parse(readLine().getBytes(StandardCharsets.UTF_8));
        if (answer.has("error")) {
          throw new RuntimeDriverException(
              "QEMU refused " + command + ": " + answer.at("/error/desc").asText());
        }
        if (answer.has("return")) {
          return answer.get("return");
        }
      }
    } catch (IOException e) {
      throw new RuntimeDriverException("QEMU went away during " + command, e);
    }
  }

  private String readLine() throws IOException {
    String line = in.readLine();
    if (line == null) {
      throw new IOException("QEMU closed the connection");
    }
    return line;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot close QEMU's connection", e);
    }
  }
}
