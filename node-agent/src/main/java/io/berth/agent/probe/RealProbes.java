package io.berth.agent.probe;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.http.HttpGet;
import io.berth.agent.http.Ports;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Probes by command, HTTP request, TCP connection and gRPC health check. */
public final class RealProbes implements ProbeRunner {
  static final String USER_AGENT = "kube-probe/1.36";
  private static final int MAX_OUTPUT = 10 * 1024;

  private final Environment environment;
  private final HttpGet http;

  public RealProbes(Environment environment) {
    this.environment = environment;
    this.http = new HttpGet(environment, USER_AGENT);
  }

  @Override
  public Result run(JsonNode probe, Target target, Duration timeout) {
    try {
      if (probe.path("exec").isObject()) {
        return exec(probe.path("exec"), target, timeout);
      }
      if (probe.path("httpGet").isObject()) {
        return http(probe.path("httpGet"), target, timeout);
      }
      if (probe.path("grpc").isObject()) {
        return GrpcProbe.check(probe.path("grpc"), target, timeout);
      }
      return tcp(probe.path("tcpSocket"), target, timeout);
    } catch (IOException | RuntimeDriverException | IllegalArgumentException e) {
      return new Result(false, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Result(false, "interrupted");
    }
  }

  private Result http(JsonNode action, Target target, Duration timeout) throws IOException {
    HttpGet.Answer answer =
        http.get(action, new HttpGet.Target(target.ip(), target.container()), timeout);
    if (answer.elsewhere()) {
      return Result.warning("Probe terminated redirects");
    }
    boolean success = answer.status() >= 200 && answer.status() < 400;
    return new Result(
        success, success ? "" : "HTTP probe failed with statuscode: " + answer.status());
  }

  private Result exec(JsonNode action, Target target, Duration timeout)
      throws InterruptedException {
    List<String> command = new ArrayList<>();
    action.path("command").forEach(word -> command.add(word.asText()));
    AtomicBoolean late = new AtomicBoolean();
    Capped output = new Capped();
    try (RuntimeDriver.Exec exec =
        target.driver().exec(target.containerId(), command, false, null, output, output)) {
      Timers.Cancellable timer =
          environment
              .timers()
              .after(
                  timeout,
                  () -> {
                    late.set(true);
                    exec.close();
                  });
      int code;
      try {
        code = exec.waitFor();
      } catch (RuntimeDriverException e) {
        if (!late.get()) {
          throw e;
        }
        code = -1;
      } finally {
        timer.cancel();
      }
      if (late.get()) {
        String line = String.join(" ", command);
        return new Result(
            false,
            "command timed out: \"" + line + "\" timed out after " + timeout.toSeconds() + "s");
      }
      return new Result(code == 0, output.toString());
    }
  }

  private static Result tcp(JsonNode action, Target target, Duration timeout) throws IOException {
    String host = action.path("host").asText();
    host = host.isEmpty() ? target.ip() : host;
    int port = Ports.resolve(action.path("port"), target.container());
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
      return new Result(true, "");
    } catch (SocketTimeoutException e) {
      return new Result(false, "dial tcp " + host + ":" + port + ": i/o timeout");
    } catch (ConnectException e) {
      return new Result(false, HttpGet.refused(host, port));
    }
  }

  /** Keeps the beginning of a command's output. */
  private static final class Capped extends OutputStream {
    private final java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();

    @Override
    public synchronized void write(int b) {
      if (bytes.size() < MAX_OUTPUT) {
        bytes.write(b);
      }
    }

    @Override
    public synchronized void write(byte[] b, int off, int len) {
      bytes.write(b, off, Math.max(0, Math.min(len, MAX_OUTPUT - bytes.size())));
    }

    @Override
    public synchronized String toString() {
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }
}
