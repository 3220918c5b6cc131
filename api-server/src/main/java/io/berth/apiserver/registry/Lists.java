package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.registry.Reads.Page;
import io.berth.apiserver.table.Tables;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/** Bodies of lists. In the plain form no object is parsed: its bytes are copied. */
final class Lists {
  private Lists() {}

  static byte[] body(Page stored, View view, Format format, Tables.Include include, Instant now) {
    ResourceDefinition resource = view.resource();
    boolean whole = format.shape() == Format.Shape.OBJECT;
    Page page = whole ? stored.with(view.of(stored.objects())) : stored;
    if (format.equals(Format.JSON)) {
      return joined(head(page, Reads.listKind(resource), resource.apiVersion()), page);
    }
    ObjectNode list =
        switch (format.shape()) {
          case OBJECT -> {
            ObjectNode head = head(page, Reads.listKind(resource), resource.apiVersion());
            ArrayNode items = head.putArray("items");
            page.objects().forEach(object -> items.add(object.tree()));
            yield head;
          }
          case PARTIAL -> {
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
    return Answers.bytes(list, format);
  }

  private static ObjectNode head(Page page, String kind, String apiVersion) {
    ObjectNode list = Json.object().put("kind", kind).put("apiVersion", apiVersion);
    list.putObject("metadata");
    setMetadata(list, page);
    return list;
  }

  private static void setMetadata(ObjectNode list, Page page) {
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

  /** The head with the objects' bytes as its items, in one array of just that size. */
  private static byte[] joined(ObjectNode head, Page page) {
    byte[] start = Json.bytes(head);
    byte[] items = ",\"items\":[".getBytes(StandardCharsets.US_ASCII);
    int from = start.length - 1; // without the head's closing brace
    long size = (long) from + items.length + 2 + Math.max(0, page.objects().size() - 1);
    for (ApiObject object : page.objects()) {
      size += object.json().length;
    }
    byte[] body = Arrays.copyOf(start, Math.toIntExact(size));
    System.arraycopy(items, 0, body, from, items.length);
    int at = from + items.length;
    boolean first = true;
    for (ApiObject object : page.objects()) {
      if (!first) {
        body[at++] = ',';
      }
      first = false;
      System.arraycopy(object.json(), 0, body, at, object.json().length);
      at += object.json().length;
    }
    body[at++] = ']';
    body[at] = '}';
    return body;
  }
}
