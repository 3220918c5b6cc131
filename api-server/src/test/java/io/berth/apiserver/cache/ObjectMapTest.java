package io.berth.apiserver.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import io.berth.api.object.ObjectKey;
import io.berth.apiserver.store.StoreKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ObjectMapTest {
  private static ApiObject object(ObjectKey key, long revision) {
    return new ApiObject(
        new ObjectHeader(key, "", revision, Map.of(), Map.of(), List.of(), null), new byte[0]);
  }

  @Test
  void itIsASortedMapWhateverIsDoneToIt() {
    Random random = new Random(7);
    Map<String, ApiObject> model = new TreeMap<>();
    ObjectMap map = ObjectMap.EMPTY;
    for (int i = 0; i < 20_000; i++) {
      ObjectKey key = Pods.key("ns" + "-x".repeat(random.nextInt(3)), "p" + random.nextInt(3_000));
      if (random.nextInt(3) == 0 || (i > 15_000 && random.nextInt(4) > 0)) {
        map = map.without(key);
        model.remove(StoreKeys.of(key));
      } else {
        ApiObject object = object(key, i);
        map = map.with(object);
        model.put(StoreKeys.of(key), object);
      }
      assertThat(map.get(key)).isSameAs(model.get(StoreKeys.of(key)));
    }
    assertThat(map.size()).isEqualTo(model.size());
    assertThat(map.list()).containsExactlyElementsOf(model.values());
    assertThat(ObjectMap.of(new ArrayList<>(model.values())).list()).isEqualTo(map.list());
    for (String namespace : List.of("ns", "ns-x", "ns-x-x", "none", "ns-")) {
      assertThat(map.inNamespace(namespace))
          .containsExactlyElementsOf(
              model.values().stream().filter(o -> o.key().namespace().equals(namespace)).toList());
    }
  }

  @Test
  void anOlderMapStaysAsItWas() {
    ObjectMap one = ObjectMap.EMPTY.with(object(Pods.key("a", "x"), 1));
    ObjectMap two = one.with(object(Pods.key("a", "x"), 2)).with(object(Pods.key("a", "y"), 3));
    assertThat(one.list()).extracting(o -> o.header().revision()).containsExactly(1L);
    assertThat(two.list()).extracting(o -> o.header().revision()).containsExactly(2L, 3L);
  }
}
