package io.berth.agent.server;

import io.berth.agent.pod.PodLocator;
import io.berth.api.time.Environment;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Opens sessions: commands, containers' own streams, and ports. */
final class Sessions {
  /** What the server takes part in at all. */
  static final List<String> SUBPROTOCOLS = subprotocols();

  /** The paths, each behind the first slash. */
  static final Set<String> PATHS = Set.of("exec", "attach", "portForward");

  /** Ports are also forwarded over a connection whose ends are not told apart by statuses. */
  private static final List<String> PORT_PROTOCOLS =
      List.of(SpdyTunnel.PROTOCOL, "v4.channel.k8s.io", "v4.base64.channel.k8s.io");

  private final PodLocator locator;
  private final Environment environment;

  Sessions(PodLocator locator, Environment environment) {
    this.locator = locator;
    this.environment = environment;
  }

  private static List<String> subprotocols() {
    List<String> all = new ArrayList<>(StreamProtocol.NAMES);
    all.add(SpdyTunnel.PROTOCOL);
    return List.copyOf(all);
  }

  /**
   * Answers the handshake of a request that is paused.
   *
   * @param parts the path's segments
   * @throws IllegalArgumentException the request is not what it should be
   * @throws PodLocator.NotFoundException there is no such pod or container
   */
  void open(HttpServerRequest request, String[] parts) {
    switch (parts[0]) {
      case "exec", "attach" -> streams(request, parts, parts[0].equals("attach"));
      default -> ports(request, parts);
    }
  }

  private void streams(HttpServerRequest request, String[] parts, boolean attach) {
    require(parts.length == 4, "no such container");
    ExecSession.Request wanted =
        new ExecSession.Request(
            attach,
            request.params(true).getAll("command"),
            flag(request, "input", "stdin"),
            flag(request, "output", "stdout"),
            flag(request, "error", "stderr"),
            flag(request, "tty", "tty"));
    require(attach || !wanted.command().isEmpty(), "you must specify at least 1 command");
    checkProtocol(request, StreamProtocol.NAMES);
    PodLocator.Running target = locator.running(parts[1], parts[2], parts[3]);
    upgrade(request, socket -> new ExecSession(new ChannelSocket(socket), wanted, target)::run);
  }

  private void ports(HttpServerRequest request, String[] parts) {
    require(parts.length == 3, "no such pod");
    String protocol = checkProtocol(request, PORT_PROTOCOLS);
    if (SpdyTunnel.PROTOCOL.equals(protocol)) {
      PodLocator.Sandboxed target = locator.sandbox(parts[1], parts[2]);
      upgrade(
          request,
          socket -> {
            SpdyTunnel.open(socket, target, environment);
            return () -> {};
          });
      return;
    }
    List<Integer> ports = numbers(request.params(true).getAll("port"));
    PodLocator.Sandboxed target = locator.sandbox(parts[1], parts[2]);
    upgrade(
        request,
        socket ->
            new PortForwardSession(new ChannelSocket(socket), target, ports, environment)::run);
  }

  private static List<Integer> numbers(List<String> values) {
    require(!values.isEmpty(), "query parameter \"port\" is required");
    List<Integer> ports = new ArrayList<>();
    for (String value : values) {
      for (String port : value.split(",", -1)) {
        int number;
        try {
          number = Integer.parseInt(port);
        } catch (NumberFormatException e) {
          throw new IllegalArgumentException("unable to parse \"" + port + "\" as a port", e);
        }
        require(number > 0 && number <= 65_535, "port \"" + port + "\" must be > 0");
        ports.add(number);
      }
    }
    return ports;
  }

  /**
   * @return the one that the handshake will choose, or null where the client names none
   */
  private static @Nullable String checkProtocol(HttpServerRequest request, List<String> served) {
    String offered = request.getHeader("sec-websocket-protocol");
    if (offered == null || offered.isBlank()) {
      return null;
    }
    List<String> names = Arrays.stream(offered.split(",")).map(String::strip).toList();
    for (String name : names) {
      if (SUBPROTOCOLS.contains(name)) {
        require(served.contains(name), "the protocol " + name + " is for other sessions");
        return name;
      }
    }
    throw new IllegalArgumentException("none of the protocols is served: " + offered);
  }

  /** The session is made on the event loop and run off it. */
  private void upgrade(HttpServerRequest request, Function<ServerWebSocket, Runnable> session) {
    request
        .toWebSocket()
        .onSuccess(socket -> environment.executor().execute(session.apply(socket)))
        .onFailure(
            e -> AgentServer.answer(request.response(), 400, String.valueOf(e.getMessage())));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  private static boolean flag(HttpServerRequest request, String name, String other) {
    String value = request.getParam(name);
    value = value == null ? request.getParam(other) : value;
    return value != null && (value.equals("1") || value.equals("true"));
  }
}
