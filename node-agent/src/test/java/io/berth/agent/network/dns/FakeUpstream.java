package io.berth.agent.network.dns;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.xbill.DNS.DClass;
import org.xbill.DNS.EDNSOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.Section;
import org.xbill.DNS.TSIG;
import org.xbill.DNS.Type;

/** Another server, in memory: it answers as it was told, fails, or keeps silent until released. */
final class FakeUpstream implements Resolver {
  private final Map<String, List<Record>> answers = new HashMap<>();
  private final Map<String, List<Record>> authorities = new HashMap<>();
  private final CompletableFuture<Void> held = CompletableFuture.completedFuture(null);
  private CompletableFuture<Void> gate = held;
  boolean dead;
  int rcode = Rcode.NOERROR;
  int asked;

  void knows(String name, String type, long ttl, String data) {
    answers.put(key(name, type), List.of(record(name, type, ttl, data)));
  }

  void denies(String name, String type, long ttl) {
    authorities.put(
        key(name, type),
        List.of(record("example.com", "SOA", ttl, "ns.example.com. h.example.com. 1 2 3 4 60")));
  }

  void hold() {
    gate = new CompletableFuture<>();
  }

  void release() {
    gate.complete(null);
  }

  private static String key(String name, String type) {
    return name + "/" + type;
  }

  private static Record record(String name, String type, long ttl, String data) {
    try {
      Name owner = Name.fromString(name, Name.root);
      return Record.fromString(owner, Type.value(type), DClass.IN, ttl, data, Name.root);
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Override
  public CompletionStage<Message> sendAsync(Message query, Executor executor) {
    asked++;
    if (dead) {
      return CompletableFuture.failedFuture(new IOException("timed out"));
    }
    Record question = query.getQuestion();
    String key = key(question.getName().toString(true), Type.string(question.getType()));
    Message reply = new Message(query.getHeader().getID());
    reply.getHeader().setFlag(Flags.QR);
    reply.addRecord(question, Section.QUESTION);
    answers.getOrDefault(key, List.of()).forEach(r -> reply.addRecord(r, Section.ANSWER));
    authorities.getOrDefault(key, List.of()).forEach(r -> reply.addRecord(r, Section.AUTHORITY));
    boolean known = answers.containsKey(key);
    reply.getHeader().setRcode(rcode != Rcode.NOERROR || known ? rcode : Rcode.NXDOMAIN);
    return gate.thenApply(open -> reply);
  }

  @Override
  public void setPort(int port) {}

  @Override
  public void setTCP(boolean flag) {}

  @Override
  public void setIgnoreTruncation(boolean flag) {}

  @Override
  public void setEDNS(int version, int payloadSize, int flags, List<EDNSOption> options) {}

  @Override
  public void setTSIGKey(TSIG key) {}

  @Override
  public void setTimeout(Duration timeout) {}
}
