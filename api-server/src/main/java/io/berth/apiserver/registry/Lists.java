package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.registry.Reads.Page;
import io.berth.apiserver.server.Compression;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.table.Tables;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Bodies of lists. In the plain form no object is parsed: its bytes are copied, and a long list
 * goes out piece by piece, so that no array ever holds the whole of it.
 */
final class Lists {
  /** From so many bytes on a list goes out in pieces. */
  private static final long LONG_BYTES = 1 << 20;

  private static final int PIECE_BYTES = 256 << 10;
  private static final byte[] ITEMS = ",\"items\":[".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] COMMA = {','};
  private static final byte[] END = {']', '}'};

  private Lists() {}

  /** Sends a page in the form that is asked for. */
  static void send(
      ResponseSink sink, ApiRequest request, Page stored, View view, Format format, Instant now) {
    Map<String, String> headers = Map.of("content-type", format.contentType());
    if (!format.equals(Format.JSON) || Pretty.wanted(request)) {
      format.checkFits(true, Reads.listKind(view.resource()));
      byte[] body = body(stored, view, format, Answers.include(request, format), now);
      sink.send(Pretty.where(request, new ApiResponse(200, headers, body)));
      return;
    }
    Page page = stored.with(view.of(stored.objects()));
    ResourceDefinition resource = view.resource();
    byte[] head = Json.bytes(head(page, Reads.listKind(resource), resource.apiVersion()));
    long bytes = head.length - 1L + ITEMS.length + END.length;
    bytes += Math.max(0, page.objects().size() - 1);
    for (ApiObject object : page.objects()) {
      bytes += object.json().length;
    }
    if (bytes < LONG_BYTES) {
      Pieces whole = new Pieces((int) bytes);
      write(whole, head, page, full -> true);
      sink.send(new ApiResponse(200, headers, whole.taken()));
    } else if (Compression.applies(request.header("accept-encoding"), bytes)) {
      PacedFrames frames = new PacedFrames(sink.start(200, Compression.headers(headers)));
      Compression.Stream gzip = new Compression.Stream();
      Pieces piece = new Pieces(PIECE_BYTES);
      boolean going = write(piece, head, page, full -> write(frames, gzip.add(full)));
      byte[] rest = going ? gzip.add(piece.taken()) : new byte[0];
      if (going && write(frames, rest) && write(frames, gzip.end())) {
        frames.end();
      }
    } else {
      PacedFrames frames = new PacedFrames(sink.start(200, headers));
      Pieces piece = new Pieces(PIECE_BYTES);
      if (write(piece, head, page, frames::write) && frames.write(piece.taken())) {
        frames.end();
      }
    }
  }

  private static boolean write(PacedFrames frames, byte[] compressed) {
    return compressed.length == 0 || frames.write(compressed);
  }

  /**
   * @param full takes each piece that is full, and says whether to go on
   */
  private static boolean write(Pieces piece, byte[] head, Page page, Predicate<byte[]> full) {
    boolean going = piece.add(head, head.length - 1, full) && piece.add(ITEMS, ITEMS.length, full);
    boolean first = true;
    for (ApiObject object : page.objects()) {
      going =
          going
              && (first || piece.add(COMMA, 1, full))
              && piece.add(object.json(), object.json().length, full);
      if (!going) {
        return false;
      }
      first = false;
    }
    return going && piece.add(END, END.length, full);
  }

  /** Bytes gathered into arrays of one length. */
  private static final class Pieces {
    private byte[] piece;
    private int length;

    Pieces(int size) {
      piece = new byte[size];
    }

    boolean add(byte[] bytes, int count, Predicate<byte[]> full) {
      int from = 0;
      while (from < count) {
        if (length == piece.length) {
          if (!full.test(piece)) {
            return false;
          }
          piece = new byte[piece.length];
          length = 0;
        }
        int copied = Math.min(count - from, piece.length - length);
        System.arraycopy(bytes, from, piece, length, copied);
        from += copied;
        length += copied;
      }
      return true;
    }

    byte[] taken() {
      return length == piece.length ? piece : Arrays.copyOf(piece, length);
    }
  }

  private static byte[] body(
      Page stored, View view, Format format, Tables.Include include, Instant now) {
    ResourceDefinition resource = view.resource();
    boolean whole = format.shape() == Format.Shape.OBJECT;
    Page page = whole ? stored.with(view.of(stored.objects())) : stored;
    ObjectNode list =
        switch (format.shape()) {
          case OBJECT -> {
            ObjectNode head = head(page, Reads.listKind(resource), resource.apiVersion());
            ArrayNode items = head.putArray("items");
            page.objects().forEach(object -> items.add(object.tree()));
            yield head;
          }
          case PARTIAL, PARTIAL_LIST -> {
            ObjectNode head = head(page, "PartialObjectMetadataList", Tables.META_VERSION);
            ArrayNode items = head.putArray("items");
            page.objects().forEach(object -> items.add(Tables.partial(object.tree())));
            yield head;
          }
          case TABLE -> {
            ObjectNode table = view.table(true);
            setMetadata(table, page);
            ArrayNode rows = table.withArray("rows");
            page.objects().forEach(o -> rows.add(view.row(o.json(), now, include)));
            yield table;
          }
        };
    if (format.beta()) {
      Tables.asBeta(list);
    }
    return Answers.bytes(list, format);
  }

  private static ObjectNode head(Page page, String kind, String apiVersion) {
    ObjectNode list = Json.object().put("kind", kind).put("apiVersion", apiVersion);
    list.putObject("metadata");
    setMetadata(list, page);
    return list;
  }

  /** Where the list was read, and how it goes on. */
  static void setMetadata(ObjectNode list, Page page) {
    ObjectNode metadata = (ObjectNode) list.get("metadata");
    metadata.put("resourceVersion", Long.toString(page.revision()));
    ContinueToken next = page.next();
    if (next != null) {
      metadata.put("continue", next.encode());
      if (page.remaining() >= 0) {
        metadata.put("remainingItemCount", page.remaining());
      }
    }
  }
}
