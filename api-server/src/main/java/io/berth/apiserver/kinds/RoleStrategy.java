package io.berth.apiserver.kinds;

import io.berth.api.object.Names;
import io.berth.apiserver.registry.Strategy;
import java.util.List;

/** Roles: their names may hold colons, as {@code system:node} does. */
class RoleStrategy implements Strategy {
  @Override
  public List<String> checkName(String name) {
    return Names.pathSegment(name);
  }
}
