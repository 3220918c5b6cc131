package io.berth.api.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.ManagedFields.Entry;
import io.berth.api.codec.Json;
import io.berth.api.patch.Trees;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import io.berth.api.transport.ApiException;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What must hold whatever is applied by whom; each failure names its seed. */
final class ApplyPropertiesTest {
  private static final int SEEDS = 100;
  private static final List<String> TYPES =
      List.of("apps.v1.Deployment", "core.v1.Service", "core.v1.Node", "core.v1.Pod");

  private static Writer writer(String manager, int second) {
    return new Writer(manager, "v1", "", "2026-01-01T00:00:%02dZ".formatted(second));
  }

  /** One seed's objects of one type. */
  private static final class World {
    private final ObjectType type;
    private final OwnedFields fields;
    private final RandomObjects objects;
    private final Random random;
    private final String about;

    World(int seed) {
      random = new Random(seed);
      type = Schemas.find(TYPES.get(seed % TYPES.size())).orElseThrow();
      fields = new OwnedFields(type);
      objects = new RandomObjects(random);
      about = "seed " + seed;
    }

    ObjectNode config() {
      ObjectNode config = objects.object(type);
      config.put("apiVersion", "v1").put("kind", "K");
      config
          .withObject("/metadata")
          .retain("labels", "annotations", "finalizers", "ownerReferences");
      config.withObject("/metadata").put("name", "n");
      return config;
    }

    ObjectNode apply(@Nullable ObjectNode live, ObjectNode config, String manager, int second) {
      ObjectNode before = live == null ? null : live.deepCopy();
      ObjectNode next = fields.apply(live, config, writer(manager, second), true, FieldSet.EMPTY);
      assertThat(live).as("%s: what is there is left alone", about).isEqualTo(before);
      return next;
    }

    /** Every path into an object. */
    FieldSet everything(ObjectNode object) {
      return Comparison.of(type, Json.object(), bare(object))
          .changed()
          .union(Extraction.of(type, object));
    }

    FieldSet owned(ObjectNode object, String manager) {
      FieldSet owned = FieldSet.EMPTY;
      for (Entry entry : ManagedFields.of(object).entries()) {
        if (entry.owner().manager().equals(manager)) {
          owned = owned.union(entry.set());
        }
      }
      return owned;
    }
  }

  private static ObjectNode bare(ObjectNode object) {
    ObjectNode copy = object.deepCopy();
    copy.withObject("/metadata").remove("managedFields");
    return copy;
  }

  @Test
  void theSameAgainChangesNothing() {
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed);
      ObjectNode other = world.apply(null, world.config(), "other", 0);
      ObjectNode config = world.config();
      ObjectNode once = world.apply(other, config, "a", 1);
      assertThat(world.apply(once, config, "a", 2)).as(world.about).isEqualTo(once);
    }
  }

  @Test
  void whatIsAppliedIsThere() {
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed);
      ObjectNode config = world.config();
      ObjectNode result = world.apply(world.apply(null, world.config(), "b", 0), config, "a", 1);
      FieldSet wanted = Extraction.of(world.type, config);
      wanted
          .difference(world.everything(result))
          .forEach(path -> assertThat(parts(world.type, path)).as(world.about + path).isTrue());
      Comparison difference = Comparison.of(world.type, config, result);
      assertThat(difference.changed().intersection(wanted))
          .as("%s: their values", world.about)
          .isEqualTo(FieldSet.EMPTY);
    }
  }

  @Test
  void whoForcesOwnsAllItNamesAndTheOthersNoneOfWhatItChanged() {
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed);
      ObjectNode before = world.apply(null, world.config(), "b", 0);
      ObjectNode config = world.config();
      ObjectNode after = world.apply(before, config, "a", 1);
      FieldSet changed = Comparison.of(world.type, bare(before), bare(after)).changed();
      assertThat(world.owned(after, "b").intersection(changed))
          .as(world.about)
          .isEqualTo(FieldSet.EMPTY);
      assertThat(Extraction.of(world.type, config).difference(world.owned(after, "a")).toString())
          .as(world.about)
          .doesNotContain(".spec", "labels");
    }
  }

  @Test
  void withoutForceNothingOfOthersChanges() {
    int conflicts = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed);
      ObjectNode before = world.apply(null, world.config(), "b", 0);
      ObjectNode config = world.config();
      try {
        ObjectNode after =
            world.fields.apply(before, config, writer("a", 1), false, FieldSet.EMPTY);
        Comparison difference = Comparison.of(world.type, bare(before), bare(after));
        assertThat(world.owned(before, "b").intersection(difference.changed()))
            .as(world.about)
            .isEqualTo(FieldSet.EMPTY);
      } catch (ApiException e) {
        assertThat(e.code()).isEqualTo(409);
        conflicts++;
      }
    }
    assertThat(conflicts).isBetween(SEEDS / 10, SEEDS - SEEDS / 100);
  }

  @Test
  void whatOneApplierAloneBroughtGoesWithIt() {
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed);
      ObjectNode base = world.apply(null, world.config(), "base", 0);
      ObjectNode nothing = Json.object().put("apiVersion", "v1").put("kind", "K");
      nothing.putObject("metadata").put("name", "n");
      ObjectNode config = onlyNew(world, base, world.config());
      ObjectNode with = world.apply(base, config, "a", 1);
      ObjectNode without = world.apply(with, nothing, "a", 2);
      assertThat(world.owned(without, "a")).as(world.about).isEqualTo(FieldSet.EMPTY);
      assertThat(Comparison.of(world.type, bare(base), bare(without)).changed().toString())
          .as(world.about)
          .isEqualTo("[]");
    }
  }

  /** A configuration without what the object has, so that nothing of it is shared or replaced. */
  private static ObjectNode onlyNew(World world, ObjectNode base, ObjectNode config) {
    FieldSet there = Extraction.of(world.type, base);
    ObjectNode rest = Removal.of(world.type, config, there);
    dropEmptyLists(rest);
    rest.put("apiVersion", "v1").put("kind", "K").withObject("/metadata").put("name", "n");
    return rest;
  }

  /** An empty list in a configuration makes one, but nobody owns it. */
  private static void dropEmptyLists(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.properties().removeIf(e -> e.getValue().isArray() && e.getValue().isEmpty());
    }
    node.forEach(ApplyPropertiesTest::dropEmptyLists);
  }

  @Test
  void appliersOfDifferentFieldsComeToTheSameInAnyOrder() {
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed);
      ObjectNode first = world.config();
      ObjectNode second = onlyNew(world, first, world.config());
      if (!complete(world.type, second)) {
        continue; // an item lost its key
      }
      ObjectNode one = world.apply(world.apply(null, first, "a", 0), second, "b", 1);
      ObjectNode other = world.apply(world.apply(null, second, "b", 0), first, "a", 1);
      Comparison difference = Comparison.of(world.type, bare(one), bare(other));
      assertThat(difference.isEmpty()).as("%s: %s", world.about, difference).isTrue();
      assertThat(world.owned(one, "a")).as(world.about).isEqualTo(world.owned(other, "a"));
    }
  }

  private static boolean complete(ObjectType type, ObjectNode config) {
    try {
      ConfigCheck.check(type, config);
      return true;
    } catch (ApiException e) {
      return false;
    }
  }

  @Test
  void ownersAndObjectsAgree() {
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed);
      ObjectNode live = null;
      for (int step = 0; step < 8; step++) {
        String manager = "m" + world.random.nextInt(4);
        if (live == null || world.random.nextBoolean()) {
          live = world.apply(live, world.config(), manager, step);
        } else {
          ObjectNode next = bare(live);
          next.set("spec", world.config().path("spec"));
          world.fields.update(live, next, null, writer(manager, step));
          live = next;
        }
        ObjectNode now = live;
        FieldSet there = world.everything(now);
        for (Entry entry : ManagedFields.of(now).entries()) {
          FieldSet strange = entry.set().difference(there);
          strange.forEach(
              path -> assertThat(parts(world.type, path)).as("%s %s", world.about, path).isTrue());
        }
        assertThat(FieldsV1.read(FieldsV1.write(there))).isEqualTo(there);
      }
    }
  }

  /** Whether a path leads to a part of its object, whose being there is not seen. */
  private static boolean parts(ObjectType type, List<PathElement> path) {
    Shape shape = Shape.of(type);
    Shape.Part part = null;
    for (PathElement element : path) {
      String name = element.fieldName();
      part = shape instanceof Shape.Struct struct && name != null ? struct.part(name) : null;
      shape =
          switch (shape) {
            case Shape.Struct ignored -> part == null ? Shape.Leaf.LEAF : part.shape();
            case Shape.Keyed keyed -> keyed.items();
            case Shape.Entries entries -> entries.values();
            default -> Shape.Leaf.LEAF;
          };
    }
    return part != null && part.embedded();
  }

  @Test
  void aComparisonTellsWhetherObjectsAreEqual() {
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed);
      ObjectNode a = world.config();
      ObjectNode b = world.random.nextInt(4) == 0 ? a.deepCopy() : world.config();
      boolean equal = Comparison.of(world.type, a, b).isEmpty();
      if (Trees.equal(a, b)) {
        assertThat(equal).as(world.about).isTrue();
      }
      JsonNode merged = Merge.of(world.type, a, b);
      assertThat(Comparison.of(world.type, (ObjectNode) merged, b).changed())
          .as("%s: what is merged has nothing that the configuration says otherwise", world.about)
          .isEqualTo(FieldSet.EMPTY);
    }
  }
}
