package io.berth.cli.kube;

import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Transport;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints what a pod's container has written. */
@Command(
    name = "logs",
    description = "Print a container's output.",
    mixinStandardHelpOptions = true)
public final class LogsCommand implements Runnable {
  @Mixin private Connection connection = new Connection();

  @Mixin private PodTarget target = new PodTarget();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "CONTAINER",
      description = "The container's name.")
  private @Nullable String containerArgument;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on as more is written.")
  private boolean follow;

  @Option(
      names = {"-p", "--previous"},
      description = "Of the container's run before this one.")
  private boolean previous;

  @Option(names = "--tail", paramLabel = "LINES", description = "Only the last lines.")
  private long tail = -1;

  @Option(names = "--since", paramLabel = "SECONDS", description = "Only what is not older.")
  private long since;

  @Option(names = "--timestamps", description = "With the time of each line.")
  private boolean timestamps;

  @Override
  public void run() {
    ApiClient client = connection.client();
    String name = target.pod(connection);
    ApiRequest request = ApiRequest.get(Resources.PODS.path(connection.namespace(), name, "log"));
    String named = target.container();
    String wanted = named == null ? containerArgument : named;
    request = wanted == null ? request : request.withQuery("container", wanted);
    request = follow ? request.withQuery("follow", "true") : request;
    request = previous ? request.withQuery("previous", "true") : request;
    request = tail >= 0 ? request.withQuery("tailLines", Long.toString(tail)) : request;
    request = since > 0 ? request.withQuery("sinceSeconds", Long.toString(since)) : request;
    request = timestamps ? request.withQuery("timestamps", "true") : request;
    copy(client.transport(), request);
  }

  private static void copy(Transport transport, ApiRequest request) {
    Copy copy = new Copy();
    transport.stream(request.withHeader("accept", "*/*"), copy);
    try {
      copy.done.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ApiException refusal) {
        throw refusal;
      }
      throw new CommandException("the log broke off: " + CommandException.rootOf(e), e);
    }
  }

  private static final class Copy implements Transport.StreamListener {
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();
    private final ByteArrayOutputStream refusal = new ByteArrayOutputStream();
    private int status;

    @Override
    public void onStart(int status) {
      this.status = status;
    }

    @Override
    public void onFrame(byte[] frame) {
      if (status == 200) {
        System.out.write(frame, 0, frame.length);
        System.out.flush();
      } else {
        refusal.writeBytes(frame);
      }
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
      if (cause != null) {
        done.completeExceptionally(cause);
      } else if (status == 200) {
        done.complete(true);
      } else {
        done.completeExceptionally(ApiException.of(Json.parse(refusal.toByteArray())));
      }
    }
  }
}
