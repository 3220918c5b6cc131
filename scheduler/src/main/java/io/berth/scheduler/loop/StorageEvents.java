package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.scheduler.reader.StorageReader;
import io.berth.scheduler.volume.AttachLimits;
import io.berth.scheduler.volume.Capacity;
import io.berth.scheduler.volume.Claim;
import io.berth.scheduler.volume.Storage;
import io.berth.scheduler.volume.StorageClass;
import io.berth.scheduler.volume.Volume;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** Takes claims, volumes, storage classes and what nodes can attach in as the API shows them. */
final class StorageEvents {
  private final Object guard;
  private final Storage storage;
  private final Runnable changed;
  private final Informer claims;
  private final Informer volumes;
  private final Informer classes;
  private final Informer nodes;
  private final Informer drivers;
  private final Informer capacities;

  /**
   * @param guard the lock that guards the storage
   * @param changed called under the lock after each change
   */
  StorageEvents(Informers informers, Object guard, Storage storage, Runnable changed) {
    this.guard = guard;
    this.storage = storage;
    this.changed = changed;
    this.claims = informers.of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.volumes = informers.of(Resources.PERSISTENT_VOLUMES);
    this.classes = informers.of(Resources.STORAGE_CLASSES);
    this.nodes = informers.of(Resources.CSI_NODES);
    this.drivers = informers.of(Resources.CSI_DRIVERS);
    this.capacities = informers.of(Resources.CSI_STORAGE_CAPACITIES);
  }

  List<Informer> informers() {
    return List.of(claims, volumes, classes, nodes, drivers, capacities);
  }

  void start() {
    classes.addHandler(
        new Handler<StorageClass>(
            StorageReader::storageClass, storage::put, o -> storage.removeClass(o.key().name())));
    volumes.addHandler(
        new Handler<Volume>(
            StorageReader::volume, storage::put, o -> storage.removeVolume(o.key().name())));
    claims.addHandler(
        new Handler<Claim>(
            StorageReader::claim,
            storage::put,
            o -> storage.removeClaim(o.key().namespacedName())));
    nodes.addHandler(
        new Handler<Limits>(
            o -> new Limits(o.key().name(), StorageReader.limits(o)),
            l -> storage.putLimits(l.nodeName(), l.attachable()),
            o -> storage.removeLimits(o.key().name())));
    drivers.addHandler(
        new Handler<Driver>(
            o -> new Driver(o.key().name(), StorageReader.countsSpace(o)),
            d -> storage.putDriver(d.name(), d.countsSpace()),
            o -> storage.putDriver(o.key().name(), false)));
    capacities.addHandler(
        new Handler<Capacity>(
            StorageReader::capacity,
            storage::put,
            o -> storage.removeCapacity(o.key().namespacedName())));
  }

  private record Limits(String nodeName, AttachLimits attachable) {}

  private record Driver(String name, boolean countsSpace) {}

  private final class Handler<T> implements Informer.Handler {
    private final Function<ApiObject, T> reader;
    private final Consumer<T> put;
    private final Consumer<ApiObject> remove;

    Handler(Function<ApiObject, T> reader, Consumer<T> put, Consumer<ApiObject> remove) {
      this.reader = reader;
      this.put = put;
      this.remove = remove;
    }

    @Override
    public void onAdd(ApiObject now) {
      T value = reader.apply(now);
      synchronized (guard) {
        put.accept(value);
        changed.run();
      }
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      if (!reader.apply(before).equals(reader.apply(now))) {
        onAdd(now);
      }
    }

    @Override
    public void onDelete(ApiObject last) {
      synchronized (guard) {
        remove.accept(last);
        changed.run();
      }
    }
  }
}
