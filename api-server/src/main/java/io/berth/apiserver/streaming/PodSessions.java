package io.berth.apiserver.streaming;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Verb;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code pods/exec}, {@code pods/attach} and {@code pods/portforward}: joins the client's WebSocket
 * to one of the agent's, message by message; what the messages mean is between the two of them. The
 * older SPDY is refused, after all that can be said of the pod itself: clients fall back to it
 * whatever the reason was that their WebSocket was refused, and show what they then read.
 */
public final class PodSessions implements RequestHandler {
  private static final Logger log = LoggerFactory.getLogger(PodSessions.class);

  private static final List<String> STREAMS =
      List.of(
          "v5.channel.k8s.io",
          "v4.channel.k8s.io",
          "v4.base64.channel.k8s.io",
          "channel.k8s.io",
          "base64.channel.k8s.io");
  private static final List<String> PORTS =
      List.of("SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io");

  private final ObjectLookup objects;
  private final NodeLocator nodes;
  private final NodeClient client;
  private final ConnectAdmission admission;
  private final List<String> subprotocols;
  private final Function<ApiRequest, ObjectNode> options;
  private final BiFunction<PodTarget, ObjectNode, ApiRequest> onward;
  private final boolean container;

  private PodSessions(
      ObjectLookup objects,
      NodeClient client,
      ConnectAdmission admission,
      List<String> subprotocols,
      Function<ApiRequest, ObjectNode> options,
      BiFunction<PodTarget, ObjectNode, ApiRequest> onward,
      boolean container) {
    this.objects = objects;
    this.nodes = new NodeLocator(objects);
    this.client = client;
    this.subprotocols = subprotocols;
    this.admission = admission;
    this.options = options;
    this.onward = onward;
    this.container = container;
  }

  /** The handlers by the subresource that they serve. */
  public static Map<String, RequestHandler> all(
      ObjectLookup objects, NodeClient client, ConnectAdmission admission) {
    return Map.of(
        "pods/exec",
        new PodSessions(
            objects, client, admission, STREAMS, ConnectOptions::exec, SessionOptions::exec, true),
        "pods/attach",
        new PodSessions(
            objects,
            client,
            admission,
            STREAMS,
            ConnectOptions::attach,
            SessionOptions::attach,
            true),
        "pods/portforward",
        new PodSessions(
            objects,
            client,
            admission,
            PORTS,
            ConnectOptions::ports,
            SessionOptions::ports,
            false));
  }

  @Override
  public void handle(ApiRequest request, RequestInfo info, Identity identity, ResponseSink sink) {
    if (info.verb() != Verb.GET && info.verb() != Verb.CREATE) {
      throw Errors.methodNotAllowed();
    }
    ObjectNode wanted = options.apply(request);
    admission.admit(info, identity, wanted, sink);
    PodTarget target =
        container
            ? PodTarget.find(objects, info, wanted.path("container").asText(""))
            : PodTarget.whole(objects, info);
    String path = onward.apply(target, wanted).target();
    if (target.node().isEmpty()) {
      throw Errors.badRequest("pod %s does not have a host assigned".formatted(info.name()));
    }
    if (container && !target.running()) {
      throw Errors.internal(
          "unable to upgrade connection: container not found (\"%s\")"
              .formatted(target.container()));
    }
    ResponseSink.Upgrade upgrade = sink.upgrade();
    if (upgrade == null) {
      throw Errors.badRequest(
          request.header("upgrade") == null
              ? "Upgrade request required"
              : "NotSupported: sessions are served over WebSocket only ("
                  + String.join(", ", subprotocols)
                  + ")");
    }
    String subprotocol = choose(upgrade.subprotocols());
    join(nodes.find(target.node()), path, subprotocol, upgrade);
    log.info(
        "session opened kind={} pod={}/{} container={} user={}",
        info.subresource(),
        target.namespace(),
        target.pod(),
        target.container(),
        identity.name());
  }

  /** Empty where the client offers none: the oldest form. */
  private String choose(List<String> offered) {
    for (String subprotocol : offered) {
      if (subprotocols.contains(subprotocol)) {
        return subprotocol;
      }
    }
    if (offered.isEmpty()) {
      return "";
    }
    throw Errors.badRequest(
        "unable to negotiate protocol: client offered %s, server supports %s"
            .formatted(offered, subprotocols));
  }

  /** The agent comes first: what it refuses, the client can still be told as a status. */
  private void join(
      NodeAddress node, String path, String subprotocol, ResponseSink.Upgrade upgrade) {
    MessageChannel agent = null;
    try {
      agent = client.connect(node, path, subprotocol.isEmpty() ? List.of() : List.of(subprotocol));
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
}
