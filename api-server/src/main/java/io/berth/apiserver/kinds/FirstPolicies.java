package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.authz.BootstrapPolicy;
import io.berth.apiserver.authz.Rules;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees at a server's start that the roles and bindings that every cluster begins with are there:
 * creates what is missing, and adds what was taken from an object, unless its annotation {@link
 * BootstrapPolicy#AUTO_UPDATE} is {@code false}. What somebody added stays.
 */
public final class FirstPolicies {
  private static final Logger log = LoggerFactory.getLogger(FirstPolicies.class);

  private final OwnRequests requests;
  private final Executor executor;

  /**
   * @param executor runs the writes side by side, so that a store which commits groups needs few
   */
  public FirstPolicies(RequestHandler handler, Executor executor) {
    this.requests = new OwnRequests(handler);
    this.executor = executor;
  }

  /**
   * Doing it again changes nothing; several servers may do it at once.
   *
   * @throws ApiException the store does not answer, or an object is refused
   */
  public void ensure() throws InterruptedException {
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    for (BootstrapPolicy.Entry entry : BootstrapPolicy.load()) {
      FutureTask<Boolean> task = new FutureTask<>(() -> ensure(entry));
      tasks.add(task);
      executor.execute(task);
    }
    int changed = 0;
    for (FutureTask<Boolean> task : tasks) {
      changed += get(task) ? 1 : 0;
    }
    if (changed > 0) {
      log.info("brought default roles and bindings up to date objects={}", changed);
    }
  }

  private static boolean get(FutureTask<Boolean> task) throws InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    }
  }

  /** Whether something had to be done. */
  private boolean ensure(BootstrapPolicy.Entry entry) {
    ResourceDefinition resource = entry.resource();
    ObjectNode wanted = entry.object();
    String namespace = Meta.namespace(wanted);
    Optional<ObjectNode> found = requests.find(resource, namespace, Meta.name(wanted));
    if (found.isEmpty()) {
      requests.create(resource, namespace, wanted);
      return true;
    }
    ObjectNode present = found.get();
    if (annotation(present).equals("false")) {
      return false;
    }
    if (wanted.has("roleRef") && !wanted.path("roleRef").equals(present.path("roleRef"))) {
      requests.delete(resource, namespace, Meta.name(wanted)); // what it grants cannot be changed
      requests.create(resource, namespace, wanted);
      return true;
    }
    ObjectNode complete = completed(present, wanted);
    if (complete.equals(present)) {
      return false;
    }
    try {
      requests.update(resource, namespace, complete);
    } catch (ApiException e) {
      if (!e.isConflict()) {
        throw e;
      }
      log.info("another server is faster name={}", Meta.name(wanted));
    }
    return true;
  }

  private static String annotation(JsonNode object) {
    return object.path("metadata").path("annotations").path(BootstrapPolicy.AUTO_UPDATE).asText("");
  }

  private static ObjectNode completed(ObjectNode present, ObjectNode wanted) {
    ObjectNode complete = present.deepCopy();
    for (String field : List.of("labels", "annotations")) {
      ObjectNode own = Meta.of(complete).withObject("/" + field);
      wanted
          .path("metadata")
          .path(field)
          .properties()
          .forEach(
              e -> {
                if (!own.has(e.getKey())) {
                  own.set(e.getKey(), e.getValue());
                }
              });
    }
    if (wanted.has("aggregationRule")) {
      if (!complete.has("aggregationRule")) {
        complete.set("aggregationRule", wanted.get("aggregationRule"));
      }
    } else if (wanted.has("rules")) {
      array(complete, "rules").addAll(Rules.missing(present.path("rules"), wanted.path("rules")));
    } else {
      ArrayNode subjects = array(complete, "subjects");
      for (JsonNode subject : wanted.path("subjects")) {
        if (!contains(subjects, subject)) {
          subjects.add(subject);
        }
      }
      if (subjects.isEmpty()) {
        complete.remove("subjects");
      }
    }
    return complete;
  }

  private static ArrayNode array(ObjectNode object, String field) {
    return object.get(field) instanceof ArrayNode there ? there : object.putArray(field);
  }

  private static boolean contains(ArrayNode list, JsonNode item) {
    for (JsonNode other : list) {
      if (other.equals(item)) {
        return true;
      }
    }
    return false;
  }
}
