package io.berth.agent.network.dns;

import io.berth.api.time.Environment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.Section;

/**
 * Asks the node's own servers what the cluster does not know, in their order, those that failed of
 * late last. The same question is asked once at a time, and answers are remembered. Safe for use by
 * many threads.
 */
final class Forwarder {
  private static final Logger log = LoggerFactory.getLogger(Forwarder.class);
  private static final Duration SHUNNED = Duration.ofSeconds(10);
  private static final int CAPACITY = 10_000;
  private static final int MOST_AT_ONCE = 1_000;
  private static final int PAYLOAD = 1232;

  /** A server, and until when others are asked before it. */
  private static final class Upstream {
    final String name;
    final Resolver resolver;
    volatile Instant shunnedUntil = Instant.EPOCH;

    Upstream(String name, Resolver resolver) {
      this.name = name;
      this.resolver = resolver;
    }
  }

  private final Environment environment;
  private final List<Upstream> upstreams;
  private final AnswerCache cache;
  private final Map<AnswerCache.Key, CompletableFuture<Message>> asked = new ConcurrentHashMap<>();

  /**
   * @param servers by name, in the order in which they are asked; with their time limits set
   */
  Forwarder(Environment environment, Map<String, Resolver> servers) {
    this.environment = environment;
    this.cache = new AnswerCache(environment.clock(), CAPACITY);
    this.upstreams =
        servers.entrySet().stream().map(e -> new Upstream(e.getKey(), e.getValue())).toList();
  }

  /**
   * The answer to a question. It never fails: what nobody answers is SERVFAIL. Its header's id is
   * anything.
   */
  CompletableFuture<Message> ask(Record question, boolean signed, boolean unchecked) {
    AnswerCache.Key key =
        new AnswerCache.Key(
            question.getName(), question.getType(), question.getDClass(), signed, unchecked);
    Message known = cache.fresh(key);
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    CompletableFuture<Message> mine = new CompletableFuture<>();
    CompletableFuture<Message> others =
        asked.size() < MOST_AT_ONCE ? asked.putIfAbsent(key, mine) : null;
    if (others != null) {
      return others;
    }
    return tryNext(query(question, signed, unchecked), inOrder(), 0, null)
        .handle(
            (answer, impossible) -> {
              Message told = answer == null ? remembered(key, question) : kept(key, answer);
              mine.complete(told);
              asked.remove(key, mine);
              return told;
            });
  }

  private Message kept(AnswerCache.Key key, Message answer) {
    cache.put(key, answer);
    return answer;
  }

  private Message remembered(AnswerCache.Key key, Record question) {
    Message stale = cache.stale(key);
    if (stale != null) {
      return stale;
    }
    Message failure = Message.newQuery(question);
    failure.getHeader().setFlag(Flags.QR);
    failure.getHeader().setRcode(Rcode.SERVFAIL);
    cache.put(key, failure);
    return failure;
  }

  private static Message query(Record question, boolean signed, boolean unchecked) {
    Message query = Message.newQuery(question);
    if (unchecked) {
      query.getHeader().setFlag(Flags.CD);
    }
    int flags = signed ? ExtendedFlags.DO : 0;
    query.addRecord(new OPTRecord(PAYLOAD, 0, 0, flags), Section.ADDITIONAL);
    return query;
  }

  private List<Upstream> inOrder() {
    Instant now = environment.clock().now();
    List<Upstream> order = new ArrayList<>(upstreams);
    order.sort(Comparator.comparing(upstream -> upstream.shunnedUntil.isAfter(now)));
    return order;
  }

  /** Completes with an answer, or with null where no server gave any. */
  private CompletableFuture<@Nullable Message> tryNext(
      Message query, List<Upstream> order, int index, @Nullable Message best) {
    if (index == order.size()) {
      return CompletableFuture.completedFuture(best);
    }
    Upstream upstream = order.get(index);
    return upstream
        .resolver
        .sendAsync(query.clone(), environment.executor())
        .handle(
            (answer, error) -> {
              if (answer != null && isAnswer(answer)) {
                upstream.shunnedUntil = Instant.EPOCH;
                return CompletableFuture.<@Nullable Message>completedFuture(answer);
              }
              if (error != null) {
                shun(upstream, error);
              }
              return tryNext(query, order, index + 1, answer == null ? best : answer);
            })
        .thenCompose(next -> next)
        .toCompletableFuture();
  }

  /** A server that refuses or fails has not answered; another may. */
  private static boolean isAnswer(Message message) {
    return message.getRcode() == Rcode.NOERROR || message.getRcode() == Rcode.NXDOMAIN;
  }

  private void shun(Upstream upstream, Throwable error) {
    Instant now = environment.clock().now();
    boolean known = upstream.shunnedUntil.isAfter(now);
    upstream.shunnedUntil = now.plus(SHUNNED);
    if (!known) {
      log.warn("DNS server does not answer server={} error={}", upstream.name, error.getMessage());
    }
  }
}
