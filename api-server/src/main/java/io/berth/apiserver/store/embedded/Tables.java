package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.Store;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The writer's statements on its own connection; each method is a part of one transaction. */
final class Tables implements AutoCloseable {
  /**
   * A key's row.
   *
   * @param deleted whether the key is gone; its row stays until compaction
   */
  record Latest(long revision, long created, boolean deleted) {}

  private final Connection connection;
  private final Statement plain;
  private final PreparedStatement findLatest;
  private final PreparedStatement findValue;
  private final PreparedStatement addHistory;
  private final PreparedStatement putLatest;
  private final PreparedStatement findExpired;
  private boolean syncing = true;

  Tables(Connection connection) throws SQLException {
    this.connection = connection;
    this.plain = connection.createStatement();
    plain.execute("PRAGMA synchronous = FULL");
    this.findLatest =
        connection.prepareStatement("SELECT revision, created, deleted FROM latest WHERE key = ?");
    this.findValue = connection.prepareStatement("SELECT value FROM history WHERE revision = ?");
    this.addHistory =
        connection.prepareStatement(
            "INSERT INTO history (revision, key, created, previous, deleted, value)"
                + " VALUES (?, ?, ?, ?, ?, ?)");
    this.putLatest =
        connection.prepareStatement(
            "INSERT INTO latest (key, revision, created, deleted, expires) VALUES (?, ?, ?, ?, ?)"
                + " ON CONFLICT (key) DO UPDATE SET revision = excluded.revision,"
                + " created = excluded.created, deleted = excluded.deleted,"
                + " expires = iif(excluded.expires < 0, expires, excluded.expires)");
    this.findExpired =
        connection.prepareStatement(
            "SELECT key, revision FROM latest WHERE expires > 0 AND expires <= ?"
                + " ORDER BY expires, key LIMIT ?");
  }

  /**
   * @param sync whether the commit must be on the disk when it returns
   */
  void begin(boolean sync) throws SQLException {
    if (sync != syncing) {
      plain.execute("PRAGMA synchronous = " + (sync ? "FULL" : "NORMAL"));
      syncing = sync;
    }
    plain.execute("BEGIN IMMEDIATE");
  }

  void commit() throws SQLException {
    plain.execute("COMMIT");
  }

  /** Takes back what the transaction did; does nothing where SQLite did so already. */
  void rollback() {
    try {
      plain.execute("ROLLBACK");
    } catch (SQLException ignored) {
      // some errors end the transaction by themselves
    }
  }

  @Nullable Latest latest(String key) throws SQLException {
    findLatest.setString(1, key);
    try (ResultSet row = findLatest.executeQuery()) {
      return row.next() ? new Latest(row.getLong(1), row.getLong(2), row.getBoolean(3)) : null;
    }
  }

  Store.Entry entry(String key, Latest latest) throws SQLException {
    findValue.setLong(1, latest.revision());
    try (ResultSet row = findValue.executeQuery()) {
      byte[] value = row.next() ? row.getBytes(1) : null;
      if (value == null) {
        throw new SQLException("the value of " + key + " at " + latest.revision() + " is missing");
      }
      return new Store.Entry(key, value, latest.created(), latest.revision());
    }
  }

  /**
   * Appends a write.
   *
   * @param expires second of the epoch at which the key ends, 0 for never, negative to leave it
   */
  void append(
      long revision, String key, byte @Nullable [] value, long created, long previous, long expires)
      throws SQLException {
    addHistory.setLong(1, revision);
    addHistory.setString(2, key);
    addHistory.setLong(3, created);
    addHistory.setLong(4, previous);
    addHistory.setInt(5, value == null ? 1 : 0);
    addHistory.setBytes(6, value);
    addHistory.executeUpdate();
    putLatest.setString(1, key);
    putLatest.setLong(2, revision);
    putLatest.setLong(3, created);
    putLatest.setInt(4, value == null ? 1 : 0);
    putLatest.setLong(5, expires);
    putLatest.executeUpdate();
  }

  /** Keys whose lifetime has ended, with their revisions. */
  List<Store.Entry> expired(long now, int limit) throws SQLException {
    List<Store.Entry> expired = new ArrayList<>();
    findExpired.setLong(1, now);
    findExpired.setInt(2, limit);
    try (ResultSet rows = findExpired.executeQuery()) {
      while (rows.next()) {
        expired.add(new Store.Entry(rows.getString(1), new byte[0], 0, rows.getLong(2)));
      }
    }
    return expired;
  }

  long meta(String name) throws SQLException {
    return Schema.number(connection, "SELECT number FROM meta WHERE name = '" + name + "'");
  }

  void setMeta(String name, long number) throws SQLException {
    plain.execute("UPDATE meta SET number = " + number + " WHERE name = '" + name + "'");
  }

  /** The revision of the write that is so many rows behind a revision, or the greatest of all. */
  long revisionBehind(long revision, int rows) throws SQLException {
    long found =
        Schema.number(
            connection,
            "SELECT revision FROM history WHERE revision > "
                + revision
                + " ORDER BY revision LIMIT 1 OFFSET "
                + (rows - 1));
    return found == 0 ? Long.MAX_VALUE : found;
  }

  /** Removes the versions that were replaced or deleted by the writes of a stretch of history. */
  void sweep(long after, long to) throws SQLException {
    String stretch = "revision > " + after + " AND revision <= " + to;
    plain.execute(
        "DELETE FROM history WHERE revision IN"
            + " (SELECT previous FROM history WHERE previous > 0 AND "
            + stretch
            + ")");
    plain.execute(
        "DELETE FROM latest WHERE deleted = 1 AND revision <= "
            + to
            + " AND key IN (SELECT key FROM history WHERE deleted = 1 AND "
            + stretch
            + ")");
    plain.execute("DELETE FROM history WHERE deleted = 1 AND " + stretch);
    setMeta("swept", to);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
