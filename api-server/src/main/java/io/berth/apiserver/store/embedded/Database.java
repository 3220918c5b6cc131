package io.berth.apiserver.store.embedded;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConfig;

/** Opens connections to the database file. */
final class Database {
  /** Pages in the log before a commit carries them over into the file. */
  private static final int CHECKPOINT_PAGES = 4_000;

  private final Path file;
  private final EmbeddedOptions options;

  Database(Path file, EmbeddedOptions options) {
    this.file = file;
    this.options = options;
  }

  Path file() {
    return file;
  }

  /** Creates the database or brings it to the newest format. */
  void prepare(List<List<String>> steps) throws SQLException {
    try (Connection connection = openWriter()) {
      Schema.migrate(connection, file, steps);
    }
  }

  Tables openTables() throws SQLException {
    Connection connection = openWriter();
    try {
      return new Tables(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private Connection openWriter() throws SQLException {
    Connection connection = new SQLiteConfig().createConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 5000");
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("PRAGMA wal_autocheckpoint = " + CHECKPOINT_PAGES);
      statement.execute("PRAGMA journal_size_limit = " + 64 * 1024 * 1024);
      if (options.maxPages() > 0) {
        statement.execute("PRAGMA max_page_count = " + options.maxPages());
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  Connection openReader() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 5000");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Carries the log over into the file, so that the file alone is whole. */
  void checkpoint() throws SQLException {
    try (Connection connection = openWriter();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
  }
}
