package io.berth.scheduler.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.berth.api.codec.Yaml;
import io.berth.scheduler.core.ClaimName;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputReaderTest {
  private static final String NODES =
      """
      apiVersion: v1
      kind: Node
      metadata: {name: a, labels: {disk: ssd}}
      status: {allocatable: {cpu: "4", memory: 8Gi, pods: "110"}}
      ---
      apiVersion: v1
      kind: Node
      metadata: {name: b}
      spec: {taints: [{key: special, effect: NoSchedule}]}
      status: {capacity: {cpu: 2500m, memory: 4Gi, pods: "110"}}
      """;

  @TempDir private Path folder = Path.of("");
  private final ResourceIndex resources = new ResourceIndex();
  private final InputReader reader = new InputReader(resources, "default");

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private List<PodRecord> pods(String text) throws IOException {
    return reader.pods(file("pods.yaml", text), reader.nodes(file("nodes.yaml", NODES)));
  }

  private void assertRefused(String name, String text, String message) throws IOException {
    Path file = file(name, text);
    assertThatThrownBy(() -> reader.pods(file, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(file + message);
  }

  @Test
  void nodesAreReadFromDocumentsInARow() throws IOException {
    List<NodeRecord> nodes = reader.nodes(file("nodes.yaml", NODES));

    assertThat(nodes).extracting(NodeRecord::name).containsExactly("a", "b");
    assertThat(nodes.get(0).allocatable(ResourceIndex.MEMORY)).isEqualTo(8L << 30);
    assertThat(nodes.get(1).allocatable(ResourceIndex.CPU)).isEqualTo(2500);
    assertThat(nodes.get(1).taints()).hasSize(1);
  }

  @Test
  void aListOfTheApiIsReadWhoseItemsDoNotNameTheirKind() throws IOException {
    String list =
        """
        {"kind": "NodeList", "apiVersion": "v1", "items": [
          {"metadata": {"name": "x"}, "status": {"allocatable": {"cpu": "1"}}}]}
        """;
    assertThat(reader.nodes(file("nodes.json", list)))
        .extracting(NodeRecord::name)
        .containsExactly("x");
  }

  @Test
  void workloadsStandForThePodsThatTheirControllersWouldMake() throws IOException {
    List<PodRecord> pods =
        pods(
            """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: apps/v1
              kind: Deployment
              metadata: {name: web, namespace: shop}
              spec:
                replicas: 3
                template:
                  metadata: {labels: {app: web}}
                  spec: {containers: [{name: c, image: i, resources: {limits: {cpu: 500m}}}]}
            - apiVersion: apps/v1
              kind: StatefulSet
              metadata: {name: db}
              spec:
                replicas: 2
                template: {spec: {containers: [{name: c, image: i}]}}
            - apiVersion: batch/v1
              kind: Job
              metadata: {name: job}
              spec:
                parallelism: 5
                completions: 2
                template: {spec: {containers: [{name: c, image: i}]}}
            - apiVersion: v1
              kind: Service
              metadata: {name: web}
            """);

    assertThat(pods)
        .extracting(PodRecord::key)
        .containsExactly(
            "shop/web-1",
            "shop/web-2",
            "shop/web-3",
            "default/db-0",
            "default/db-1",
            "default/job-1",
            "default/job-2");
    assertThat(pods.get(0).shape().request(ResourceIndex.CPU))
        .as("what is not requested is what is limited")
        .isEqualTo(500);
    assertThat(pods.get(0).shape()).isSameAs(pods.get(2).shape());
  }

  @Test
  void thePodsOfAStatefulSetMountTheClaimsThatAreMadeForThem() throws IOException {
    String set =
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db-1, namespace: shop}
        spec:
          replicas: 3
          ordinals: {start: 9}
          template:
            spec:
              volumes:
              - {name: data, emptyDir: {}}
              - {name: all, persistentVolumeClaim: {claimName: shared}}
              containers: [{name: c, image: i}]
          volumeClaimTemplates:
          - metadata: {name: data}
            spec: {storageClassName: fast}
        """;

    List<PodRecord> pods = pods(set);

    assertThat(pods).extracting(PodRecord::name).containsExactly("db-1-9", "db-1-10", "db-1-11");
    assertThat(pods)
        .extracting(pod -> pod.details().claims().stream().map(ClaimName::name).toList())
        .containsExactly(
            List.of("shared", "data-db-1-9"),
            List.of("shared", "data-db-1-10"),
            List.of("shared", "data-db-1-11"));
    assertThat(StatefulClaims.made(Yaml.read(set.getBytes(StandardCharsets.UTF_8))))
        .extracting(
            claim ->
                claim.at("/metadata/namespace").asText()
                    + "/"
                    + claim.at("/metadata/name").asText(),
            claim -> claim.at("/spec/storageClassName").asText())
        .containsExactly(
            tuple("shop/data-db-1-9", "fast"),
            tuple("shop/data-db-1-10", "fast"),
            tuple("shop/data-db-1-11", "fast"));
  }

  @Test
  void aPodThatStandsAloneEndsWithItsNode() throws IOException {
    String pod =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: alone}
        spec: {containers: [{name: c, image: i}]}
        """;
    assertThat(InputReader.fate(pods(pod).getFirst())).isEqualTo(WhatIf.Fate.GONE);
    String job =
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: job}
        spec: {template: {spec: {containers: [{name: c, image: i}]}}}
        """;
    assertThat(InputReader.fate(pods(job).getFirst())).isEqualTo(WhatIf.Fate.REPLACED);
  }

  @Test
  void aDaemonSetHasAPodOnEachNodeThatItsPodsTolerate() throws IOException {
    String daemons =
        """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent}
        spec:
          template:
            spec:
              %s
              containers: [{name: c, image: i}]
        """;
    assertThat(pods(daemons.formatted("")))
        .extracting(pod -> pod.shape().namedNodes())
        .containsExactly(List.of("a"));
    assertThat(pods(daemons.formatted("tolerations: [{operator: Exists}]")))
        .extracting(pod -> pod.shape().namedNodes())
        .containsExactly(List.of("a"), List.of("b"));
    assertThat(
            pods(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: other}
                spec: {containers: [{name: c, image: i}]}
                ---
                """
                    + daemons.formatted("nodeSelector: {disk: hdd}")))
        .hasSize(1);
  }

  @Test
  void podsCountOnceThoughTheirControllerIsThereToo() throws IOException {
    List<PodRecord> pods =
        pods(
            """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: rs, uid: u1}
            spec:
              replicas: 2
              template: {spec: {containers: [{name: c, image: i}]}}
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: rs-x
              ownerReferences:
              - {apiVersion: apps/v1, kind: ReplicaSet, name: rs, uid: u1, controller: true}
            spec: {containers: [{name: c, image: i}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: ended}
            spec: {containers: [{name: c, image: i}]}
            status: {phase: Succeeded}
            """);
    assertThat(pods).extracting(PodRecord::name).containsExactly("rs-1", "rs-2");
  }

  @Test
  void mistakesInFilesAreToldWithFileAndLine() throws IOException {
    assertRefused("a.yaml", "a: b\n---\n- 1\n", ":1: the object has no kind");
    Path unended = file("b.yaml", "kind: Pod\nmetadata: [\n");
    assertThatThrownBy(() -> reader.pods(unended, List.of()))
        .hasMessageStartingWith(unended + ":3: ");
    assertRefused(
        "c.yaml",
        "kind: Service\n---\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: many}\n",
        ":3: replicas is no count: \"many\"");
    assertRefused(
        "d.yaml",
        """
        kind: Service
        ---
        kind: Pod
        metadata: {name: p}
        spec: {containers: [{name: c, resources: {requests: {cpu: lots}}}]}
        """,
        ":3: Pod p: quantities must match the regular expression"
            + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    assertRefused(
        "e.json",
        "{\"kind\": \"List\", \"items\": [{\"kind\": \"Deployment\", \"metadata\": {\"name\":"
            + " \"d\"}}]}",
        ":1: items[0]: Deployment d has no pod template");
    assertRefused("f.yaml", "kind: Service\n", ": there are no pods in it, and no workloads");
    assertRefused("g.csv", "cpu_milli,memory_mib,num_gpu,gpu_milli\n1,2\n", ":2: 2 columns, not 4");
    assertRefused(
        "h.csv",
        "cpu_milli,memory_mib,num_gpu,gpu_milli\n1,-2,0,0\n",
        ":2: memory_mib is no amount: -2");
    assertRefused("i.csv", "cpu_milli\n1\n", ":1: there is no column memory_mib");
  }

  @Test
  void nodesOfOneNameAndNodesWithNothingAreRefused() throws IOException {
    Path twins = file("twins.yaml", NODES + "---\n" + NODES);
    assertThatThrownBy(() -> reader.nodes(twins)).hasMessage(twins + ": there are two nodes a");
    Path bare = file("bare.yaml", "kind: Node\nmetadata: {name: n}\n");
    assertThatThrownBy(() -> reader.nodes(bare))
        .hasMessage(bare + ":1: node n has no status.allocatable: nothing fits on it");
    Path none = file("none.yaml", "kind: Pod\nmetadata: {name: n}\n");
    assertThatThrownBy(() -> reader.nodes(none)).hasMessage(none + ": there are no nodes in it");
  }

  @Test
  void manyYamlDocumentsMayBeLargerThanOneMayBe() throws IOException {
    StringBuilder text = new StringBuilder();
    String filler = "x".repeat(1000);
    for (int i = 0; i < 4000; i++) {
      text.append("---\nkind: Node\nmetadata: {name: n").append(i).append(", annotations: {a: ");
      text.append(filler).append("}}\nstatus: {allocatable: {cpu: 1}}\n");
    }
    assertThat(reader.nodes(file("many.yaml", text.toString()))).hasSize(4000);

    Path broken = file("broken.yaml", text + "---\nkind: Node\nmetadata: {name: n0\n");
    assertThatThrownBy(() -> reader.nodes(broken)).hasMessageStartingWith(broken + ":16004: ");
  }

  @Test
  void tracesAreReadInAnyOrderOfTheirColumns() throws IOException {
    Path nodes = file("n.csv", "model,gpu,sn,cpu_milli,memory_mib\nT4,2,n1,4000,1024\n");
    Path pods =
        file(
            "p.csv",
            """
            name,gpu_spec,num_gpu,gpu_milli,memory_mib,cpu_milli
            p,T4|P100,1,460,512,1500
            q,,2,1000,512,0
            """);

    NodeRecord node = reader.nodes(nodes).getFirst();
    List<PodRecord> read = reader.pods(pods, List.of(node));
    assertThat(node.allocatable(ResourceIndex.GPU_MILLI)).isEqualTo(2000);
    assertThat(read.get(0).shape().gpuShare()).isEqualTo(460);
    assertThat(read.get(0).shape().selects("n1", node.labels())).isTrue();
    assertThat(read.get(1).shape().gpus()).isEqualTo(2);
  }
}
