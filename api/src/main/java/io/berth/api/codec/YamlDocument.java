package io.berth.api.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.api.object.Text;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.parser.Parser;

/** Reads one document from a parser's events, by recursive descent of bounded depth. */
final class YamlDocument {
  private static final String TAGS = "tag:yaml.org,2002:";
  private static final String MERGE = "<<";

  private final int number;
  private final Parser events;
  private final Map<String, JsonNode> anchors = new HashMap<>();
  private final @Nullable List<String> duplicates;
  private int aliased;

  YamlDocument(int number, Parser events, @Nullable List<String> duplicates) {
    this.number = number;
    this.events = events;
    this.duplicates = duplicates;
  }

  JsonNode read() {
    return value(events.next(), 0);
  }

  private JsonNode value(Event event, int depth) {
    if (depth > Json.MAX_DEPTH) {
      throw failure(event, "nested deeper than " + Json.MAX_DEPTH + " levels");
    }
    return switch (event) {
      case ScalarEvent scalar -> anchored(scalar, scalar(scalar));
      case AliasEvent alias -> alias(alias, depth);
      case SequenceStartEvent sequence -> anchored(sequence, sequence(depth));
      case MappingStartEvent mapping -> anchored(mapping, mapping(depth));
      default -> throw failure(event, "unexpected " + event.getEventId());
    };
  }

  private JsonNode scalar(ScalarEvent scalar) {
    try {
      Optional<String> tag = scalar.getTag();
      if (tag.isPresent() && tag.get().startsWith(TAGS)) {
        return YamlScalars.tagged(tag.get(), scalar.getValue());
      }
      return scalar.isPlain() && tag.isEmpty()
          ? YamlScalars.resolve(scalar.getValue())
          : TextNode.valueOf(scalar.getValue());
    } catch (IllegalArgumentException e) {
      throw failure(scalar, String.valueOf(e.getMessage()));
    }
  }

  private ArrayNode sequence(int depth) {
    ArrayNode items = JsonNodeFactory.instance.arrayNode();
    for (Event event = events.next();
        event.getEventId() != Event.ID.SequenceEnd;
        event = events.next()) {
      items.add(value(event, depth + 1));
    }
    return items;
  }

  private ObjectNode mapping(int depth) {
    ObjectNode entries = JsonNodeFactory.instance.objectNode();
    List<ObjectNode> merged = new ArrayList<>();
    for (Event event = events.next();
        event.getEventId() != Event.ID.MappingEnd;
        event = events.next()) {
      boolean merge =
          event instanceof ScalarEvent s
              && s.isPlain()
              && s.getValue().equals(MERGE)
              && s.getTag().isEmpty();
      if (merge) {
        collect(event, value(events.next(), depth + 1), merged);
        continue;
      }
      String key = key(event, value(event, depth + 1));
      if (entries.has(key)) {
        String problem = "key " + Text.quote(key) + " already set in map";
        if (duplicates == null) {
          throw failure(event, problem);
        }
        int line = event.getStartMark().map(Mark::getLine).orElse(0) + 1;
        duplicates.add("line " + line + ": " + problem);
      }
      entries.set(key, value(events.next(), depth + 1));
    }
    for (ObjectNode other : merged) { // what stands in the mapping itself wins, then the first
      other.properties().stream()
          .filter(entry -> !entries.has(entry.getKey()))
          .forEach(entry -> entries.set(entry.getKey(), entry.getValue()));
    }
    return entries;
  }

  private void collect(Event at, JsonNode value, List<ObjectNode> merged) {
    if (value instanceof ObjectNode object) {
      merged.add(object);
    } else if (value instanceof ArrayNode list && list.valueStream().allMatch(JsonNode::isObject)) {
      list.forEach(item -> merged.add((ObjectNode) item));
    } else {
      throw failure(at, "map merge requires map or sequence of maps as the value");
    }
  }

  private String key(Event event, JsonNode key) {
    if (key.isContainerNode() || key.isNull()) {
      throw failure(event, "invalid map key: " + key);
    }
    return key.asText();
  }

  private JsonNode anchored(NodeEvent event, JsonNode value) {
    event.getAnchor().map(Anchor::getValue).ifPresent(name -> anchors.put(name, value));
    return value;
  }

  private JsonNode alias(AliasEvent alias, int depth) {
    JsonNode value = anchors.get(alias.getAlias().getValue());
    if (value == null) {
      throw failure(alias, "unknown anchor '" + alias.getAlias().getValue() + "' referenced");
    }
    count(alias, value, depth);
    return value.deepCopy();
  }

  /** Counts the values that an alias adds before they are copied. */
  private void count(AliasEvent alias, JsonNode value, int depth) {
    aliased++;
    if (aliased > Yaml.MAX_ALIASED_VALUES || depth > Json.MAX_DEPTH) {
      throw failure(alias, "document contains excessive aliasing");
    }
    for (JsonNode child : value) {
      count(alias, child, depth + 1);
    }
  }

  private YamlException failure(Event event, String problem) {
    Optional<Mark> mark = event.getStartMark();
    return new YamlException(
        number,
        mark.map(m -> m.getLine() + 1).orElse(1),
        mark.map(m -> m.getColumn() + 1).orElse(1),
        problem);
  }
}
