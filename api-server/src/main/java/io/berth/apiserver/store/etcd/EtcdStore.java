package io.berth.apiserver.store.etcd;

import com.google.protobuf.ByteString;
import io.berth.api.time.Environment;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.FutureRevisionException;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreException;
import io.berth.apiserver.store.StoreKeys;
import io.berth.apiserver.store.StoreUnavailableException;
import io.berth.apiserver.store.ValueTooLargeException;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A store in etcd, for clusters. Speaks etcd's protocol through jetcd's generated stubs, with a
 * deadline on every call; see docs/decisions/etcd-store.md for why not through jetcd's client.
 *
 * <p>etcd takes requests of 1.5 MiB by default, a little less than the largest value with its key:
 * start it with {@code --max-request-bytes=2097152}.
 */
public final class EtcdStore implements Store {
  private static final int FORMAT = 1;
  private static final String FORMAT_KEY = "/berth/format";
  private static final String COMPACTED_KEY = "/berth/compacted";
  private static final Duration HEALTH_LIMIT = Duration.ofMillis(900);

  private final EtcdConnection connection;
  private final LeaseBook leases;
  private final Ticker ticker;
  private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();

  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean formatChecked;

  /** Connects lazily: where etcd does not answer, the calls say so. */
  public EtcdStore(EtcdOptions options, Environment environment) {
    this.connection = new EtcdConnection(options, environment.executor());
    this.leases = new LeaseBook(connection, environment.clock());
    this.ticker = new Ticker(connection, environment.timers(), watches);
  }

  @Override
  public WriteResult create(String key, byte[] value, long lifetimeSeconds) {
    checkSize(key, value);
    return write(key, 0, operation(put(key, value), lifetimeSeconds));
  }

  @Override
  public WriteResult update(String key, byte[] value, long expected, long lifetimeSeconds) {
    if (expected == 0) {
      throw new IllegalArgumentException("an update needs the revision that it replaces");
    }
    checkSize(key, value);
    PutRequest.Builder put = put(key, value).setIgnoreLease(lifetimeSeconds == 0);
    return write(key, expected, operation(put, lifetimeSeconds));
  }

  @Override
  public WriteResult delete(String key, long expected) {
    if (expected == 0) {
      return new WriteResult.Mismatch(get(key).orElse(null));
    }
    DeleteRangeRequest delete = DeleteRangeRequest.newBuilder().setKey(EtcdKeys.bytes(key)).build();
    return write(key, expected, RequestOp.newBuilder().setRequestDeleteRange(delete).build());
  }

  private static void checkSize(String key, byte[] value) {
    if (value.length > MAX_VALUE_BYTES) {
      throw new ValueTooLargeException(key, value.length);
    }
  }

  private static PutRequest.Builder put(String key, byte[] value) {
    return PutRequest.newBuilder().setKey(EtcdKeys.bytes(key)).setValue(ByteString.copyFrom(value));
  }

  private RequestOp operation(PutRequest.Builder put, long lifetimeSeconds) {
    if (lifetimeSeconds > 0) {
      put.setLease(leases.leaseFor(lifetimeSeconds));
    }
    return RequestOp.newBuilder().setRequestPut(put).build();
  }

  /** Does it where the key's version is the one expected, 0 for none; else reads the key. */
  private WriteResult write(String key, long expected, RequestOp operation) {
    TxnRequest request =
        TxnRequest.newBuilder()
            .addCompare(
                Compare.newBuilder()
                    .setKey(EtcdKeys.bytes(key))
                    .setTarget(Compare.CompareTarget.MOD)
                    .setResult(Compare.CompareResult.EQUAL)
                    .setModRevision(expected))
            .addSuccess(operation)
            .addFailure(RequestOp.newBuilder().setRequestRange(one(key)))
            .build();
    checkFormat();
    try {
      TxnResponse response = connection.kv(kv -> kv.txn(request));
      if (response.getSucceeded()) {
        return new WriteResult.Written(response.getHeader().getRevision());
      }
      List<KeyValue> there = response.getResponses(0).getResponseRange().getKvsList();
      return new WriteResult.Mismatch(there.isEmpty() ? null : EtcdKeys.entry(there.getFirst()));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT
          && String.valueOf(e.getMessage()).contains("too large")) {
        throw new ValueTooLargeException(key, operation.getSerializedSize());
      }
      throw connection.unavailable(e);
    } catch (StoreUnavailableException e) {
      leases.forget();
      throw e;
    }
  }

  private static RangeRequest one(String key) {
    return RangeRequest.newBuilder().setKey(EtcdKeys.bytes(key)).build();
  }

  @Override
  public Optional<Entry> get(String key) {
    return find(key).map(EtcdKeys::entry);
  }

  private Optional<KeyValue> find(String key) {
    checkFormat();
    return range(one(key)).getKvsList().stream().findFirst();
  }

  @Override
  public Page range(String prefix, @Nullable String afterKey, long revision, int limit) {
    checkFormat();
    String from = afterKey == null || afterKey.compareTo(prefix) < 0 ? prefix : afterKey + "\0";
    RangeResponse response =
        range(
            RangeRequest.newBuilder()
                .setKey(EtcdKeys.bytes(from))
                .setRangeEnd(EtcdKeys.end(prefix))
                .setRevision(revision)
                .setLimit(limit)
                .build());
    List<Entry> entries = response.getKvsList().stream().map(EtcdKeys::entry).toList();
    long shown = revision == 0 ? response.getHeader().getRevision() : revision;
    return new Page(
        entries,
        shown,
        response.getMore(),
        response.getMore() ? response.getCount() - entries.size() : 0);
  }

  private RangeResponse range(RangeRequest request) {
    try {
      return connection.kv(kv -> kv.range(request));
    } catch (StatusRuntimeException e) {
      throw refused(e, request.getRevision());
    }
  }

  /** What etcd's refusal of a revision means. */
  private StoreException refused(StatusRuntimeException e, long revision) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("compacted")) {
      return new CompactedException(revision, Math.max(revision + 1, compactedRevision()));
    }
    if (message.contains("future revision")) {
      return new FutureRevisionException(revision, revision());
    }
    return connection.unavailable(e);
  }

  @Override
  public Watch watch(String prefix, long afterRevision, WatchListener listener) {
    checkOpen();
    EtcdWatch watch = new EtcdWatch(connection, prefix, afterRevision, listener, watches::remove);
    watches.add(watch);
    watch.begin(prefix.startsWith(StoreKeys.ROOT) ? StoreKeys.ROOT : prefix);
    if (closed.get()) {
      watch.fail(new StoreUnavailableException("the store is closed", null));
    }
    return watch;
  }

  @Override
  public long revision() {
    checkFormat();
    long revision = range(one(FORMAT_KEY)).getHeader().getRevision();
    ticker.expect(revision);
    return revision;
  }

  @Override
  public void compact(long revision) {
    long now = revision();
    if (revision > now) {
      throw new FutureRevisionException(revision, now);
    }
    if (revision <= compactedRevision()) {
      return;
    }
    byte[] text = Long.toString(revision).getBytes(StandardCharsets.US_ASCII);
    connection.kv(kv -> kv.put(put(COMPACTED_KEY, text).build()));
    try {
      connection.kv(kv -> kv.compact(CompactionRequest.newBuilder().setRevision(revision).build()));
    } catch (StatusRuntimeException e) {
      if (!(refused(e, revision) instanceof CompactedException)) {
        throw connection.unavailable(e);
      }
    }
  }

  /** As far as Berth compacted; etcd does not tell what others did. */
  @Override
  public long compactedRevision() {
    return find(COMPACTED_KEY).map(kv -> Long.parseLong(kv.getValue().toStringUtf8())).orElse(0L);
  }

  @Override
  public @Nullable String health() {
    if (closed.get()) {
      return "the store is closed";
    }
    try {
      connection.kv(HEALTH_LIMIT, kv -> kv.range(one(FORMAT_KEY)));
      checkFormat();
      return null;
    } catch (StoreException e) {
      return e.getMessage();
    }
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new StoreUnavailableException("the store is closed", null);
    }
  }

  /** Marks an empty etcd with the format, and refuses one that a newer version wrote. */
  private void checkFormat() {
    checkOpen();
    if (formatChecked) {
      return;
    }
    byte[] text = Integer.toString(FORMAT).getBytes(StandardCharsets.US_ASCII);
    TxnRequest request =
        TxnRequest.newBuilder()
            .addCompare(
                Compare.newBuilder()
                    .setKey(EtcdKeys.bytes(FORMAT_KEY))
                    .setTarget(Compare.CompareTarget.MOD)
                    .setResult(Compare.CompareResult.EQUAL)
                    .setModRevision(0))
            .addSuccess(operation(put(FORMAT_KEY, text), 0))
            .addFailure(RequestOp.newBuilder().setRequestRange(one(FORMAT_KEY)))
            .build();
    TxnResponse response = connection.kv(kv -> kv.txn(request));
    if (!response.getSucceeded()) {
      KeyValue there = response.getResponses(0).getResponseRange().getKvs(0);
      int format = Integer.parseInt(there.getValue().toStringUtf8());
      if (format > FORMAT) {
        throw new StoreUnavailableException(
            "etcd was written by a newer version of Berth: it has format "
                + format
                + ", this version knows formats up to "
                + FORMAT,
            null);
      }
    }
    formatChecked = true;
  }

  /** Ends all watches and the connection. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      watches.forEach(w -> w.fail(new StoreUnavailableException("the store is closed", null)));
      connection.close();
    }
  }
}
