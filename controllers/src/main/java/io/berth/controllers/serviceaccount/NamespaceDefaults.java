package io.berth.controllers.serviceaccount;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.client.PatchType;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.Refusals;
import java.util.Optional;

/**
 * Sees to it that every living namespace has a service account {@code default} and, where a CA is
 * given, the config map {@code kube-root-ca.crt} with it. One step: {@link #reconcile}.
 */
public final class NamespaceDefaults implements Controller {
  private static final String ACCOUNT = "default";
  private static final String ROOT_CA = "kube-root-ca.crt";
  private static final String CA_KEY = "ca.crt";

  private final ControllerContext context;
  private final String rootCa;
  private final Informer namespaces;
  private final Informer accounts;
  private final Informer configMaps;
  private final WatchedLoop<String> loop;

  /**
   * @param rootCa PEM, or empty to publish none
   */
  public NamespaceDefaults(ControllerContext context, int workers, String rootCa) {
    this.context = context;
    this.rootCa = rootCa;
    this.namespaces = context.informers().of(Resources.NAMESPACES);
    this.accounts = context.informers().of(Resources.SERVICE_ACCOUNTS);
    this.configMaps = context.informers().of(Resources.CONFIG_MAPS);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(namespaces, namespace -> loop.add(namespace.key().name()));
    Changes.deleted(accounts, account -> ifNamed(account, ACCOUNT));
    Changes.each(configMaps, map -> ifNamed(map, ROOT_CA));
  }

  private void ifNamed(ApiObject object, String name) {
    if (object.key().name().equals(name)) {
      loop.add(object.key().namespace());
    }
  }

  Outcome reconcile(String namespace) {
    boolean living =
        namespaces.get("", namespace).filter(found -> !found.header().deleting()).isPresent();
    if (!living) {
      return Outcome.done();
    }
    if (accounts.get(namespace, ACCOUNT).isEmpty()) {
      create(Resources.SERVICE_ACCOUNTS, namespace, named(ACCOUNT));
    }
    if (!rootCa.isEmpty()) {
      publishCa(namespace);
    }
    return Outcome.done();
  }

  private void publishCa(String namespace) {
    Optional<ApiObject> published = configMaps.get(namespace, ROOT_CA);
    if (published.isEmpty()) {
      ObjectNode map = named(ROOT_CA);
      map.putObject("data").put(CA_KEY, rootCa);
      create(Resources.CONFIG_MAPS, namespace, map);
    } else if (!published.get().tree().path("data").path(CA_KEY).asText().equals(rootCa)) {
      ObjectNode patch = Json.object();
      patch.putObject("data").put(CA_KEY, rootCa);
      context
          .client()
          .patch(Resources.CONFIG_MAPS, namespace, ROOT_CA, null, PatchType.MERGE, patch);
    }
  }

  private static ObjectNode named(String name) {
    ObjectNode object = Json.object();
    object.putObject("metadata").put("name", name);
    return object;
  }

  private void create(ResourceDefinition resource, String namespace, ObjectNode object) {
    object.put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
    try {
      context.client().create(resource, namespace, object);
    } catch (ApiException e) {
      // It is there already, or the namespace is gone or going by now: either way nothing is due.
      if (!e.isAlreadyExists() && !e.isNotFound() && !Refusals.namespaceIsGoing(e)) {
        throw e;
      }
    }
  }

  @Override
  public String name() {
    return "serviceaccount";
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    loop.close();
  }
}
