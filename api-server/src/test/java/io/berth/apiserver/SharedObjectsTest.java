package io.berth.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.apiserver.server.Identity;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Informers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedObjectsTest {
  private static final String POD =
      "{'metadata':{'name':'%s','labels':{'a':'b'},'finalizers':['x/y'],'ownerReferences':["
          + "{'apiVersion':'v1','kind':'ConfigMap','name':'o','uid':'u'}]},"
          + "'spec':{'nodeName':'n','containers':[{'name':'c','image':'i'}]}}";

  @TempDir Path directory;

  private static final class Counting implements Informer.Handler {
    private final CountDownLatch deleting = new CountDownLatch(1);
    private final CountDownLatch added = new CountDownLatch(2);

    @Override
    public void onAdd(ApiObject now) {
      added.countDown();
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      if (now.header().deleting()) {
        deleting.countDown();
      }
    }

    @Override
    public void onDelete(ApiObject last) {}
  }

  @Test
  void informersOfTheProcessHoldTheVeryObjectsOfTheWatchCache() throws Exception {
    try (TestingServer server = new TestingServer(directory)) {
      String pods = "/api/v1/namespaces/default/pods";
      server.create(pods, POD.formatted("listed"));
      ApiClient client =
          new ApiClient(server.as(Identity.of("kubernetes-admin", Identity.MASTERS)));
      try (Informers informers = new Informers(client, server.environment())) {
        Counting counting = new Counting();
        Informer informer = informers.of(Resources.PODS);
        informer.addHandler(counting);
        informers.start();
        assertThat(informers.awaitSynced(Duration.ofSeconds(10))).isTrue();
        server.create(pods, POD.formatted("watched"));
        assertThat(counting.added.await(10, TimeUnit.SECONDS)).isTrue();
        client.delete(Resources.PODS, "default", "watched", DeleteOptions.DEFAULT);
        assertThat(counting.deleting.await(10, TimeUnit.SECONDS)).isTrue();
        for (ApiObject object : informer.list()) {
          assertThat(object).isSameAs(server.held(object.key()).orElseThrow());
          ApiObject read = client.get(Resources.PODS, "default", object.key().name());
          // A field that has a default is selected by it, though the object does not show it.
          assertThat(object.header())
              .usingRecursiveComparison()
              .ignoringFields("fields.spec.hostNetwork")
              .isEqualTo(read.header());
        }
        assertThat(informer.list()).hasSize(2);
      }
    }
  }
}
