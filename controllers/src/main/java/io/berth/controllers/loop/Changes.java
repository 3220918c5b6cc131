package io.berth.controllers.loop;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import java.util.function.Consumer;

/** Handlers for informers from plain functions. */
public final class Changes {
  private Changes() {}

  /** Tells of every version of every object, the last one of a deleted object included. */
  public static void each(Informer informer, Consumer<ApiObject> changed) {
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void onAdd(ApiObject now) {
            changed.accept(now);
          }

          @Override
          public void onUpdate(ApiObject before, ApiObject now) {
            changed.accept(now);
          }

          @Override
          public void onDelete(ApiObject last) {
            changed.accept(last);
          }
        });
  }

  /**
   * Tells of every version of every object, and where a change took labels or owners away, of the
   * version before it as well: who went by them must hear of it.
   */
  public static void eachAndBefore(Informer informer, Consumer<ApiObject> changed) {
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void onAdd(ApiObject now) {
            changed.accept(now);
          }

          @Override
          public void onUpdate(ApiObject before, ApiObject now) {
            boolean sameLabels = before.header().labels().equals(now.header().labels());
            if (!sameLabels || !before.header().ownerUids().equals(now.header().ownerUids())) {
              changed.accept(before);
            }
            changed.accept(now);
          }

          @Override
          public void onDelete(ApiObject last) {
            changed.accept(last);
          }
        });
  }

  /** Tells of deletions only. */
  public static void deleted(Informer informer, Consumer<ApiObject> gone) {
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void onAdd(ApiObject now) {}

          @Override
          public void onUpdate(ApiObject before, ApiObject now) {}

          @Override
          public void onDelete(ApiObject last) {
            gone.accept(last);
          }
        });
  }
}
