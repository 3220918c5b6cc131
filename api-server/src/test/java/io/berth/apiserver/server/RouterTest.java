package io.berth.apiserver.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.resource.GroupVersion;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiRequest.Parameter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouterTest {
  private final Router router = new Router(ServedResources.builtIn());

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "GET,    /api/v1/pods,                               '',           list,   pods, '', '',"
            + " ''",
        "GET,    /api/v1/pods,                               watch=true,   watch,  pods, '', '',"
            + " ''",
        "GET,    /api/v1/pods,                               watch=1,      watch,  pods, '', '',"
            + " ''",
        "GET,    /api/v1/pods,                               watch=false,  list,   pods, '', '',"
            + " ''",
        "GET,    /api/v1/namespaces/d/pods/,                 '',           list,   pods, d, '', ''",
        "GET,    /api/v1/namespaces/d/pods/p,                '',           get,    pods, d, p, ''",
        "GET,    /api/v1/namespaces/d/pods/p,                watch=true,   get,    pods, d, p, ''",
        "HEAD,   /api/v1/namespaces/d/pods/p/proxy,          '',           get,    pods, d, p,"
            + " proxy",
        "GET,    /api/v1/namespaces/d/pods/p/log,            '',           get,    pods, d, p, log",
        "POST,   /api/v1/namespaces/d/pods,                  '',           create, pods, d, '', ''",
        "POST,   /api/v1/namespaces/d/pods/p/binding,        '',           create, pods, d, p,"
            + " binding",
        "PUT,    /api/v1/namespaces/d/pods/p/status,         '',           update, pods, d, p,"
            + " status",
        "PATCH,  /apis/apps/v1/namespaces/d/deployments/w,   '',           patch,  deployments, d,"
            + " w, ''",
        "DELETE, /apis/apps/v1/namespaces/d/deployments/w,   '',           delete, deployments, d,"
            + " w, ''",
        "DELETE, /apis/apps/v1/namespaces/d/deployments,     '', deletecollection, deployments, d,"
            + " '', ''",
        "GET,    /api/v1/namespaces,                         '',           list,   namespaces, '',"
            + " '', ''",
        "GET,    /api/v1/namespaces/d,                       '',           get,    namespaces, '',"
            + " d, ''",
        "PUT,    /api/v1/namespaces/d/finalize,              '',           update, namespaces, '',"
            + " d, finalize",
        "PATCH,  /api/v1/namespaces/d/status,                '',           patch,  namespaces, '',"
            + " d, status",
        "PATCH,  /api/v1/nodes/n/status,                     '',           patch,  nodes, '', n,"
            + " status",
        "GET,    /api/v1/watch/namespaces/d/pods,            '',           watch,  pods, d, '', ''",
        "GET,    /apis/node.k8s.io/v1/runtimeclasses/vm,     '',           get,    runtimeclasses,"
            + " '', vm, ''",
      })
  void resourcePathsAreRead(
      String method,
      String path,
      String query,
      String verb,
      String resource,
      String namespace,
      String name,
      String subresource) {
    Route route = router.route(request(method, path, query));
    assertThat(route).isInstanceOf(Route.ToResource.class);
    RequestInfo info = ((Route.ToResource) route).info();
    assertThat(info.verb().text()).isEqualTo(verb);
    assertThat(info.resource().plural()).isEqualTo(resource);
    assertThat(info.namespace()).isEqualTo(namespace);
    assertThat(info.name()).isEqualTo(name);
    assertThat(info.subresource()).isEqualTo(subresource);
  }

  @ParameterizedTest
  @CsvSource({
    "/apis/apps/v1/namespaces/d/things/x, apps, things",
    "/apis/apps/v2/deployments, apps, deployments",
    "/api/v1/pods/p, '', pods",
    "/api/v1/namespaces/d/nodes/n, '', nodes",
  })
  void pathsOfNothingServedAreKnownByName(String path, String group, String resource) {
    Route route = router.route(ApiRequest.get(path));
    assertThat(route).isInstanceOf(Route.ToUnknown.class);
    assertThat(((Route.ToUnknown) route).group()).isEqualTo(group);
    assertThat(((Route.ToUnknown) route).resource()).isEqualTo(resource);
  }

  @ParameterizedTest
  @CsvSource({
    "/",
    "/api",
    "/api/",
    "/api/v1",
    "/apis",
    "/apis/apps",
    "/apis/apps/v1",
    "/version",
    "''"
  })
  void otherPathsAreNoResources(String path) {
    assertThat(router.route(ApiRequest.get(path))).isInstanceOf(Route.ToPath.class);
  }

  @Test
  void methodsThatAResourceDoesNotTakeAreToldApart() {
    assertThat(router.route(request("PUT", "/api/v1/pods", "")))
        .isInstanceOf(Route.BadMethod.class);
    assertThat(router.route(request("POST", "/api/v1/namespaces/d/pods/p", "")))
        .isInstanceOf(Route.BadMethod.class);
    assertThat(router.route(request("TRACE", "/api/v1/pods", "")))
        .isInstanceOf(Route.BadMethod.class);
  }

  private static Route.@Nullable ToUnknown delegated(String method, String path) {
    ServedResources served = ServedResources.builtIn();
    served.delegate(Map.of(new GroupVersion("ext.io", "v1"), Delegated.UNKNOWN), Map.of());
    return new Router(served).route(request(method, path, "")) instanceof Route.ToDelegate delegate
        ? delegate.wanted()
        : null;
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /apis/ext.io/v1/namespaces/d/things/x, get things d x",
    "GET, /apis/ext.io/v1/namespaces/d/things/x/portforward/80/tcp, get things/portforward d x",
    "PUT, /apis/ext.io/v1/namespaces/d/things, update things d ''",
    "POST, /apis/ext.io/v1/things/x, create things '' x",
    "HEAD, /apis/ext.io/v1/namespaces/d/things/x, get things d x",
    "GET, /apis/ext.io/v1/namespaces/d/status, get namespaces/status d d",
    "PUT, /apis/ext.io/v1/namespaces/d/finalize, update namespaces/finalize d d",
    "GET, /apis/ext.io/v1/namespaces/d/status/x, get namespaces/status d d",
    "DELETE, /apis/ext.io/v1/namespaces/d/status, delete namespaces/status d d",
    "GET, /apis/ext.io/v1/namespaces/d, get namespaces d d",
  })
  void whatIsAskedOfAnotherServerIsToldAsKubernetesTellsIt(
      String method, String path, String wanted) {
    Route.ToUnknown route = delegated(method, path);
    assertThat(route).isNotNull();
    assertThat(
            "%s %s %s %s"
                .formatted(route.verb(), route.resource(), route.namespace(), route.name())
                .trim())
        .isEqualTo(wanted.replace("''", "").trim());
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPTIONS", "TRACE", "PROPFIND"})
  void methodsThatHaveNoVerbAreNotPassedOn(String method) {
    assertThat(delegated(method, "/apis/ext.io/v1/namespaces/d/things/x")).isNull();
  }

  private static ApiRequest request(String method, String path, String query) {
    List<Parameter> parameters =
        query.isEmpty()
            ? List.of()
            : List.of(
                new Parameter(
                    query.substring(0, query.indexOf('=')),
                    query.substring(query.indexOf('=') + 1)));
    return new ApiRequest(method, path, parameters, Map.of(), new byte[0]);
  }
}
