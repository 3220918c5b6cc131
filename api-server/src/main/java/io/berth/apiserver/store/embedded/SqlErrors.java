package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.StoreUnavailableException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteException;

/** Says what an error of SQLite means for whoever runs the store. */
final class SqlErrors {
  private SqlErrors() {}

  static StoreUnavailableException unavailable(Path file, SQLException e) {
    return new StoreUnavailableException(describe(file, e), e);
  }

  private static String describe(Path file, SQLException e) {
    if (!(e instanceof SQLiteException error)) {
      return file + ": " + e.getMessage();
    }
    String code = error.getResultCode().name();
    if (code.startsWith("SQLITE_FULL")) {
      return "no space left for " + file + ": free some, writes go on by themselves";
    }
    if (code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_NOTADB")) {
      return file + " is damaged (" + code + "): put a backup in its place";
    }
    if (code.startsWith("SQLITE_IOERR")) {
      return "the disk of " + file + " fails or is full (" + code + ")";
    }
    if (code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY")) {
      return "cannot write " + file + " (" + code + "): look at its owner and mode";
    }
    return file + ": " + error.getMessage();
  }
}
