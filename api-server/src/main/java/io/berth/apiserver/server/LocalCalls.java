package io.berth.apiserver.server;

import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Requests that the server makes of its own resources, past routing and authorization. */
public final class LocalCalls {
  private final RequestHandler handler;
  private final Identity identity;

  /**
   * @param identity as whom the requests are made
   */
  public LocalCalls(RequestHandler handler, Identity identity) {
    this.handler = handler;
    this.identity = identity;
  }

  /**
   * The whole answer to a request about an object, which is no watch.
   *
   * @param subresource empty for the object itself
   * @throws ApiException it is refused
   */
  public ApiResponse ask(
      ApiRequest request,
      Verb verb,
      ResourceDefinition resource,
      String namespace,
      String name,
      String subresource) {
    Answer answer = new Answer();
    handler.handle(
        request, new RequestInfo(verb, resource, namespace, name, subresource), identity, answer);
    ApiResponse response = answer.response;
    if (response == null) {
      throw new IllegalStateException("no answer to " + request.path());
    }
    return response.orThrow();
  }

  /** Keeps the one answer, which comes before the handler returns. */
  private static final class Answer implements ResponseSink {
    private @Nullable ApiResponse response;

    @Override
    public void send(ApiResponse whole) {
      response = whole;
    }

    @Override
    public Frames start(int status, Map<String, String> headers) {
      throw new IllegalStateException("a stream was not asked for");
    }
  }
}
