package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.time.Clock;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.cache.WatchEvent;
import io.berth.apiserver.table.Tables;
import java.nio.charset.StandardCharsets;

/**
 * Watch events as one watch's client wants them. The first event of tables carries the columns. Not
 * for use by several threads at once.
 */
final class EventFrames {
  private static final byte[] END = "}\n".getBytes(StandardCharsets.US_ASCII);

  private final View view;
  private final Format format;
  private final Tables.Include include;
  private final Clock clock;
  private boolean columnsSent;

  EventFrames(View view, Format format, Tables.Include include, Clock clock) {
    this.view = view;
    this.format = format;
    this.include = include;
    this.clock = clock;
  }

  byte[] event(WatchEvent.Type type, ApiObject object) {
    return switch (format.shape()) {
      case OBJECT -> frame(type.name(), view.of(object).json());
      case PARTIAL, PARTIAL_LIST -> frame(type.name(), bytes(Tables.partial(object.tree())));
      case TABLE -> frame(type.name(), bytes(table(object)));
    };
  }

  /**
   * @param initialEnd whether it says that all objects that existed have been sent
   */
  byte[] bookmark(long revision, boolean initialEnd) {
    boolean partial = format.shape().partial();
    ObjectNode object =
        Json.object()
            .put("kind", partial ? "PartialObjectMetadata" : view.resource().kind())
            .put("apiVersion", partial ? Tables.META_VERSION : view.resource().apiVersion());
    ObjectNode metadata = object.putObject("metadata");
    metadata.put("resourceVersion", Long.toString(revision)).putNull("creationTimestamp");
    if (initialEnd) {
      metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
    }
    return frame("BOOKMARK", bytes(format.shape() == Format.Shape.TABLE ? marker(object) : object));
  }

  private byte[] bytes(ObjectNode shaped) {
    if (format.beta()) {
      Tables.asBeta(shaped);
    }
    return Json.bytes(shaped);
  }

  static byte[] error(ApiException error) {
    return frame("ERROR", Json.bytes(error.toStatus()));
  }

  private ObjectNode table(ApiObject object) {
    ObjectNode table = head(Long.toString(object.header().revision()));
    table.withArray("rows").add(view.row(object.json(), clock.now(), include));
    return table;
  }

  /** A bookmark's table: one row without an object behind it. */
  private ObjectNode marker(ObjectNode bookmark) {
    ObjectNode table = head(Meta.text(bookmark, "resourceVersion"));
    table
        .withArray("rows")
        .add(Tables.row(view.columns(), bookmark, bookmark, clock.now(), include));
    return table;
  }

  private ObjectNode head(String revision) {
    ObjectNode table = view.table(!columnsSent);
    columnsSent = true;
    ((ObjectNode) table.get("metadata")).put("resourceVersion", revision);
    return table;
  }

  private static byte[] frame(String type, byte[] object) {
    byte[] start = ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII);
    byte[] frame = new byte[start.length + object.length + END.length];
    System.arraycopy(start, 0, frame, 0, start.length);
    System.arraycopy(object, 0, frame, start.length, object.length);
    System.arraycopy(END, 0, frame, start.length + object.length, END.length);
    return frame;
  }
}
