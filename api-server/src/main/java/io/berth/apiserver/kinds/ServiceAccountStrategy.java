package io.berth.apiserver.kinds;

import io.berth.apiserver.registry.Strategy;

/** Service accounts. */
final class ServiceAccountStrategy implements Strategy {
  @Override
  public boolean returnsDeleted() {
    return true;
  }
}
