package io.berth.apiserver.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Costs as Kubernetes' own tests of their stability have them. */
class MeterTest {
  private static final Compiler COMPILER =
      new Compiler(Map.of("self", MapType.create(SimpleType.STRING, SimpleType.DYN)), List.of());

  private static final Map<String, Object> SELF =
      Map.of(
          "number", 5L,
          "other", 5L,
          "text", "Rook takes x",
          "bytes", ByteString.copyFromUtf8("AB"),
          "list", List.of(1L, 2L, 3L),
          "list2", List.of(1L, 2L, 3L),
          "texts", KeyedList.set(List.of("a", "b", "c")),
          "map", new LinkedHashMap<>(Map.of("b", 1L, "d", 2L)),
          "objects",
              KeyedList.map(
                  List.of(
                      Map.of("k", "a1", "v", "b1"),
                      Map.of("k", "a2", "v", "b2"),
                      Map.of("k", "a3", "v", "b3", "v2", "z")),
                  List.of("k")));

  private static long cost(String expression) throws Exception {
    return COMPILER.compile(expression, Compiler.Result.ANY).cost(Map.of("self", SELF));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "self.number == self.other; 5",
        "type(self.number) == int; 4",
        "double(self.number) < 10.0; 4",
        "double(5) < 10.0; 1",
        "self.text.startsWith('Rook'); 4",
        "self.text.matches('^[^0-9]*$'); 8",
        "size(self.text) == 12; 4",
        "self.text.split(' ') == ['Rook', 'takes', 'x']; 6",
        "self.text.substring(4, 10).trim() == 'takes'; 6",
        "self.text.upperAscii() == 'ROOK TAKES X'; 6",
        "self.bytes == b'AB'; 3",
        "self.text in ['Pending', 'Available']; 2",
        "1 in self.list; 5",
        "self.list2[0] in self.list; 8",
        "self.list + self.list2 == [1, 2, 3, 1, 2, 3]; 6",
        "self.texts == ['c', 'b', 'a']; 3",
        "self.texts + ['c', 'd'] == ['a', 'b', 'c', 'd']; 4",
        "'k1' in self.map; 3",
        "has(self.map.b); 2",
        "self.map.all(k, self.map[k] > 0); 17",
        "has(self.objects[0].v); 3",
        "self.objects.all(m, m.k.startsWith('a')); 21",
        "self.objects.all(m, !has(m.v2) || m.v2 == 'z'); 21",
        "self.objects.exists(m, m.k.endsWith('1')); 13",
        "!self.objects.exists(m, m.v == 'x'); 25",
        "self.objects.exists_one(m, m.k == 'a3'); 15",
        "size(self.objects.filter(m, m.k == 'a1')) == 1; 27",
        "self.objects.map(m, m.v).exists(v, v == 'b1'); 55",
      })
  void expressionsCostWhatTheyCostInKubernetes(String expression, long cost) throws Exception {
    assertThat(cost(expression)).isEqualTo(cost);
  }

  @Test
  void longTextsCostByTheirLength() throws Exception {
    Expression expression = COMPILER.compile("self.text.matches(self.text)", Compiler.Result.ANY);
    Map<String, Object> self = Map.of("text", "a".repeat(10_000));
    assertThatThrownBy(() -> expression.evaluate(Map.of("self", self), Budget.ofRequest()))
        .hasMessage("operation cancelled: actual cost limit exceeded");
  }
}
