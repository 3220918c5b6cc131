package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.StoreUnavailableException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables, and the steps from one format to the next. A format is the number of steps that were
 * taken, kept as SQLite's {@code user_version}.
 *
 * <ul>
 *   <li>{@code history}: one row a write. {@code previous} leads to the version before, so that any
 *       kept revision of a key is found from its newest; the value comes last, where a scan of the
 *       other columns does not read it.
 *   <li>{@code latest}: one row a key, deleted ones included until they are compacted.
 *   <li>{@code meta}: {@code compacted}, the oldest revision that may be asked for, and {@code
 *       swept}, up to where replaced versions have been removed.
 * </ul>
 */
final class Schema {
  /** "BRTH": marks the file as Berth's. */
  private static final int APPLICATION_ID = 0x42525448;

  static final List<List<String>> STEPS =
      List.of(
          List.of(
              "CREATE TABLE history (revision INTEGER PRIMARY KEY, key TEXT NOT NULL,"
                  + " created INTEGER NOT NULL, previous INTEGER NOT NULL,"
                  + " deleted INTEGER NOT NULL, value BLOB)",
              "CREATE TABLE latest (key TEXT PRIMARY KEY, revision INTEGER NOT NULL,"
                  + " created INTEGER NOT NULL, deleted INTEGER NOT NULL,"
                  + " expires INTEGER NOT NULL) WITHOUT ROWID",
              "CREATE INDEX latest_expires ON latest (expires) WHERE expires > 0",
              "CREATE TABLE meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",
              "INSERT INTO meta VALUES ('compacted', 0), ('swept', 0), ('probe', 0)",
              "PRAGMA application_id = " + APPLICATION_ID));

  private Schema() {}

  /**
   * Brings a database to the newest format.
   *
   * @throws StoreUnavailableException it is of a newer format, or not ours
   */
  static void migrate(Connection connection, Path file, List<List<String>> steps)
      throws SQLException {
    int format = (int) number(connection, "PRAGMA user_version");
    if (format > steps.size()) {
      throw new StoreUnavailableException(
          file
              + " was written by a newer version of Berth: it has format "
              + format
              + ", this version knows formats up to "
              + steps.size(),
          null);
    }
    boolean foreign =
        format == 0
            ? number(connection, "SELECT count(*) FROM sqlite_master") > 0
            : number(connection, "PRAGMA application_id") != APPLICATION_ID;
    if (foreign) {
      throw new StoreUnavailableException(file + " is a database of another program", null);
    }
    for (int next = format; next < steps.size(); next++) {
      take(connection, steps.get(next), next + 1);
    }
  }

  private static void take(Connection connection, List<String> step, int format)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      for (String sql : step) {
        statement.execute(sql);
      }
      statement.execute("PRAGMA user_version = " + format);
      statement.execute("COMMIT");
    }
  }

  static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }
}
