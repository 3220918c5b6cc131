package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.cli.CommandException;
import io.berth.client.Kubeconfig;
import io.berth.client.PemTls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a command in a container and exits with the command's exit code. */
@Command(
    name = "exec",
    description = "Run a command in a container.",
    mixinStandardHelpOptions = true)
public final class ExecCommand implements Callable<Integer> {
  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int ERROR = 3;
  private static final int CLOSE = 255;

  @Mixin private Connection connection = new Connection();

  @Mixin private PodTarget target = new PodTarget();

  private String pod = "";

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "After --.")
  private List<String> command = List.of();

  @Option(
      names = {"-i", "--stdin"},
      description = "Pass standard input on.")
  private boolean stdin;

  @Option(
      names = {"-t", "--tty"},
      description = "Give the command a terminal.")
  private boolean tty;

  @Override
  public Integer call() {
    Kubeconfig kubeconfig = connection.kubeconfig();
    pod = target.pod(connection);
    Session session = new Session();
    WebSocket socket = connect(kubeconfig, session);
    if (stdin) {
      connection.environment().executor().execute(() -> sendInput(socket));
    }
    try {
      return session.exit.join();
    } catch (CompletionException e) {
      throw new CommandException("exec broke off: " + CommandException.rootOf(e), e);
    }
  }

  private WebSocket connect(Kubeconfig kubeconfig, Session session) {
    HttpClient http =
        HttpClient.newBuilder()
            .sslContext(
                PemTls.context(kubeconfig.authority(), kubeconfig.certificate(), kubeconfig.key()))
            .build();
    URI server = kubeconfig.server();
    URI target = URI.create("wss://" + server.getAuthority() + request().target());
    WebSocket.Builder builder = http.newWebSocketBuilder().subprotocols("v5.channel.k8s.io");
    if (kubeconfig.token() != null) {
      builder.header("Authorization", "Bearer " + kubeconfig.token());
    }
    try {
      return builder.buildAsync(target, session).join();
    } catch (CompletionException e) {
      throw new CommandException(refusal(e), e);
    }
  }

  /**
   * The JDK's client does not hand out the body of a refused handshake: the same request, sent
   * plainly, does.
   */
  private String refusal(CompletionException e) {
    if (e.getCause() instanceof WebSocketHandshakeException) {
      connection.client().send(request());
    }
    return "exec was refused: " + CommandException.rootOf(e);
  }

  private ApiRequest request() {
    ApiRequest request = ApiRequest.get(Resources.PODS.path(connection.namespace(), pod, "exec"));
    for (String word : command) {
      request = request.withQuery("command", word);
    }
    String container = target.container();
    request = container == null ? request : request.withQuery("container", container);
    return request
        .withQuery("stdin", Boolean.toString(stdin))
        .withQuery("stdout", "true")
        .withQuery("stderr", Boolean.toString(!tty))
        .withQuery("tty", Boolean.toString(tty));
  }

  private static void sendInput(WebSocket socket) {
    byte[] buffer = new byte[32 << 10];
    try {
      int count;
      while ((count = System.in.read(buffer, 1, buffer.length - 1)) >= 0) {
        buffer[0] = STDIN;
        socket.sendBinary(ByteBuffer.wrap(buffer, 0, count + 1), true).join();
      }
      socket.sendBinary(ByteBuffer.wrap(new byte[] {(byte) CLOSE, STDIN}), true).join();
    } catch (IOException | CompletionException e) {
      // The command ended before its input did: its exit code is what counts.
    }
  }

  /** Prints what comes and keeps the exit code. */
  private static final class Session implements WebSocket.Listener {
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      message.writeBytes(bytes);
      if (last) {
        take(message.toByteArray());
        message.reset();
      }
      socket.request(1);
      return null;
    }

    private void take(byte[] frame) {
      if (frame.length == 0) {
        return;
      }
      switch (frame[0]) {
        case STDOUT -> {
          System.out.write(frame, 1, frame.length - 1);
          System.out.flush();
        }
        case STDERR -> {
          System.err.write(frame, 1, frame.length - 1);
          System.err.flush();
        }
        case ERROR -> exit.complete(code(Arrays.copyOfRange(frame, 1, frame.length)));
        default -> {}
      }
    }

    private static int code(byte[] json) {
      JsonNode status = Json.parse(json);
      if (status.path("status").asText().equals("Success")) {
        return 0;
      }
      for (JsonNode cause : status.path("details").path("causes")) {
        if (cause.path("reason").asText().equals("ExitCode")) {
          System.err.println("command terminated with exit code " + cause.path("message").asText());
          return cause.path("message").asInt(1);
        }
      }
      System.err.println("berth: " + status.path("message").asText());
      return 1;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      exit.completeExceptionally(new IOException("closed with " + code + " " + reason));
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      exit.completeExceptionally(error);
    }
  }
}
