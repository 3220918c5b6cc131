package io.berth.agent.network.dns;

import io.berth.api.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Answers of other servers, each for as long as its records say (RFC 2308 for what is not there);
 * the least recently asked leave first. Kept longer for when no server answers any more (RFC 8767).
 * Safe for use by many threads.
 */
final class AnswerCache {
  private static final long LONGEST = 300;
  private static final long LONGEST_NEGATIVE = 30;
  private static final long FAILURE = 1;
  private static final long STALE = Duration.ofHours(1).toSeconds();
  private static final int[] SECTIONS = {Section.ANSWER, Section.AUTHORITY, Section.ADDITIONAL};

  /** What makes two questions one: also whether signatures are asked for, and left unchecked. */
  record Key(Name name, int type, int dclass, boolean signed, boolean unchecked) {}

  private record Kept(Message message, Instant at, long ttl) {
    long age(Instant now) {
      return Duration.between(at, now).toSeconds();
    }
  }

  private final Clock clock;
  private final LinkedHashMap<Key, Kept> entries;

  AnswerCache(Clock clock, int capacity) {
    this.clock = clock;
    this.entries =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
            return size() > capacity;
          }
        };
  }

  /** An answer that still holds, with what is left of its time; null where there is none. */
  @Nullable Message fresh(Key key) {
    Kept entry = entry(key);
    if (entry == null) {
      return null;
    }
    long age = entry.age(clock.now());
    return age < entry.ttl() ? aged(entry.message(), age) : null;
  }

  /** An answer that once held; its records are to be asked for again in a second. */
  @Nullable Message stale(Key key) {
    Kept entry = entry(key);
    return entry == null || entry.age(clock.now()) > STALE || failed(entry.message())
        ? null
        : aged(entry.message(), Long.MAX_VALUE);
  }

  private @Nullable Kept entry(Key key) {
    synchronized (entries) {
      return entries.get(key);
    }
  }

  void put(Key key, Message message) {
    long ttl = ttl(message);
    if (ttl <= 0) {
      return;
    }
    synchronized (entries) {
      Kept before = entries.get(key);
      if (before != null && failed(message) && !failed(before.message())) {
        return; // what once held is worth more than a failure
      }
      entries.put(key, new Kept(message, clock.now(), ttl));
    }
  }

  private static boolean failed(Message message) {
    int rcode = message.getRcode();
    return rcode != Rcode.NOERROR && rcode != Rcode.NXDOMAIN;
  }

  private static long ttl(Message message) {
    if (message.getHeader().getFlag(Flags.TC)) {
      return 0;
    }
    if (failed(message)) {
      return FAILURE;
    }
    if (message.getRcode() == Rcode.NOERROR && !message.getSection(Section.ANSWER).isEmpty()) {
      return message.getSection(Section.ANSWER).stream()
          .mapToLong(Record::getTTL)
          .reduce(LONGEST, Math::min);
    }
    return message.getSection(Section.AUTHORITY).stream()
        .filter(SOARecord.class::isInstance)
        .mapToLong(soa -> Math.min(soa.getTTL(), ((SOARecord) soa).getMinimum()))
        .map(ttl -> Math.min(ttl, LONGEST_NEGATIVE))
        .findFirst()
        .orElse(0);
  }

  private static Message aged(Message message, long seconds) {
    Message copy = new Message(message.getHeader().getID());
    copy.setHeader(message.getHeader().clone());
    for (int section : SECTIONS) {
      copy.removeAllRecords(section);
    }
    Record question = message.getQuestion();
    if (question != null) {
      copy.addRecord(question, Section.QUESTION);
    }
    for (int section : SECTIONS) {
      for (Record record : message.getSection(section)) {
        if (record.getType() != Type.OPT) {
          copy.addRecord(aged(record, seconds), section);
        }
      }
    }
    return copy;
  }

  private static Record aged(Record record, long seconds) {
    return Record.newRecord(
        record.getName(),
        record.getType(),
        record.getDClass(),
        Math.max(1, record.getTTL() - seconds),
        record.rdataToWireCanonical());
  }
}
