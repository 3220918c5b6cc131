package io.berth.apiserver.streaming;

import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Router;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code pods/exec}: joins the client's WebSocket to one of the agent's, message by message. The
 * older SPDY is refused, after all that can be said of the pod itself: clients fall back to it
 * whatever the reason was that their WebSocket was refused, and show what they then read.
 */
public final class PodExec implements RequestHandler {
  private static final Logger log = LoggerFactory.getLogger(PodExec.class);
  private static final List<String> SUBPROTOCOLS =
      List.of("v5.channel.k8s.io", "v4.channel.k8s.io");

  private final ObjectLookup objects;
  private final NodeLocator nodes;
  private final NodeClient client;

  public PodExec(ObjectLookup objects, NodeClient client) {
    this.objects = objects;
    this.nodes = new NodeLocator(objects);
    this.client = client;
  }

  @Override
  public void handle(ApiRequest request, RequestInfo info, Identity identity, ResponseSink sink) {
    PodTarget target = PodTarget.find(objects, info, request.query("container"));
    String onward = onward(target, request).target();
    if (target.node().isEmpty()) {
      throw Errors.badRequest("pod %s does not have a host assigned".formatted(info.name()));
    }
    if (!target.running()) {
      throw new ApiException(
          500,
          "InternalError",
          "unable to upgrade connection: container not found (\"%s\")"
              .formatted(target.container()));
    }
    ResponseSink.Upgrade upgrade = sink.upgrade();
    if (upgrade == null) {
      throw Errors.badRequest(
          request.header("upgrade") == null
              ? "Upgrade request required"
              : "NotSupported: sessions are served over WebSocket only ("
                  + String.join(", ", SUBPROTOCOLS)
                  + ")");
    }
    String subprotocol = choose(upgrade.subprotocols());
    join(nodes.find(target.node()), onward, subprotocol, upgrade);
    log.info(
        "session opened pod={}/{} container={} user={}",
        target.namespace(),
        target.pod(),
        target.container(),
        identity.name());
  }

  private static String choose(List<String> offered) {
    for (String subprotocol : offered) {
      if (SUBPROTOCOLS.contains(subprotocol)) {
        return subprotocol;
      }
    }
    throw Errors.badRequest(
        "unable to negotiate protocol: client offered %s, server supports %s"
            .formatted(offered, SUBPROTOCOLS));
  }

  /** The agent comes first: what it refuses, the client can still be told as a status. */
  private void join(
      NodeAddress node, String onward, String subprotocol, ResponseSink.Upgrade upgrade) {
    MessageChannel agent = null;
    try {
      agent = client.connect(node, onward, List.of(subprotocol));
      MessageChannel.relay(upgrade.accept(subprotocol), agent);
    } catch (IOException e) {
      if (agent != null) {
        agent.close(1001, "the client has gone");
        return; // and needs no answer
      }
      throw NodeFailures.of(node, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errors.serviceUnavailable("the server is shutting down");
    }
  }

  private static ApiRequest onward(PodTarget target, ApiRequest request) {
    List<String> command = request.queryAll("command");
    if (command.isEmpty()) {
      throw Errors.invalid(
          "", "PodExecOptions", target.pod(), List.of(FieldError.required("command", "")));
    }
    ApiRequest onward = ApiRequest.get(target.path("exec"));
    for (String argument : command) {
      onward = onward.withQuery("command", argument);
    }
    boolean any = false;
    for (String[] stream :
        new String[][] {{"stdin", "input"}, {"stdout", "output"}, {"stderr", "error"}}) {
      if (on(request.query(stream[0]))) {
        onward = onward.withQuery(stream[1], "1");
        any = true;
      }
    }
    if (!any) {
      throw Errors.badRequest("you must specify at least 1 of stdin, stdout, stderr");
    }
    return on(request.query("tty")) ? onward.withQuery("tty", "1") : onward;
  }

  private static boolean on(@Nullable String value) {
    return Router.flag(value);
  }
}
