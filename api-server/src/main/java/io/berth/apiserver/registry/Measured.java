package io.berth.apiserver.registry;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Objects that are measured when somebody asks for them, and stored nowhere. */
public interface Measured {
  /** Nothing is. */
  Measured NONE =
      new Measured() {
        @Override
        public boolean serves(ResourceDefinition resource) {
          return false;
        }

        @Override
        public List<ApiObject> list(
            ResourceDefinition resource, String namespace, Predicate<ApiObject> wanted) {
          return List.of();
        }

        @Override
        public Optional<ApiObject> find(
            ResourceDefinition resource, String namespace, String name) {
          return Optional.empty();
        }
      };

  boolean serves(ResourceDefinition resource);

  /**
   * All of them.
   *
   * @param namespace empty for all
   * @param wanted told of the object that is measured, whose name and labels they bear
   */
  List<ApiObject> list(ResourceDefinition resource, String namespace, Predicate<ApiObject> wanted);

  Optional<ApiObject> find(ResourceDefinition resource, String namespace, String name);
}
