package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.FutureRevisionException;
import io.berth.apiserver.store.HistoryWatch;
import io.berth.apiserver.store.Store.Entry;
import io.berth.apiserver.store.Store.Event;
import io.berth.apiserver.store.Store.Page;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads on a connection of its own; each public method is one consistent view. */
final class Reader implements AutoCloseable {
  /** A version found by following a key's history back. */
  private record Version(long revision, long created, boolean deleted) {}

  private final Connection connection;
  private final Statement plain;
  private final PreparedStatement findEntry;
  private final PreparedStatement newestRange;
  private final PreparedStatement countRange;
  private final PreparedStatement keysRange;
  private final PreparedStatement findVersion;
  private final PreparedStatement findValue;
  private final PreparedStatement findEvents;

  Reader(Connection connection) throws SQLException {
    this.connection = connection;
    this.plain = connection.createStatement();
    String range = " FROM latest WHERE key > ? AND key < ?";
    this.findEntry =
        connection.prepareStatement(
            "SELECT l.created, l.revision, h.value FROM latest l"
                + " JOIN history h ON h.revision = l.revision WHERE l.key = ? AND l.deleted = 0");
    this.newestRange =
        connection.prepareStatement(
            "SELECT l.key, l.created, l.revision, h.value FROM latest l"
                + " JOIN history h ON h.revision = l.revision"
                + " WHERE l.key > ? AND l.key < ? AND l.deleted = 0 ORDER BY l.key LIMIT ?");
    this.countRange = connection.prepareStatement("SELECT count(*)" + range + " AND deleted = 0");
    this.keysRange =
        connection.prepareStatement(
            "SELECT key, revision, created, deleted" + range + " ORDER BY key");
    this.findVersion =
        connection.prepareStatement(
            "SELECT p.revision, p.created, p.deleted FROM history h"
                + " JOIN history p ON p.revision = h.previous WHERE h.revision = ?");
    this.findValue = connection.prepareStatement("SELECT value FROM history WHERE revision = ?");
    this.findEvents =
        connection.prepareStatement(
            "SELECT h.revision, h.key, h.deleted, h.value, p.revision, p.created, p.deleted,"
                + " p.value FROM history h LEFT JOIN history p ON p.revision = h.previous"
                + " WHERE h.revision > ? AND h.revision <= ? AND h.key > ? AND h.key < ?"
                + " ORDER BY h.revision LIMIT ?");
  }

  @Nullable Entry get(String key) throws SQLException {
    findEntry.setString(1, key);
    try (ResultSet row = findEntry.executeQuery()) {
      return row.next() ? new Entry(key, row.getBytes(3), row.getLong(1), row.getLong(2)) : null;
    }
  }

  Page range(String prefix, @Nullable String afterKey, long at, int limit) throws SQLException {
    plain.execute("BEGIN");
    try {
      long newest = newest();
      if (at > newest) {
        throw new FutureRevisionException(at, newest);
      }
      checkKept(at == 0 ? newest : at);
      String from = afterKey == null || afterKey.compareTo(prefix) < 0 ? prefix : afterKey;
      return at == 0 || at == newest
          ? newestRange(from, end(prefix), newest, limit)
          : oldRange(from, end(prefix), at, limit);
    } finally {
      plain.execute("ROLLBACK");
    }
  }

  /** The newest revision that the database holds, 1 where nothing was ever written. */
  long newest() throws SQLException {
    long written = Schema.number(connection, "SELECT max(revision) FROM history");
    return Math.max(1, Math.max(written, compacted()));
  }

  long compacted() throws SQLException {
    return Schema.number(connection, "SELECT number FROM meta WHERE name = 'compacted'");
  }

  private void checkKept(long revision) throws SQLException {
    long compacted = compacted();
    if (revision < compacted) {
      throw new CompactedException(revision, compacted);
    }
  }

  private Page newestRange(String from, String end, long newest, int limit) throws SQLException {
    List<Entry> entries = new ArrayList<>();
    newestRange.setString(1, from);
    newestRange.setString(2, end);
    newestRange.setInt(3, limit == 0 ? -1 : limit);
    try (ResultSet rows = newestRange.executeQuery()) {
      while (rows.next()) {
        entries.add(
            new Entry(rows.getString(1), rows.getBytes(4), rows.getLong(2), rows.getLong(3)));
      }
    }
    long remaining = limit == 0 || entries.size() < limit ? 0 : count(entries.getLast().key(), end);
    return new Page(List.copyOf(entries), newest, remaining > 0, remaining);
  }

  private long count(String from, String end) throws SQLException {
    countRange.setString(1, from);
    countRange.setString(2, end);
    try (ResultSet row = countRange.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /** Finds each key's version by following its history back from the newest. */
  private Page oldRange(String from, String end, long at, int limit) throws SQLException {
    List<Entry> entries = new ArrayList<>();
    long remaining = 0;
    keysRange.setString(1, from);
    keysRange.setString(2, end);
    try (ResultSet rows = keysRange.executeQuery()) {
      while (rows.next()) {
        Version newest = new Version(rows.getLong(2), rows.getLong(3), rows.getBoolean(4));
        Version then = back(newest, at);
        if (then == null || then.deleted()) {
          continue;
        }
        if (limit > 0 && entries.size() == limit) {
          remaining++;
        } else {
          entries.add(
              new Entry(
                  rows.getString(1), value(then.revision()), then.created(), then.revision()));
        }
      }
    }
    return new Page(List.copyOf(entries), at, remaining > 0, remaining);
  }

  private @Nullable Version back(Version newest, long at) throws SQLException {
    Version version = newest;
    while (version != null && version.revision() > at) {
      findVersion.setLong(1, version.revision());
      try (ResultSet row = findVersion.executeQuery()) {
        version =
            row.next() ? new Version(row.getLong(1), row.getLong(2), row.getBoolean(3)) : null;
      }
    }
    return version;
  }

  private byte[] value(long revision) throws SQLException {
    findValue.setLong(1, revision);
    try (ResultSet row = findValue.executeQuery()) {
      byte[] value = row.next() ? row.getBytes(1) : null;
      if (value == null) {
        throw new SQLException("the value of revision " + revision + " is missing");
      }
      return value;
    }
  }

  /** Events after a revision, up to a revision that is known to be committed. */
  HistoryWatch.Slice events(String prefix, long after, long upTo, int limit) throws SQLException {
    plain.execute("BEGIN");
    try {
      checkKept(after);
      List<Event> events = new ArrayList<>();
      findEvents.setLong(1, after);
      findEvents.setLong(2, upTo);
      findEvents.setString(3, prefix);
      findEvents.setString(4, end(prefix));
      findEvents.setInt(5, limit);
      try (ResultSet rows = findEvents.executeQuery()) {
        while (rows.next()) {
          events.add(event(rows));
        }
      }
      long reached = events.size() == limit ? events.getLast().revision() : Math.max(after, upTo);
      return new HistoryWatch.Slice(List.copyOf(events), reached);
    } finally {
      plain.execute("ROLLBACK");
    }
  }

  private static Event event(ResultSet row) throws SQLException {
    String key = row.getString(2);
    byte[] before = row.getBytes(8);
    Entry previous =
        before == null || row.getBoolean(7)
            ? null
            : new Entry(key, before, row.getLong(6), row.getLong(5));
    return new Event(row.getLong(1), key, row.getBoolean(3) ? null : row.getBytes(4), previous);
  }

  /** The first text behind all those that begin with the prefix. */
  private static String end(String prefix) {
    int last = prefix.length() - 1;
    return prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
