package io.berth.apiserver.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompilerTest {
  private static final StructType SELF =
      StructType.create(
          "Self",
          ImmutableSet.of("replicas", "name", "items"),
          field ->
              switch (field) {
                case "replicas" -> Optional.of(SimpleType.INT);
                case "name" -> Optional.of(SimpleType.STRING);
                case "items" -> Optional.of(ListType.create(SimpleType.INT));
                default -> Optional.empty();
              });

  private static final Compiler COMPILER =
      new Compiler(Map.of("self", SELF, "any", SimpleType.DYN), List.of(SELF));

  private static Object value(String expression) throws Exception {
    Map<String, Object> self =
        Map.of(
            "replicas", 3L, "name", "web-1", "items", LongStream.range(0, 3000).boxed().toList());
    return COMPILER
        .compile(expression, Compiler.Result.ANY)
        .evaluate(Map.of("self", self, "any", self), Budget.ofRequest());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "self.replicas == 3 && has(self.name) && any.replicas < 4.5",
        "self.name.matches('^web-[0-9]+$') && self.name.find('[0-9]+') == '1'",
        "'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1b22'.findAll('[0-9]+', 1) == ['1']",
        "[1, 2, 3].isSorted() && [1, 2, 3].sum() == 6 && [2, 1].min() == 1 && [2, 1].max() == 2",
        "['b', 'a', 'b'].lastIndexOf('b') == 2 && ['b', 'a'].indexOf('a') == 1",
        "isURL('https://example.com:80/a?b=c&b=d') && !isURL('../no')",
        "url('https://example.com:80/a?b=c&b=d').getHost() == 'example.com:80'",
        "url('https://example.com/a?b=c&b=d').getQuery()['b'] == ['c', 'd']",
        "quantity('1.5Gi').isGreaterThan(quantity('1G')) && quantity('1k').asInteger() == 1000",
        "quantity('50k').add(20) == quantity('50020') && !isQuantity('1.5x')",
        "ip('::1').family() == 6 && ip('127.0.0.1').isLoopback() && !isIP('1.2.3')",
        "string(any.replicas) == '3' && string(ip('::1')) == '::1'",
        "cidr('10.0.0.0/8').containsIP('10.2.3.4') && cidr('10.1.2.3/8').masked() =="
            + " cidr('10.0.0.0/8')",
        "semver('1.10.0').isGreaterThan(semver('1.9.3')) && isSemver('v1.2', true)",
        "format.dns1123Label().validate('Bad').hasValue() && !format.named('uuid').hasValue() =="
            + " false",
        "sets.contains([1, 2], [1]) && 'a,b'.split(',').size() == 2",
        "'%s is %d of %.1f'.format(['x', 3, 2.5]) == 'x is 3 of 2.5'",
        "optional.of(1).value() == 1 && any[?'nothing'].orValue(7) == 7",
        "cel.bind(x, self.replicas, x * x) == 9 && self.items.exists(i, i == 2999)",
        "duration('1h') > duration('59m') && timestamp('2026-01-01T00:00:00Z').getFullYear() =="
            + " 2026"
      })
  void librariesHoldWhatKubernetesDocuments(String expression) throws Exception {
    assertThat(value(expression)).isEqualTo(true);
  }

  @Test
  void unknownFieldsAndWrongResultsDoNotCompile() {
    assertThatThrownBy(() -> COMPILER.compile("self.nothing == 1", Compiler.Result.BOOL))
        .hasMessageStartingWith(
            "compilation failed: ERROR: <input>:1:5: undefined field 'nothing'");
    assertThatThrownBy(() -> COMPILER.compile("self.replicas", Compiler.Result.BOOL))
        .hasMessage("must evaluate to bool");
  }

  @Test
  void missingKeysAreErrorsAndCostIsBounded() {
    assertThatThrownBy(() -> value("any.nothing == 1"))
        .isInstanceOf(Expression.EvaluationException.class)
        .hasMessageContaining("nothing");
    assertThatThrownBy(() -> value("self.items.all(a, self.items.all(b, a + b >= 0))"))
        .hasMessage("operation cancelled: actual cost limit exceeded");
    assertThatThrownBy(() -> value("self.items.all(a, self.items.all(b, a + b >= 0)) || true"))
        .hasMessage("operation cancelled: actual cost limit exceeded");
  }

  @Test
  void namesThatTheLanguageUsesAreEscaped() {
    assertThat(CelNames.escape("my-field.x/y__z"))
        .isEqualTo("my__dash__field__dot__x__slash__y__underscores__z");
    assertThat(CelNames.escape("namespace")).isEqualTo("__namespace__");
    assertThat(CelNames.escape("a b")).isNull();
  }
}
