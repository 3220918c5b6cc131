package io.berth.apiserver.store.embedded;

import io.berth.api.time.Clock;
import io.berth.apiserver.store.Store.Entry;
import io.berth.apiserver.store.Store.Event;
import io.berth.apiserver.store.Store.WriteResult;
import io.berth.apiserver.store.StoreUnavailableException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits groups of writes: all preconditions are checked and all rows written in one transaction,
 * with one sync of the disk for all, and nobody hears of a write before that is done. Only the
 * writer's thread comes here.
 */
final class Committer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Committer.class);

  private final Database database;
  private final RevisionCeiling ceiling;
  private final Recent recent;
  private final Clock clock;
  private final Runnable onCommitted;
  private @Nullable Tables tables;
  private volatile @Nullable String trouble;

  /** The revision inside the running transaction. */
  private long revision;

  private final List<Event> events = new ArrayList<>();

  /**
   * @param onCommitted called when events have been added to {@code recent}
   */
  Committer(
      Database database,
      RevisionCeiling ceiling,
      Recent recent,
      Clock clock,
      Runnable onCommitted) {
    this.database = database;
    this.ceiling = ceiling;
    this.recent = recent;
    this.clock = clock;
    this.onCommitted = onCommitted;
  }

  /** Null while the disk takes writes, else why it does not. */
  @Nullable String trouble() {
    return trouble;
  }

  /** Answers every request of a group. */
  void commit(List<WriteQueue.Pending> group) {
    List<Object> answers = new ArrayList<>(group.size());
    try {
      transact(group, answers);
    } catch (SQLException e) {
      fail(group, SqlErrors.unavailable(database.file(), e));
      return;
    } catch (StoreUnavailableException e) {
      fail(group, e);
      return;
    } catch (RuntimeException e) {
      log.error("a group of writes failed file={}", database.file(), e);
      fail(group, new StoreUnavailableException("the writer failed: " + e, e));
      return;
    }
    if (trouble != null) {
      log.info("writes work again file={}", database.file());
      trouble = null;
    }
    recent.publish(List.copyOf(events), revision);
    for (int i = 0; i < group.size(); i++) {
      if (group.get(i).request() instanceof WriteRequest.Forget(long compacted)) {
        recent.forget(compacted);
      }
      group.get(i).succeed(answers.get(i));
    }
    onCommitted.run();
  }

  private void transact(List<WriteQueue.Pending> group, List<Object> answers) throws SQLException {
    Tables open = tables;
    if (open == null) {
      open = database.openTables();
      tables = open;
    }
    events.clear();
    revision = recent.revision();
    open.begin(group.stream().anyMatch(p -> p.request().durable()));
    for (WriteQueue.Pending pending : group) {
      answers.add(carryOut(open, pending.request()));
    }
    ceiling.cover(revision);
    open.commit();
  }

  private Object carryOut(Tables open, WriteRequest request) throws SQLException {
    return switch (request) {
      case WriteRequest.Put put -> put(open, put);
      case WriteRequest.Expire expire -> expire(open, expire.limit());
      case WriteRequest.Forget forget -> {
        open.setMeta("compacted", Math.max(forget.revision(), open.meta("compacted")));
        yield true;
      }
      case WriteRequest.Sweep sweep -> sweep(open, sweep.rows());
      case WriteRequest.Probe() -> {
        open.setMeta("probe", clock.now().getEpochSecond());
        yield true;
      }
    };
  }

  private WriteResult put(Tables open, WriteRequest.Put put) throws SQLException {
    Tables.Latest latest = open.latest(put.key());
    Tables.Latest living = latest == null || latest.deleted() ? null : latest;
    byte[] value = put.value();
    long there = living == null ? 0 : living.revision();
    if (there != put.expected() || (living == null && value == null)) {
      return new WriteResult.Mismatch(living == null ? null : open.entry(put.key(), living));
    }
    Entry previous = living == null ? null : open.entry(put.key(), living);
    revision++;
    open.append(
        revision,
        put.key(),
        value,
        living == null ? revision : living.created(),
        latest == null ? 0 : latest.revision(),
        expiry(put, living == null));
    events.add(new Event(revision, put.key(), value, previous));
    return new WriteResult.Written(revision);
  }

  private long expiry(WriteRequest.Put put, boolean created) {
    if (put.value() == null) {
      return 0;
    }
    if (put.lifetimeSeconds() > 0) {
      return clock.now().getEpochSecond() + put.lifetimeSeconds();
    }
    return created ? 0 : -1;
  }

  private int expire(Tables open, int limit) throws SQLException {
    List<Entry> expired = open.expired(clock.now().getEpochSecond(), limit);
    for (Entry gone : expired) {
      put(open, new WriteRequest.Put(gone.key(), null, gone.modRevision(), 0));
    }
    return expired.size();
  }

  private static boolean sweep(Tables open, int rows) throws SQLException {
    long compacted = open.meta("compacted");
    long swept = open.meta("swept");
    if (swept >= compacted) {
      return false;
    }
    long to = Math.min(compacted, open.revisionBehind(swept, rows));
    open.sweep(swept, to);
    return to < compacted;
  }

  private void fail(List<WriteQueue.Pending> group, StoreUnavailableException cause) {
    if (trouble == null) {
      log.error("writes fail file={}: {}", database.file(), cause.getMessage());
    }
    trouble = cause.getMessage();
    try {
      close(); // what state the connection is in nobody knows: the next group opens another
    } catch (SQLException e) {
      log.warn("closing after a failure failed too file={}: {}", database.file(), e.getMessage());
    }
    group.forEach(p -> p.fail(cause));
  }

  @Override
  public void close() throws SQLException {
    Tables open = tables;
    tables = null;
    if (open != null) {
      open.rollback();
      open.close();
    }
  }
}
