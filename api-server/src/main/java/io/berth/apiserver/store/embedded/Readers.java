package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.StoreUnavailableException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A bounded pool of readers. */
final class Readers implements AutoCloseable {
  /** A read. */
  interface Read<T> {
    T from(Reader reader) throws SQLException;
  }

  private final Database database;
  private final EmbeddedOptions options;
  private final Semaphore permits;
  private final Deque<Reader> idle = new ArrayDeque<>();
  private volatile boolean closed;
  private volatile @Nullable String trouble;

  Readers(Database database, EmbeddedOptions options) {
    this.database = database;
    this.options = options;
    this.permits = new Semaphore(options.readers());
  }

  /** Null while the database can be read, else why it cannot. */
  @Nullable String trouble() {
    return trouble;
  }

  /**
   * @throws StoreUnavailableException the database cannot be read
   */
  <T> T read(Read<T> read) {
    acquire();
    try {
      if (closed) {
        throw new StoreUnavailableException("the store is closed", null);
      }
      Reader reader = take();
      try {
        T result = read.from(reader);
        giveBack(reader);
        trouble = null;
        return result;
      } catch (SQLException e) {
        reader.close();
        throw e;
      } catch (RuntimeException e) {
        giveBack(reader); // an answer such as: that revision was compacted
        throw e;
      }
    } catch (SQLException e) {
      StoreUnavailableException cause = SqlErrors.unavailable(database.file(), e);
      trouble = cause.getMessage();
      throw cause;
    } finally {
      permits.release();
    }
  }

  private void acquire() {
    try {
      if (!permits.tryAcquire(options.patience().toNanos(), TimeUnit.NANOSECONDS)) {
        throw new StoreUnavailableException("too many reads wait for the disk", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("interrupted while waiting for the store", e);
    }
  }

  private Reader take() throws SQLException {
    synchronized (idle) {
      Reader reader = idle.poll();
      if (reader != null) {
        return reader;
      }
    }
    return new Reader(database.openReader());
  }

  private void giveBack(Reader reader) {
    synchronized (idle) {
      idle.push(reader);
    }
  }

  /** Waits for reads under way and closes all connections. */
  @Override
  public void close() throws SQLException {
    closed = true;
    permits.acquireUninterruptibly(options.readers());
    try {
      synchronized (idle) {
        while (!idle.isEmpty()) {
          idle.pop().close();
        }
      }
    } finally {
      permits.release(options.readers());
    }
  }
}
