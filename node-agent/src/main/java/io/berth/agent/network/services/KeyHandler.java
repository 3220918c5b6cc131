package io.berth.agent.network.services;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import java.util.function.Consumer;

/** Treats every change alike: the objects before and after it are to be looked at. */
record KeyHandler(Consumer<ApiObject> look) implements Informer.Handler {
  @Override
  public void onAdd(ApiObject now) {
    look.accept(now);
  }

  @Override
  public void onUpdate(ApiObject before, ApiObject now) {
    look.accept(before);
    look.accept(now);
  }

  @Override
  public void onDelete(ApiObject last) {
    look.accept(last);
  }
}
