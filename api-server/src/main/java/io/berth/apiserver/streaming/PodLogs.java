package io.berth.apiserver.streaming;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Verb;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code pods/log}: relays a container's log from its node, followed ones for as long as asked. */
public final class PodLogs implements RequestHandler {
  private static final Logger log = LoggerFactory.getLogger(PodLogs.class);
  private static final Map<String, String> TEXT = Map.of("content-type", "text/plain");
  private static final byte[] NOTHING = new byte[0];

  private final ObjectLookup objects;
  private final NodeLocator nodes;
  private final NodeClient client;

  public PodLogs(ObjectLookup objects, NodeClient client) {
    this.objects = objects;
    this.nodes = new NodeLocator(objects);
    this.client = client;
  }

  @Override
  public void handle(ApiRequest request, RequestInfo info, Identity identity, ResponseSink sink) {
    if (info.verb() != Verb.GET) {
      throw Errors.methodNotAllowed();
    }
    PodTarget target = PodTarget.find(objects, info, request.query("container"));
    String onward = LogOptions.forNode(target, request).target();
    if (target.node().isEmpty()) {
      sink.send(new ApiResponse(200, TEXT, NOTHING)); // nothing ran yet, so nothing was written
      return;
    }
    NodeAddress node = nodes.find(target.node());
    try {
      relay(client.get(node, onward), sink.start(200, TEXT));
    } catch (IOException e) {
      throw NodeFailures.of(node, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errors.serviceUnavailable("the server is shutting down");
    }
  }

  private static void relay(NodeClient.Body body, Frames frames) {
    frames.onClosed(body::cancel);
    frames.onDrained(body::resume);
    body.receive(
        new NodeClient.Receiver() {
          @Override
          public void onData(byte[] piece) {
            frames.write(piece);
            if (frames.full()) {
              body.pause();
              if (!frames.full()) { // it drained in between, and its call may have come too early
                body.resume();
              }
            }
          }

          @Override
          public void onEnd(@Nullable Throwable cause) {
            if (cause != null) {
              log.debug("log broke off reason={}", cause.toString());
            }
            frames.end();
          }
        });
  }
}
