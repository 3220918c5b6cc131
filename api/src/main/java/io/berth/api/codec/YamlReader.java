package io.berth.api.codec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import io.berth.api.codec.Yaml.Document;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** Reads a stream of documents; {@link YamlDocument} reads one. */
final class YamlReader {
  private static final LoadSettings SETTINGS =
      LoadSettings.builder().setCodePointLimit(Yaml.MAX_BYTES).setUseMarks(true).build();
  private static final ObjectReader JSON =
      Json.mapper()
          .readerFor(JsonNode.class)
          .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final char BYTE_ORDER_MARK = '\ufeff';

  private final String text;
  private final @Nullable List<String> duplicates;
  private final List<Document> documents = new ArrayList<>();
  private int number;

  YamlReader(byte[] bytes) {
    this(bytes, null);
  }

  /**
   * @param duplicates gets a message for each key that comes again; null where that is an error
   */
  YamlReader(byte[] bytes, @Nullable List<String> duplicates) {
    this.duplicates = duplicates;
    if (bytes.length > Yaml.MAX_BYTES) {
      throw new YamlException(
          1, 1, 1, "the text has " + bytes.length + " bytes, the limit is " + Yaml.MAX_BYTES);
    }
    this.text = decode(bytes);
  }

  List<Document> documents() {
    if (text.stripLeading().startsWith("{") && readJson()) {
      return documents;
    }
    documents.clear();
    number = 0;
    try {
      readYaml();
    } catch (MarkedYamlEngineException e) {
      Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
      throw failure(mark, e.getProblem() == null ? e.getContext() : e.getProblem());
    } catch (ReaderException e) {
      throw unprintable(e);
    } catch (YamlEngineException e) {
      throw failure(null, e.getMessage());
    }
    return documents;
  }

  private void readYaml() {
    ParserImpl events = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
    while (events.hasNext()) {
      Event event = events.next();
      if (event.getEventId() == Event.ID.DocumentStart) {
        number++;
        int line = events.peekEvent().getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
        JsonNode value = new YamlDocument(number, events, duplicates).read();
        if (!value.isNull()) {
          documents.add(new Document(number, line, value));
        }
      }
    }
  }

  /** JSON values in a row; false where the text turns out to be something else. */
  private boolean readJson() {
    try (MappingIterator<JsonNode> values = JSON.readValues(text)) {
      while (values.hasNextValue()) {
        int line = values.getCurrentLocation().getLineNr();
        documents.add(new Document(++number, line, values.nextValue()));
      }
      return true;
    } catch (JsonProcessingException e) {
      return false; // YAML begins like this too, and its reader says better what is wrong
    } catch (IOException e) {
      throw new UncheckedIOException(e); // text in memory does not fail to be read
    }
  }

  private YamlException failure(@Nullable Mark mark, @Nullable String problem) {
    int line = mark == null ? 1 : mark.getLine() + 1;
    int column = mark == null ? 1 : mark.getColumn() + 1;
    return new YamlException(
        Math.max(number, 1), line, column, problem == null ? "malformed YAML" : problem);
  }

  private YamlException unprintable(ReaderException e) {
    int at = Math.min(Math.max(e.getPosition(), 0), text.codePointCount(0, text.length()));
    String before = text.substring(0, text.offsetByCodePoints(0, at));
    int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
    int column = before.length() - before.lastIndexOf('\n');
    String character = String.format("U+%04X", e.getCodePoint());
    return new YamlException(
        Math.max(number, 1), line, column, "the character " + character + " is not allowed");
  }

  /** UTF-8, or UTF-16 where a byte order mark says so; the mark itself goes. */
  private static String decode(byte[] bytes) {
    Charset charset = StandardCharsets.UTF_8;
    if (bytes.length >= 2 && (bytes[0] & 0xff) == 0xfe && (bytes[1] & 0xff) == 0xff) {
      charset = StandardCharsets.UTF_16BE;
    } else if (bytes.length >= 2 && (bytes[0] & 0xff) == 0xff && (bytes[1] & 0xff) == 0xfe) {
      charset = StandardCharsets.UTF_16LE;
    }
    try {
      String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      // A mark may also stand where files were joined.
      return text.replaceAll("(?m)^" + BYTE_ORDER_MARK, "");
    } catch (CharacterCodingException e) {
      throw new YamlException(1, 1, 1, "the text is not " + charset + ": " + e.getMessage());
    }
  }
}
