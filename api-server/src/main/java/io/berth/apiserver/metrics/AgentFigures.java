package io.berth.apiserver.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.streaming.NodeAddress;
import io.berth.apiserver.streaming.NodeClient;
import io.berth.apiserver.streaming.NodeLocator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What agents measured last, asked of them when somebody wants it. Agents look at their pods each
 * few seconds in any case, so that there is nothing to gather beforehand: an idle cluster costs
 * nothing, and what is answered is never older than the agent's last look and {@link #GOOD}. Who
 * asks meanwhile shares the answer. Safe for use by many threads.
 */
final class AgentFigures {
  private static final Logger log = LoggerFactory.getLogger(AgentFigures.class);

  /** How long an answer is good; an agent looks less often. */
  private static final Duration GOOD = Duration.ofSeconds(2);

  /** After a failure, which takes longer than an answer. */
  private static final Duration RETRY = Duration.ofSeconds(10);

  /** A node that does not answer by then is left out. */
  private static final Duration LIMIT = Duration.ofSeconds(3);

  private static final int AT_ONCE = 64;
  private static final int MAX_BYTES = 8 << 20;
  private static final String TARGET = "/stats/usage";

  private record Asked(long nanos, CompletableFuture<JsonNode> answer) {}

  private final NodeLocator nodes;
  private final NodeClient agents;
  private final Environment environment;
  private final Semaphore turns = new Semaphore(AT_ONCE);
  private final Map<String, Asked> asked = new ConcurrentHashMap<>();

  AgentFigures(NodeLocator nodes, NodeClient agents, Environment environment) {
    this.nodes = nodes;
    this.agents = agents;
    this.environment = environment;
  }

  /** The documents of those nodes that answer, by name. */
  Map<String, JsonNode> of(Collection<String> names) {
    Map<String, CompletableFuture<JsonNode>> answers = new HashMap<>();
    for (String name : names) {
      answers.put(name, ask(name));
    }
    long until = environment.clock().nanos() + LIMIT.toNanos();
    Map<String, JsonNode> documents = new HashMap<>();
    answers.forEach(
        (name, answer) -> {
          JsonNode document = await(answer, until - environment.clock().nanos());
          if (document != null) {
            documents.put(name, document);
          }
        });
    return documents;
  }

  private CompletableFuture<JsonNode> ask(String name) {
    long now = environment.clock().nanos();
    Asked one =
        asked.compute(
            name,
            (n, before) -> {
              if (before != null && good(before, now)) {
                return before;
              }
              CompletableFuture<JsonNode> answer = new CompletableFuture<>();
              environment.executor().execute(() -> fetch(n, answer));
              return new Asked(now, answer);
            });
    return one.answer();
  }

  private static boolean good(Asked asked, long now) {
    boolean failed = asked.answer().isCompletedExceptionally() || !asked.answer().isDone();
    return now - asked.nanos() < (failed ? RETRY : GOOD).toNanos();
  }

  private void fetch(String name, CompletableFuture<JsonNode> answer) {
    boolean turn = false;
    try {
      turns.acquire();
      turn = true;
      answer.complete(Json.parse(body(nodes.find(name))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer.completeExceptionally(e);
    } catch (IOException | RuntimeException e) {
      log.info("no figures node={} reason={}", name, e.getMessage());
      answer.completeExceptionally(e);
      if (e instanceof ApiException gone && gone.isNotFound()) {
        asked.remove(name);
      }
    } finally {
      if (turn) {
        turns.release();
      }
    }
  }

  private byte[] body(NodeAddress node) throws IOException, InterruptedException {
    NodeClient.Body body = agents.get(node, TARGET);
    CompletableFuture<byte[]> whole = new CompletableFuture<>();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    body.receive(
        new NodeClient.Receiver() {
          @Override
          public void onData(byte[] piece) {
            bytes.writeBytes(piece);
            if (bytes.size() > MAX_BYTES) {
              body.cancel();
              whole.completeExceptionally(new IOException("the answer is too long"));
            }
          }

          @Override
          public void onEnd(@Nullable Throwable cause) {
            if (cause == null) {
              whole.complete(bytes.toByteArray());
            } else {
              whole.completeExceptionally(cause);
            }
          }
        });
    try {
      return whole.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      body.cancel();
      throw new IOException("the agent did not answer: " + e.getMessage(), e);
    }
  }

  private static @Nullable JsonNode await(CompletableFuture<JsonNode> answer, long nanos) {
    try {
      return answer.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException | TimeoutException e) {
      return null; // told where it failed
    }
  }
}
