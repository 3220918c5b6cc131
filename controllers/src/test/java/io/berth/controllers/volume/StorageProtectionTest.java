package io.berth.controllers.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.client.DeleteOptions;
import io.berth.controllers.testing.Cluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StorageProtectionTest {
  private static final ResourceDefinition CLAIMS = Resources.PERSISTENT_VOLUME_CLAIMS;
  private static final ResourceDefinition VOLUMES = Resources.PERSISTENT_VOLUMES;

  private final Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void pod(String name, String node, String volume) {
    cluster.put(
        Resources.PODS,
        "{'metadata':{'name':'%s','namespace':'ns'},'spec':{'nodeName':'%s','volumes':[%s],"
            + "'containers':[{'name':'c'}]}}",
        name,
        node,
        volume);
  }

  private void claim(String metadata) {
    cluster.put(CLAIMS, "{'metadata':{'name':'data','namespace':'ns'%s},'spec':{}}", metadata);
    cluster.settle();
  }

  private void delete(ResourceDefinition resource, String namespace, String name) {
    cluster.client.delete(resource, namespace, name, DeleteOptions.DEFAULT);
    cluster.settle();
  }

  private boolean gone(ResourceDefinition resource, String namespace, String name) {
    return cluster.api.find(resource, namespace, name).isEmpty();
  }

  @Test
  void aDeletedClaimStaysUntilNoPodOnANodeNamesIt() {
    claim("");
    assertThat(cluster.get(CLAIMS, "data").at("/metadata/finalizers"))
        .as("one from before the finalizer gets it")
        .hasToString("[\"kubernetes.io/pvc-protection\"]");
    String volume = "{'name':'v','persistentVolumeClaim':{'claimName':'data'}}";
    pod("a", "n1", volume);
    pod("b", "n1", volume);
    pod("unbound", "", volume);
    delete(CLAIMS, "ns", "data");
    assertThat(cluster.get(CLAIMS, "data").at("/metadata/deletionTimestamp").asText()).isNotEmpty();
    cluster.api.remove(Resources.PODS, "ns", "a");
    cluster.settle();
    assertThat(gone(CLAIMS, "ns", "data")).isFalse();
    cluster.api.remove(Resources.PODS, "ns", "b");
    cluster.settle();
    assertThat(gone(CLAIMS, "ns", "data")).isTrue();
  }

  @Test
  void theClaimOfAnEphemeralVolumeIsHeldByItsOwnPodOnly() {
    pod("p", "n1", "{'name':'data','ephemeral':{}}");
    String uid = Cluster.uid(cluster.get(Resources.PODS, "p"));
    String finalizers = ",'finalizers':['kubernetes.io/pvc-protection']";
    cluster.put(
        CLAIMS,
        "{'metadata':{'name':'p-data','namespace':'ns','ownerReferences':[{'apiVersion':'v1',"
            + "'kind':'Pod','name':'p','uid':'%s','controller':true}]%s},'spec':{}}",
        uid,
        finalizers);
    cluster.settle();
    delete(CLAIMS, "ns", "p-data");
    assertThat(gone(CLAIMS, "ns", "p-data")).isFalse();
    claim(finalizers);
    delete(CLAIMS, "ns", "data");
    assertThat(gone(CLAIMS, "ns", "data")).isTrue();
    cluster.api.remove(Resources.PODS, "ns", "p");
    cluster.settle();
    assertThat(gone(CLAIMS, "ns", "p-data")).isTrue();
  }

  @Test
  void aDeletedVolumeStaysUntilItIsBoundToNoClaim() {
    cluster.put(VOLUMES, "{'metadata':{'name':'v'},'spec':{},'status':{'phase':'Bound'}}");
    cluster.settle();
    delete(VOLUMES, "", "v");
    assertThat(gone(VOLUMES, "", "v")).isFalse();
    cluster.api.change(
        VOLUMES, "", "v", volume -> volume.withObject("/status").put("phase", "Released"));
    cluster.settle();
    assertThat(gone(VOLUMES, "", "v")).isTrue();
  }
}
