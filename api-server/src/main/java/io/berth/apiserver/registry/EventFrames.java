package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.time.Clock;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.WatchFrame;
import io.berth.apiserver.cache.WatchEvent;
import io.berth.apiserver.table.Tables;

/**
 * Watch events as one watch's client wants them. The first event of tables carries the columns. Not
 * for use by several threads at once.
 */
final class EventFrames {
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

  /** False where nothing needs to be written any more. */
  boolean write(PacedFrames frames, WatchEvent.Type type, ApiObject object) {
    return switch (format.shape()) {
      case OBJECT -> frames.event(type.name(), view.of(object));
      case PARTIAL, PARTIAL_LIST -> frames.write(line(type.name(), Tables.partial(object.tree())));
      case TABLE -> frames.write(line(type.name(), table(object)));
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
    return line("BOOKMARK", format.shape() == Format.Shape.TABLE ? marker(object) : object);
  }

  private byte[] line(String type, ObjectNode shaped) {
    if (format.beta()) {
      Tables.asBeta(shaped);
    }
    return WatchFrame.line(type, Json.bytes(shaped));
  }

  static byte[] error(ApiException error) {
    return WatchFrame.line("ERROR", Json.bytes(error.toStatus()));
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
}
