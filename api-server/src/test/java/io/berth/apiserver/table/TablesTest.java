package io.berth.apiserver.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TablesTest {
  private static final Instant NOW = Instant.parse("2026-01-02T00:00:00Z");

  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> cells(ResourceDefinition resource, String object) {
    List<String> cells = new ArrayList<>();
    JsonNode tree = json(object);
    Tables.row(TableColumns.of(resource), tree, tree, NOW, Tables.Include.NONE)
        .path("cells")
        .forEach(cell -> cells.add(cell.asText()));
    return cells;
  }

  @ParameterizedTest
  @CsvSource({
    "0,0s",
    "119,119s",
    "120,2m",
    "330,5m30s",
    "600,10m",
    "10799,179m",
    "10800,3h",
    "12240,3h24m",
    "28800,8h",
    "172799,47h",
    "172800,2d",
    "180000,2d2h",
    "691200,8d",
    "63072000,2y",
    "63158400,2y1d"
  })
  void agesAreShort(long seconds, String text) {
    assertThat(Ages.text(Duration.ofSeconds(seconds))).isEqualTo(text);
  }

  private static String pod(String status) {
    return "{'metadata':{'name':'p','creationTimestamp':'2026-01-01T23:59:00Z'%s},"
            .formatted(status.contains("\n") ? ",'deletionTimestamp':'2026-01-02T00:00:00Z'" : "")
        + "'spec':{'nodeName':'n1','containers':[{'name':'a'},{'name':'b'}],"
        + "'initContainers':[{'name':'i'}]},'status':{"
        + status
        + "}}";
  }

  private static final String INITIALIZED =
      "'initContainerStatuses':[{'name':'i','state':{'terminated':{'exitCode':0}}}],";
  private static final String RUNNING = "'ready':true,'state':{'running':{}}";

  @Test
  void aPodInOneLine() {
    assertThat(
            cells(
                Resources.PODS,
                pod(
                    "'phase':'Running','podIP':'10.0.0.1',"
                        + INITIALIZED
                        + "'containerStatuses':[{'name':'a','restartCount':2,'lastState':"
                        + "{'terminated':{'finishedAt':'2026-01-01T23:55:00Z'}},"
                        + RUNNING
                        + "},{'name':'b',"
                        + RUNNING
                        + "}]")))
        .containsExactly(
            "p", "2/2", "Running", "2 (5m ago)", "60s", "10.0.0.1", "n1", "<none>", "<none>");
  }

  @Test
  void theStatusSaysWhatIsWrong() {
    assertStatus("'phase':'Pending'", "Pending");
    assertStatus(
        "'phase':'Pending','initContainerStatuses':[{'name':'i','state':{'running':{}}}]",
        "Init:0/1");
    assertStatus(
        "'phase':'Pending','initContainerStatuses':[{'name':'i','state':{'terminated':"
            + "{'exitCode':3}}}]",
        "Init:ExitCode:3");
    assertStatus(
        "'phase':'Pending','initContainerStatuses':[{'name':'i','state':{'waiting':"
            + "{'reason':'CrashLoopBackOff'}}}]",
        "Init:CrashLoopBackOff");
    assertStatus(
        "'phase':'Running',"
            + INITIALIZED
            + "'containerStatuses':[{'name':'a','state':{'waiting':{'reason':'ImagePullBackOff'}}},"
            + "{'name':'b',"
            + RUNNING
            + "}]",
        "ImagePullBackOff");
    assertStatus(
        "'phase':'Succeeded',"
            + INITIALIZED
            + "'containerStatuses':[{'name':'a','state':{'terminated':{'reason':'Completed'}}}]",
        "Completed");
    assertStatus(
        "'phase':'Failed',"
            + INITIALIZED
            + "'containerStatuses':[{'name':'a','state':{'terminated':{'exitCode':1,"
            + "'reason':'Error'}}}]",
        "Error");
    assertStatus(
        "'phase':'Running','conditions':[{'type':'Ready','status':'True'}],"
            + INITIALIZED
            + "'containerStatuses':[{'name':'a','state':{'terminated':{'reason':'Completed'}}},"
            + "{'name':'b',"
            + RUNNING
            + "}]",
        "Running");
    assertStatus("'phase':'Failed','reason':'Evicted'", "Evicted");
    assertStatus("'phase':'Running'\n", "Terminating");
    assertStatus("'phase':'Succeeded'\n", "Succeeded");
    assertStatus("'phase':'Running','reason':'NodeLost'\n", "Unknown");
  }

  private static void assertStatus(String status, String word) {
    assertThat(cells(Resources.PODS, pod(status)).get(2)).as(status).isEqualTo(word);
  }

  @Test
  void nodesServicesAndEventsInOneLine() {
    assertThat(
            cells(
                Resources.NODES,
                "{'metadata':{'name':'n','labels':{'node-role.kubernetes.io/control-plane':''},"
                    + "'creationTimestamp':'2026-01-01T00:00:00Z'},'spec':{'unschedulable':true},"
                    + "'status':{'conditions':[{'type':'Ready','status':'True'}],"
                    + "'nodeInfo':{'kubeletVersion':'v1.36.0','osImage':'Debian'},"
                    + "'addresses':[{'type':'InternalIP','address':'10.0.0.2'}]}}"))
        .containsExactly(
            "n",
            "Ready,SchedulingDisabled",
            "control-plane",
            "24h",
            "v1.36.0",
            "10.0.0.2",
            "<none>",
            "Debian",
            "<unknown>",
            "<unknown>");
    assertThat(
            cells(
                Resources.SERVICES,
                "{'metadata':{'name':'s','creationTimestamp':'2026-01-01T00:00:00Z'},"
                    + "'spec':{'type':'NodePort','clusterIP':'10.96.0.7','clusterIPs':['10.96.0.7'],"
                    + "'selector':{'b':'2','a':'1'},'ports':[{'port':80,'nodePort':30080,"
                    + "'protocol':'TCP'},{'port':53,'protocol':'UDP'}]}}"))
        .containsExactly(
            "s", "NodePort", "10.96.0.7", "<none>", "80:30080/TCP,53/UDP", "24h", "a=1,b=2");
    assertThat(
            cells(
                Resources.EVENTS,
                "{'metadata':{'name':'e'},'type':'Warning','reason':'Failed','message':'m\\n',"
                    + "'count':3,'involvedObject':{'kind':'Pod','name':'p'},"
                    + "'source':{'component':'kubelet','host':'n'},"
                    + "'firstTimestamp':'2026-01-01T23:50:00Z',"
                    + "'lastTimestamp':'2026-01-01T23:59:50Z'}"))
        .containsExactly(
            "10s", "Warning", "Failed", "pod/p", "", "kubelet, n", "m", "10m", "3", "e");
  }

  @Test
  void someNumbersAreAnnouncedAsText() {
    JsonNode map = json("{'metadata':{'name':'m'},'data':{'a':'1'}}");
    List<Column> columns = TableColumns.of(Resources.CONFIG_MAPS);
    assertThat(columns.get(1).definition().path("type").asText()).isEqualTo("string");
    JsonNode row = Tables.row(columns, map, map, NOW, Tables.Include.NONE);
    assertThat(row.at("/cells/1").isInt()).isTrue();
    assertThat(row.get("object").isNull()).as("rows show that they have no object").isTrue();
    assertThat(TableColumns.of(Resources.CLUSTER_ROLES).get(1).definition().path("type").asText())
        .isEqualTo("date");
  }

  @Test
  void everyKindHasColumnsAndToleratesAnEmptyObject() {
    for (ResourceDefinition resource : Resources.all()) {
      List<Column> columns = TableColumns.of(resource);
      JsonNode table = Tables.table(columns, true);
      JsonNode none = Json.object();
      JsonNode row = Tables.row(columns, none, none, NOW, Tables.Include.METADATA);
      assertThat(row.path("cells")).hasSameSizeAs(table.path("columnDefinitions"));
    }
  }

  @Test
  void columnsAreAnnouncedAsKubernetesDoes() {
    assertThat(announced(Resources.STORAGE_CLASSES, "AllowVolumeExpansion")).isEqualTo("string ");
    assertThat(announced(Resources.VOLUME_ATTACHMENTS, "Attacher")).isEqualTo("string name");
    assertThat(announced(Resources.VOLUME_ATTACHMENTS, "Attached")).isEqualTo("boolean ");
  }

  private static String announced(ResourceDefinition resource, String name) {
    return TableColumns.of(resource).stream()
        .filter(column -> column.name().equals(name))
        .map(column -> column.type() + " " + column.format())
        .findFirst()
        .orElseThrow();
  }
}
