package io.berth.agent.network.dns;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Answers questions: from the cluster's zone what is in it, from other servers the rest. Safe for
 * use by many threads.
 */
final class NameServer {
  /** Services of type ExternalName may lead to one another. */
  private static final int MOST_ALIASES = 8;

  private static final int OWN_PAYLOAD = 1232;
  private static final Name REVERSE_V4 = Name.fromConstantString("in-addr.arpa.");
  private static final Name REVERSE_V6 = Name.fromConstantString("ip6.arpa.");

  private final ClusterZone zone;
  private final Forwarder forwarder;
  private final AtomicInteger turn = new AtomicInteger();

  NameServer(ClusterZone zone, Forwarder forwarder) {
    this.zone = zone;
    this.forwarder = forwarder;
  }

  /** The answer to a message that asks; it never fails. */
  CompletableFuture<Message> answer(Message query) {
    Record question = query.getQuestion();
    int refused = refused(query, question);
    if (refused != Rcode.NOERROR || question == null) {
      return CompletableFuture.completedFuture(reply(query, refused));
    }
    return answer(query, question, 0).thenApply(reply -> withOptions(query, reply));
  }

  private static int refused(Message query, @Nullable Record question) {
    OPTRecord options = query.getOPT();
    if (options != null && options.getVersion() > 0) {
      return Rcode.BADVERS;
    }
    if (query.getHeader().getOpcode() != Opcode.QUERY) {
      return Rcode.NOTIMP;
    }
    if (question == null || query.getHeader().getCount(Section.QUESTION) != 1) {
      return Rcode.FORMERR;
    }
    boolean transfer = question.getType() == Type.AXFR || question.getType() == Type.IXFR;
    return transfer || question.getDClass() != DClass.IN ? Rcode.REFUSED : Rcode.NOERROR;
  }

  private CompletableFuture<Message> answer(Message query, Record question, int aliases) {
    Name name = question.getName();
    if (zone.contains(name)) {
      return fromZone(query, question, aliases);
    }
    if (question.getType() == Type.PTR
        && (name.subdomain(REVERSE_V4) || name.subdomain(REVERSE_V6))) {
      Optional<Record> pointer = zone.reverse(name);
      if (pointer.isPresent()) {
        Message reply = reply(query, Rcode.NOERROR);
        reply.getHeader().setFlag(Flags.AA);
        reply.addRecord(pointer.get(), Section.ANSWER);
        return CompletableFuture.completedFuture(reply);
      }
    }
    OPTRecord options = query.getOPT();
    boolean signed = options != null && (options.getFlags() & ExtendedFlags.DO) != 0;
    return forwarder
        .ask(question, signed, query.getHeader().getFlag(Flags.CD))
        .thenApply(answer -> forwarded(query, answer));
  }

  private CompletableFuture<Message> fromZone(Message query, Record question, int aliases) {
    ClusterZone.Answer found = zone.lookup(question.getName(), question.getType());
    if (found.rcode() == Rcode.NXDOMAIN && !zone.complete()) {
      return CompletableFuture.completedFuture(reply(query, Rcode.SERVFAIL));
    }
    Message reply = reply(query, found.rcode());
    reply.getHeader().setFlag(Flags.AA);
    inTurn(found.answers()).forEach(record -> reply.addRecord(record, Section.ANSWER));
    found.additional().forEach(record -> reply.addRecord(record, Section.ADDITIONAL));
    if (found.answers().isEmpty()) {
      reply.addRecord(zone.authority(), Section.AUTHORITY);
    }
    Name alias = found.alias();
    if (alias == null || aliases == MOST_ALIASES) {
      return CompletableFuture.completedFuture(reply);
    }
    return answer(query, Record.newRecord(alias, question.getType(), DClass.IN), aliases + 1)
        .thenApply(
            rest -> {
              rest.getSection(Section.ANSWER)
                  .forEach(record -> reply.addRecord(record, Section.ANSWER));
              return reply;
            });
  }

  /** Clients take the first of several; each is the first in its turn. */
  private List<Record> inTurn(List<Record> records) {
    if (records.size() < 2) {
      return records;
    }
    List<Record> turned = new ArrayList<>(records);
    Collections.rotate(turned, turn.incrementAndGet());
    return turned;
  }

  /** An empty reply with the question as it was asked. */
  static Message reply(Message query, int rcode) {
    Message reply = new Message(query.getHeader().getID());
    reply.getHeader().setFlag(Flags.QR);
    reply.getHeader().setFlag(Flags.RA);
    reply.getHeader().setOpcode(query.getHeader().getOpcode());
    if (query.getHeader().getFlag(Flags.RD)) {
      reply.getHeader().setFlag(Flags.RD);
    }
    reply.getHeader().setRcode(rcode & 0xF);
    Record question = query.getQuestion();
    if (question != null) {
      reply.addRecord(question, Section.QUESTION);
    }
    if (query.getOPT() != null) {
      reply.addRecord(new OPTRecord(OWN_PAYLOAD, rcode >>> 4, 0), Section.ADDITIONAL);
    }
    return reply;
  }

  private static Message forwarded(Message query, Message answer) {
    Message reply = reply(query, answer.getRcode());
    reply.removeAllRecords(Section.ADDITIONAL);
    if (answer.getHeader().getFlag(Flags.AD)) {
      reply.getHeader().setFlag(Flags.AD);
    }
    for (int section : new int[] {Section.ANSWER, Section.AUTHORITY, Section.ADDITIONAL}) {
      for (Record record : answer.getSection(section)) {
        if (record.getType() != Type.OPT) {
          reply.addRecord(record, section);
        }
      }
    }
    return reply;
  }

  private static Message withOptions(Message query, Message reply) {
    OPTRecord asked = query.getOPT();
    if (asked != null && reply.getOPT() == null) {
      int flags = asked.getFlags() & ExtendedFlags.DO;
      reply.addRecord(
          new OPTRecord(OWN_PAYLOAD, reply.getRcode() >>> 4, 0, flags), Section.ADDITIONAL);
    }
    return reply;
  }
}
