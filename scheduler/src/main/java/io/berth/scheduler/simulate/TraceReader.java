package io.berth.scheduler.simulate;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.ResourceIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads cluster traces in the columns of the public "openb" trace: nodes as {@code sn, cpu_milli,
 * memory_mib, gpu, model}, pods as {@code cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec}.
 * Other columns are passed over, and their order is free.
 */
public final class TraceReader {
  /** The node label that the trace's GPU models become. */
  public static final String MODEL = "berth.io/gpu-model";

  private static final long MEBIBYTE = 1L << 20;
  private static final int NO_LIMIT = 100_000;

  /** Amounts of millicores and mebibytes beyond it are mistakes. */
  private static final double LARGEST = 1e12;

  /** A row by the names of its columns. */
  private record Row(Path file, int line, Map<String, String> values) {
    String text(String column) {
      String value = values.get(column);
      if (value == null) {
        throw new IllegalArgumentException(file + ":1: there is no column " + column);
      }
      return value;
    }

    long number(String column) {
      double number = parsed(text(column));
      if (!(number >= 0 && number <= LARGEST)) {
        throw new IllegalArgumentException(
            file + ":" + line + ": " + column + " is no amount: " + text(column));
      }
      return (long) number;
    }

    private static double parsed(String text) {
      try {
        return Double.parseDouble(text);
      } catch (NumberFormatException e) {
        return Double.NaN;
      }
    }
  }

  private TraceReader() {}

  /**
   * @throws IllegalArgumentException with the file and line of what cannot be read
   */
  public static List<NodeRecord> nodes(Path file) throws IOException {
    List<NodeRecord> nodes = new ArrayList<>();
    for (Row row : rows(file)) {
      long[] amounts = new long[ResourceIndex.GPU_MILLI + 1];
      amounts[ResourceIndex.CPU] = row.number("cpu_milli");
      amounts[ResourceIndex.MEMORY] = row.number("memory_mib") * MEBIBYTE;
      amounts[ResourceIndex.PODS] = NO_LIMIT;
      amounts[ResourceIndex.GPU_MILLI] = row.number("gpu") * 1000;
      String model = row.values().getOrDefault("model", "");
      Map<String, String> labels = model.isEmpty() ? Map.of() : Map.of(MODEL, model);
      nodes.add(new NodeRecord(row.text("sn"), labels, List.of(), false, amounts, Map.of()));
    }
    return nodes;
  }

  /**
   * @throws IllegalArgumentException with the file and line of what cannot be read
   */
  public static List<PodShape> pods(Path file) throws IOException {
    List<PodShape> pods = new ArrayList<>();
    for (Row row : rows(file)) {
      long[] amounts = new long[ResourceIndex.GPU_MILLI + 1];
      amounts[ResourceIndex.CPU] = row.number("cpu_milli");
      amounts[ResourceIndex.MEMORY] = row.number("memory_mib") * MEBIBYTE;
      amounts[ResourceIndex.PODS] = 1;
      long gpus = row.number("num_gpu");
      amounts[ResourceIndex.GPU_MILLI] = gpus * (gpus == 1 ? row.number("gpu_milli") : 1000);
      PodShape.Builder shape = PodShape.builder("default").requests(amounts);
      String models = row.values().getOrDefault("gpu_spec", "");
      if (!models.isEmpty()) {
        List<String> allowed = Arrays.asList(models.split("\\|"));
        Requirement of = new Requirement(MODEL, Requirement.Operator.IN, allowed);
        shape.requiredTerms(List.of(new NodeTerm(List.of(of), List.of())));
      }
      pods.add(shape.build());
    }
    return pods;
  }

  private static List<Row> rows(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(
          file + ":1: is empty; its first line must name the columns");
    }
    String[] names = lines.getFirst().split(",", -1);
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      String[] values = lines.get(i).split(",", -1);
      if (values.length != names.length) {
        throw new IllegalArgumentException(
            file + ":" + (i + 1) + ": " + values.length + " columns, not " + names.length);
      }
      Map<String, String> row = new HashMap<>();
      for (int column = 0; column < names.length; column++) {
        row.put(names[column].strip(), values[column].strip());
      }
      rows.add(new Row(file, i + 1, row));
    }
    return rows;
  }
}
