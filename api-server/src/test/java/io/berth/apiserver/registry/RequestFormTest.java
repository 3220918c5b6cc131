package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.CreateTest.assertRefused;
import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.named;
import static io.berth.apiserver.registry.TestingRegistry.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What requests may look like, and what their answers do. */
final class RequestFormTest {
  private static final String MAPS = Resources.CONFIG_MAPS.path("default");

  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private static byte[] bytes(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private static ApiRequest yaml(ApiRequest request) {
    return request.withHeader("content-type", "application/yaml");
  }

  @Test
  void aFieldThatComesTwiceIsWarnedOfAndItsLastValueCounts() {
    ApiRequest twice =
        ApiRequest.post(
            MAPS, bytes("{'metadata':{'name':'m','labels':{'a':'1','a':'2'}},'data':{},'foo':1}"));
    ApiResponse warned = registry.send(twice);
    assertThat(warned.status()).isEqualTo(201);
    assertThat(warned.headers().get("warning"))
        .isEqualTo(
            "299 - \"duplicate field \\\"metadata.labels.a\\\"\", 299 - \"unknown field"
                + " \\\"foo\\\"\"");
    assertThat(body(warned).at("/metadata/labels/a").asText()).isEqualTo("2");

    assertRefused(
        registry.send(twice.withQuery("fieldValidation", "Strict")),
        400,
        "BadRequest",
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error:"
            + " duplicate field \"metadata.labels.a\", unknown field \"foo\"");
    assertThat(
            registry
                .send(
                    ApiRequest.post(MAPS, bytes("{'metadata':{'name':'n','name':'o'}}"))
                        .withQuery("fieldValidation", "Ignore"))
                .headers())
        .doesNotContainKey("warning");
  }

  @Test
  void whatIsTwiceOrUnknownIsToldOfInTheOrderOfTheText() {
    String text =
        "{'metadata':{'name':'d'},'spec':{'unknown1':'v','unknownDupe':{'a':1,'a':2},"
            + "'unknownDupe':1,'paused':true,'paused':false,'selector':{'matchLabels':{'a':'b'}},"
            + "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c',"
            + "'image':'i','unknownNested':1,'imagePullPolicy':'Always',"
            + "'imagePullPolicy':'Never'}]}}}}";
    assertRefused(
        registry.send(
            ApiRequest.post(Resources.DEPLOYMENTS.path("default"), bytes(text))
                .withQuery("fieldValidation", "Strict")),
        400,
        "BadRequest",
        "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error:"
            + " unknown field \"spec.unknown1\", unknown field \"spec.unknownDupe\","
            + " duplicate field \"spec.paused\","
            + " unknown field \"spec.template.spec.containers[0].unknownNested\","
            + " duplicate field \"spec.template.spec.containers[0].imagePullPolicy\"");
  }

  @Test
  void warningsStayWithinWhatClientsTakeAsAHeader() {
    String longName = "x".repeat(300);
    StringBuilder text = new StringBuilder("{'metadata':{'name':'m'}");
    for (int i = 0; i < 50; i++) {
      text.append(",'f").append(i).append(longName).append("':1");
    }
    ApiResponse warned = registry.send(ApiRequest.post(MAPS, bytes(text.append('}').toString())));
    assertThat(warned.status()).isEqualTo(201);
    String header = Objects.requireNonNull(warned.headers().get("warning"));
    assertThat(header.length()).isBetween(4096, 5000);
    assertThat(header.split(", ")).hasSize(16).allMatch(w -> w.startsWith("299 - \"unknown field"));
  }

  @Test
  void aKeyThatYamlHasTwiceIsToldOfByItsLine() {
    String text = "metadata:\n  name: m\ndata:\n  a: '1'\n  a: '2'\nfoo: 1\n";
    ApiRequest twice = yaml(ApiRequest.post(MAPS, text.getBytes(StandardCharsets.UTF_8)));
    assertRefused(
        registry.send(twice.withQuery("fieldValidation", "Strict")),
        400,
        "BadRequest",
        "strict decoding error: yaml: unmarshal errors:\n  line 5: key \"a\" already set in map,"
            + " unknown field \"foo\"");
    ApiResponse warned = registry.send(twice);
    assertThat(warned.headers().get("warning"))
        .contains("line 5: key \\\"a\\\" already set in map");
    assertThat(body(warned).at("/data/a").asText()).isEqualTo("2");
  }

  @Test
  void whatAYamlTextHasUnknownIsToldOfInTheOrderOfTheNames() {
    String text = "zulu: 1\nmetadata:\n  name: m\n  yankee: 1\n  beta: 1\nalpha: 1\n";
    assertRefused(
        registry.send(
            yaml(ApiRequest.post(MAPS, text.getBytes(StandardCharsets.UTF_8)))
                .withQuery("fieldValidation", "Strict")),
        400,
        "BadRequest",
        "strict decoding error: unknown field \"alpha\", unknown field \"metadata.beta\","
            + " unknown field \"metadata.yankee\", unknown field \"zulu\"");
  }

  @Test
  void patchesAreHeldToTheSame() {
    registry.create(Resources.CONFIG_MAPS, "default", named("m"));
    String path = Resources.CONFIG_MAPS.path("default", "m");
    byte[] patch = bytes("{'data':{'a':'1','a':'2'},'foo':1}");
    for (String type :
        List.of("application/merge-patch+json", "application/strategic-merge-patch+json")) {
      ApiRequest request = ApiRequest.patch(path, type, patch);
      assertThat(registry.send(request).headers().get("warning")).contains("data.a", "foo");
      assertThat(registry.send(request.withQuery("fieldValidation", "Strict")).status())
          .isEqualTo(422);
    }
    ApiRequest apply =
        ApiRequest.patch(
                path,
                "application/apply-patch+yaml",
                bytes("{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {b: x, b: y}}"))
            .withQuery("fieldManager", "a");
    assertThat(registry.send(apply).headers().get("warning")).contains("key \\\"b\\\" already set");
    assertThat(registry.send(apply.withQuery("fieldValidation", "Strict")).status()).isEqualTo(400);
  }

  @Test
  void aPatchThatMakesSomethingElseIsRefusedWithWhatItMakes() {
    registry.create(Resources.CONFIG_MAPS, "default", named("m"));
    String path = Resources.CONFIG_MAPS.path("default", "m");
    String merge = "application/merge-patch+json";
    assertRefused(
        registry.send(ApiRequest.patch(path, merge, bytes("{'data':{'a':1}}"))),
        422,
        "Invalid",
        " \"\" is invalid: patch: Invalid value: \"{");
    assertRefused(
        registry.send(ApiRequest.patch(path, merge, bytes("{'kind':'Pod'}"))),
        422,
        "Invalid",
        "converting (v1.Pod) to (v1.ConfigMap): unknown conversion");
    assertRefused(
        registry.send(
            ApiRequest.patch(path, merge, bytes("{'foo':1}"))
                .withQuery("fieldValidation", "Strict")),
        422,
        "Invalid",
        "strict decoding error: unknown field \"foo\"");
    assertRefused(
        registry.send(ApiRequest.patch(path, merge, bytes("{'metadata':null}"))),
        400,
        "BadRequest",
        "the name of the object (m based on URL) was undeterminable: name must be provided");
  }

  @Test
  void bodiesThatAreSomethingElseAreToldOfAsTheyBegin() {
    assertRefused(
        registry.send(ApiRequest.post(MAPS, bytes(""))),
        400,
        "BadRequest",
        "the object provided is unrecognized (must be of type ConfigMap): couldn't get"
            + " version/kind; json parse error: unexpected end of JSON input (<empty>)");
    assertRefused(
        registry.send(ApiRequest.post(MAPS, bytes("hello"))), 400, "BadRequest", "(68656c6c6f)");
    assertRefused(
        registry.send(ApiRequest.post(MAPS, bytes("{'kind':'Pod','apiVersion':'v1'}"))),
        400,
        "BadRequest",
        "Pod in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Pod) to"
            + " (v1.ConfigMap): unknown conversion");
    assertRefused(
        registry.send(ApiRequest.post(MAPS, bytes("{}")).withHeader("content-type", "text/plain")),
        415,
        "UnsupportedMediaType",
        "application/json, application/yaml, application/vnd.kubernetes.protobuf");
    assertRefused(
        registry.send(ApiRequest.post(MAPS, bytes("{}")).withQuery("dryRun", "x")),
        422,
        "Invalid",
        "dryRun: Unsupported value: []string{\"x\"}: supported values: \"All\"");
  }

  @Test
  void ownersThatComeTwiceAreDropped() {
    String owner = "{'apiVersion':'v1','kind':'Pod','name':'p','uid':'u'}";
    String other = "{'apiVersion':'v1','kind':'Pod','name':'q','uid':'v'}";
    String metadata =
        "{'metadata':{'name':'m','ownerReferences':["
            + String.join(",", owner, other, owner)
            + "]}}";
    String warning =
        "; API server dedups owner references in 1.20+, and may reject such requests as early as"
            + " 1.24; please fix your requests; duplicate UID(s) observed: u\"";
    ApiResponse created = registry.send(ApiRequest.post(MAPS, bytes(metadata)));
    assertThat(created.headers().get("warning"))
        .isEqualTo("299 - \".metadata.ownerReferences contains duplicate entries" + warning);
    assertThat(body(created).at("/metadata/ownerReferences")).hasSize(2);
    String path = Resources.CONFIG_MAPS.path("default", "m");
    assertThat(registry.send(ApiRequest.put(path, bytes(metadata))).headers().get("warning"))
        .contains("contains duplicate entries;");
    ApiResponse patched =
        registry.send(ApiRequest.patch(path, "application/merge-patch+json", bytes(metadata)));
    assertThat(patched.headers().get("warning"))
        .contains("contains duplicate entries after mutating admission happens;");
    assertThat(body(patched).at("/metadata/ownerReferences")).hasSize(2);
  }

  @Test
  void metadataAndTablesComeAsEitherVersionAndWhereTheyFit() {
    registry.create(Resources.CONFIG_MAPS, "default", named("m"));
    String path = Resources.CONFIG_MAPS.path("default", "m");
    String beta = ";v=v1beta1;g=meta.k8s.io";
    ObjectNode table =
        body(
            registry.send(
                ApiRequest.get(MAPS)
                    .withHeader(
                        "accept", "application/json;as=Table" + beta + ",application/json")));
    assertThat(table.path("kind").asText()).isEqualTo("Table");
    assertThat(table.path("apiVersion").asText()).isEqualTo("meta.k8s.io/v1beta1");
    assertThat(table.at("/rows/0/object/apiVersion").asText()).isEqualTo("meta.k8s.io/v1beta1");
    ObjectNode list =
        body(
            registry.send(
                ApiRequest.get(MAPS)
                    .withHeader("accept", "application/json;as=PartialObjectMetadataList" + beta)));
    assertThat(list.path("apiVersion").asText()).isEqualTo("meta.k8s.io/v1beta1");
    assertThat(list.at("/items/0/apiVersion").asText()).isEqualTo("meta.k8s.io/v1beta1");
    String one = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    assertRefused(
        registry.send(ApiRequest.get(MAPS).withHeader("accept", one)),
        406,
        "NotAcceptable",
        "you requested PartialObjectMetadata, but the requested object is a list (ConfigMapList)");
    assertRefused(
        registry.send(ApiRequest.get(path).withHeader("accept", one.replace(";v", "List;v"))),
        406,
        "NotAcceptable",
        "you requested PartialObjectMetadataList, but the requested object is not a list"
            + " (ConfigMap)");
    assertRefused(
        registry.send(
            ApiRequest.get(MAPS)
                .withHeader("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
                .withQuery("includeObject", "All")),
        400,
        "BadRequest",
        "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be"
            + " 'Metadata', 'Object', 'None', or empty");
  }

  @Test
  void peopleGetIndentedJson() {
    registry.create(Resources.CONFIG_MAPS, "default", named("m"));
    ApiRequest get = ApiRequest.get(Resources.CONFIG_MAPS.path("default", "m"));
    String plain = new String(registry.send(get).body(), StandardCharsets.UTF_8);
    assertThat(plain).doesNotContain("\n");
    for (ApiRequest asked :
        List.of(get.withQuery("pretty", "true"), get.withHeader("user-agent", "curl/8.1"))) {
      ApiResponse pretty = registry.send(asked);
      assertThat(new String(pretty.body(), StandardCharsets.UTF_8))
          .startsWith(
              "{\n  \"kind\": \"ConfigMap\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {\n");
      assertThat(Json.parse(pretty.body()).toString()).isEqualTo(plain);
    }
    assertThat(
            registry
                .send(get.withQuery("pretty", "false").withHeader("user-agent", "curl/8.1"))
                .body())
        .doesNotContain((byte) '\n');
  }

  @Test
  void aLongListIsCompressedPieceByPiece() throws Exception {
    String value = "x".repeat(400_000);
    for (int i = 0; i < 4; i++) {
      registry.create(
          Resources.CONFIG_MAPS,
          "default",
          json("{'metadata':{'name':'m" + i + "'},'data':{'k':'" + value + "'}}"));
    }
    byte[] plain = whole(registry.stream(ApiRequest.get(MAPS)));
    TestingSink sink =
        registry.stream(ApiRequest.get(MAPS).withHeader("accept-encoding", "gzip, deflate"));
    byte[] packed = whole(sink);
    assertThat(packed.length).isLessThan(plain.length / 20);
    assertThat(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes())
        .isEqualTo(plain);

    ApiResponse pretty = registry.send(ApiRequest.get(MAPS).withQuery("pretty", "1"));
    assertThat(Json.parse(pretty.body()).toString()).isEqualTo(Json.parse(plain).toString());
    assertThat(pretty.body()).contains((byte) '\n');
  }

  private static byte[] whole(TestingSink sink) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] frame = sink.poll(); frame.length > 0; frame = sink.poll()) {
      all.writeBytes(frame);
    }
    return all.toByteArray();
  }

  private static ObjectNode lease(String name) {
    return json("{'metadata':{'name':'" + name + "','namespace':'default'},'spec':{}}");
  }

  @Test
  void somePutsCreateAndOthersDoNot() {
    ApiResponse created = registry.send(putRequest(Resources.LEASES, lease("l")));
    assertThat(created.status()).isEqualTo(201);
    assertThat(Meta.uid(body(created))).isNotEmpty();
    assertThat(Meta.text(body(created), "creationTimestamp")).isNotEmpty();

    ObjectNode known = lease("k");
    Meta.of(known).put("uid", "u");
    assertThat(registry.send(putRequest(Resources.LEASES, known)).status()).isEqualTo(409);
    ObjectNode other = lease("x");
    assertRefused(
        registry.send(ApiRequest.put(Resources.LEASES.path("default", "y"), Json.bytes(other))),
        400,
        "BadRequest",
        "does not match the name on the URL");
    ObjectNode map = named("m");
    Meta.of(map).put("namespace", "default");
    assertThat(registry.send(putRequest(Resources.CONFIG_MAPS, map)).status()).isEqualTo(404);
  }

  @Test
  void somePutsMustNameTheVersionTheyReplace() {
    ObjectNode lease = body(registry.send(putRequest(Resources.LEASES, lease("l"))).orThrow());
    ObjectNode unconditional = lease("l");
    assertRefused(
        registry.send(putRequest(Resources.LEASES, unconditional)),
        422,
        "Invalid",
        "Lease.coordination.k8s.io \"l\" is invalid: metadata.resourceVersion: Invalid value: 0x0:"
            + " must be specified for an update");
    lease.withObject("/spec").put("holderIdentity", "h");
    assertThat(registry.send(putRequest(Resources.LEASES, lease)).status()).isEqualTo(200);
    registry
        .send(
            ApiRequest.patch(
                Resources.LEASES.path("default", "l"),
                "application/merge-patch+json",
                bytes("{'spec':{'holderIdentity':'i'}}")))
        .orThrow();
  }

  private void assertListRefused(ResourceDefinition resource, String query, String message) {
    ApiRequest list = ApiRequest.get(resource.path("default"));
    for (String pair : query.split("&", -1)) {
      list = list.withQuery(pair.split("=", 2)[0], pair.split("=", 2)[1]);
    }
    assertRefused(registry.send(list), 422, "Invalid", message);
  }

  @Test
  void combinationsOfListOptionsThatMakeNoSenseAreRefused() {
    String match = "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: ";
    assertListRefused(
        Resources.PODS,
        "resourceVersionMatch=Exact",
        match + "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
    assertListRefused(
        Resources.PODS,
        "resourceVersionMatch=Exact&resourceVersion=0",
        match + "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    assertListRefused(
        Resources.PODS,
        "resourceVersionMatch=Nearly&resourceVersion=1",
        match + "Unsupported value: \"Nearly\": supported values: \"Exact\", \"NotOlderThan\"");
    assertListRefused(
        Resources.PODS,
        "resourceVersionMatch=Exact&resourceVersion=1&continue=x",
        match + "Forbidden: resourceVersionMatch is forbidden when continue is provided");
    assertListRefused(
        Resources.PODS,
        "sendInitialEvents=true",
        "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list");
    assertListRefused(
        Resources.PODS,
        "watch=1&sendInitialEvents=true",
        match
            + "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    assertListRefused(
        Resources.PODS,
        "watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1",
        match
            + "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is"
            + " provided");
    assertListRefused(
        Resources.PODS,
        "watch=1&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1",
        "resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"");
    assertRefused(
        registry.send(ApiRequest.get(MAPS).withQuery("limit", "many")),
        400,
        "BadRequest",
        "strconv.ParseInt: parsing \"many\": invalid syntax");
    assertRefused(
        registry.send(
            ApiRequest.get(MAPS).withQuery("continue", "x").withQuery("resourceVersion", "5")),
        400,
        "BadRequest",
        "specifying resource version is not allowed when using continue");
  }
}
