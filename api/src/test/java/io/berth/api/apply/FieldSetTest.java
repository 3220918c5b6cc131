package io.berth.api.apply;

import static io.berth.api.apply.ApplyFixture.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FieldSetTest {
  private static final List<PathElement> ELEMENTS =
      List.of(
          PathElement.field("a"),
          PathElement.field("b"),
          PathElement.key(json("{'name':'x'}")),
          PathElement.key(json("{'port':9,'protocol':'TCP'}")),
          PathElement.value(TextNode.valueOf("v")),
          PathElement.value(IntNode.valueOf(3)),
          PathElement.index(0));

  private static Set<List<PathElement>> paths(Random random) {
    Set<List<PathElement>> paths = new HashSet<>();
    for (int i = random.nextInt(12); i > 0; i--) {
      List<PathElement> path = new ArrayList<>();
      for (int j = 1 + random.nextInt(3); j > 0; j--) {
        path.add(ELEMENTS.get(random.nextInt(ELEMENTS.size())));
      }
      paths.add(path);
    }
    return paths;
  }

  @SuppressWarnings("unchecked") // lists of one type
  private static FieldSet set(Set<List<PathElement>> paths) {
    return FieldSet.of(paths.toArray(List[]::new));
  }

  private static Set<List<PathElement>> members(FieldSet set) {
    Set<List<PathElement>> members = new HashSet<>();
    set.forEach(path -> assertThat(members.add(path)).isTrue());
    return members;
  }

  @Test
  void operationsAreThoseOfSetsOfPaths() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      Set<List<PathElement>> a = paths(random);
      Set<List<PathElement>> b = paths(random);
      FieldSet x = set(a);
      FieldSet y = set(b);
      assertThat(members(x)).as("seed %s", seed).isEqualTo(a);

      Set<List<PathElement>> expected = new HashSet<>(a);
      expected.addAll(b);
      assertThat(members(x.union(y))).as("union, seed %s", seed).isEqualTo(expected);
      assertThat(x.union(y)).isEqualTo(y.union(x));

      expected = new HashSet<>(a);
      expected.retainAll(b);
      assertThat(members(x.intersection(y))).as("intersection, seed %s", seed).isEqualTo(expected);

      expected = new HashSet<>(a);
      expected.removeAll(b);
      assertThat(members(x.difference(y))).as("difference, seed %s", seed).isEqualTo(expected);

      expected = new HashSet<>(a);
      expected.removeIf(path -> b.stream().anyMatch(gone -> startsWith(path, gone)));
      assertThat(members(x.recursiveDifference(y))).as("below, seed %s", seed).isEqualTo(expected);

      assertThat(FieldsV1.read(FieldsV1.write(x))).as("written, seed %s", seed).isEqualTo(x);
      assertThat(FieldsV1.containsAll(FieldsV1.write(x), y)).isEqualTo(a.containsAll(b));
      assertThat(FieldsV1.containsAny(FieldsV1.write(x), y))
          .isEqualTo(!x.intersection(y).isEmpty());
    }
  }

  private static boolean startsWith(List<PathElement> path, List<PathElement> start) {
    return path.size() >= start.size() && path.subList(0, start.size()).equals(start);
  }

  @Test
  void elementsAreOrderedByKindThenValue() {
    FieldSet set =
        FieldsV1.read(
            json(
                "{'v:\\'b\\'':{},'i:1':{},'v:10':{},'k:{\\'port\\':443}':{},'f:b':{},'k:{\\'port\\':80}':{},'f:a':{},'v:9':{}}"
                    .replace("\\'", "\\\"")));
    assertThat(FieldsV1.write(set).toString().replace("\\\"", "'"))
        .isEqualTo(
            "{\"f:a\":{},\"f:b\":{},\"k:{'port':80}\":{},\"k:{'port':443}\":{},\"v:9\":{},\"v:10\":{},\"v:'b'\":{},\"i:1\":{}}");
  }

  @Test
  void keysAreWrittenInOneForm() {
    PathElement loose = PathElement.parse("k:{ \"protocol\" : \"TCP\", \"port\":80 }");
    assertThat(loose).isEqualTo(PathElement.key(json("{'port':80,'protocol':'TCP'}")));
    assertThat(loose.text()).isEqualTo("k:{\"port\":80,\"protocol\":\"TCP\"}");
    assertThat(loose).hasToString("[port=80,protocol=\"TCP\"]");
  }

  @Test
  void whatIsNoElementIsRefused() {
    for (String bad : List.of("", "x", "q:a", "k:1", "k:{}", "k:{", "v:", "i:x")) {
      assertThatThrownBy(() -> PathElement.parse(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
