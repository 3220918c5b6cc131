package io.berth.apiserver.policy;

import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import io.berth.apiserver.cel.AuthorizerFunctions;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Compiler.CompilationException;
import io.berth.apiserver.cel.Expression;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Compiles the expressions of one policy, or of the conditions of one webhook: each may name the
 * write, and the policy's variables that stand before it. For one thread.
 */
final class Expressions {
  private static final CelType TEXT = SimpleType.STRING;
  private static final CelType TEXTS = ListType.create(TEXT);
  private static final CelType LABELS = MapType.create(TEXT, TEXT);

  private static final StructType GROUP_KIND =
      struct("kubernetes.GroupVersionKind", Map.of("group", TEXT, "version", TEXT, "kind", TEXT));

  private static final StructType GROUP_RESOURCE =
      struct(
          "kubernetes.GroupVersionResource",
          Map.of("group", TEXT, "version", TEXT, "resource", TEXT));

  private static final StructType USER =
      struct(
          "kubernetes.UserInfo",
          Map.of(
              "username",
              TEXT,
              "uid",
              TEXT,
              "groups",
              TEXTS,
              "extra",
              MapType.create(TEXT, TEXTS)));

  private static final StructType REQUEST =
      struct(
          "kubernetes.AdmissionRequest",
          ImmutableMap.<String, CelType>builder()
              .put("kind", GROUP_KIND)
              .put("resource", GROUP_RESOURCE)
              .put("subResource", TEXT)
              .put("requestKind", GROUP_KIND)
              .put("requestResource", GROUP_RESOURCE)
              .put("requestSubResource", TEXT)
              .put("name", TEXT)
              .put("namespace", TEXT)
              .put("operation", TEXT)
              .put("userInfo", USER)
              .put("dryRun", SimpleType.BOOL)
              .put("options", SimpleType.DYN)
              .buildOrThrow());

  private static final StructType NAMESPACE_METADATA =
      struct(
          "kubernetes.NamespaceMetadata",
          ImmutableMap.<String, CelType>builder()
              .put("name", TEXT)
              .put("generateName", TEXT)
              .put("namespace", TEXT)
              .put("labels", LABELS)
              .put("annotations", LABELS)
              .put("UID", TEXT)
              .put("creationTimestamp", SimpleType.TIMESTAMP)
              .put("deletionGracePeriodSeconds", SimpleType.INT)
              .put("deletionTimestamp", SimpleType.TIMESTAMP)
              .put("generation", SimpleType.INT)
              .put("resourceVersion", TEXT)
              .put("finalizers", TEXTS)
              .buildOrThrow());

  private static final StructType NAMESPACE_SPEC =
      struct("kubernetes.NamespaceSpec", Map.of("finalizers", TEXTS));

  private static final StructType NAMESPACE_STATUS =
      struct("kubernetes.NamespaceStatus", Map.of("phase", TEXT));

  private static final StructType NAMESPACE =
      struct(
          "kubernetes.Namespace",
          Map.of(
              "metadata", NAMESPACE_METADATA, "spec", NAMESPACE_SPEC, "status", NAMESPACE_STATUS));

  private static final List<CelType> TYPES =
      List.of(
          GROUP_KIND,
          GROUP_RESOURCE,
          USER,
          REQUEST,
          NAMESPACE_METADATA,
          NAMESPACE_SPEC,
          NAMESPACE_STATUS,
          NAMESPACE);

  /**
   * What expressions are compiled for.
   *
   * @param params whether there are parameters
   * @param authorizer whether they may ask what the user may do
   */
  private record Kind(boolean params, boolean authorizer) {}

  /** Those of policies without variables; making one takes longer than a compilation. */
  private static final Map<Kind, Compiler> PLAIN = new ConcurrentHashMap<>();

  /** Those for the variables so far. */
  private final Map<Kind, Compiler> compilers = new HashMap<>();

  private final boolean params;
  private final CelType object;
  private final List<CelType> types;
  private final Map<String, CelType> variables = new LinkedHashMap<>();

  /**
   * Over objects of which nothing is known.
   *
   * @param params whether there are parameters
   */
  Expressions(boolean params) {
    this(params, SimpleType.DYN, List.of());
  }

  /**
   * Over objects of one type.
   *
   * @param types that the object's refers to
   */
  Expressions(boolean params, CelType object, List<CelType> types) {
    this.params = params;
    this.object = object;
    this.types = List.copyOf(types);
  }

  /**
   * @throws CompilationException it is no expression, or one of another type
   */
  Expression compile(String text, Compiler.Result result) throws CompilationException {
    return compiler(true).compile(text, result);
  }

  /** Of a message: it may not ask what the user may do. */
  Expression compileMessage(String text) throws CompilationException {
    return compiler(false).compile(text, Compiler.Result.STRING);
  }

  Expression compileMutation(String text) throws CompilationException {
    return compiler(true).compileMutation(text);
  }

  /** What comes later may name this variable. */
  void declare(String name, Expression variable) {
    variables.put(name, Compiler.typeOf(variable));
    compilers.clear();
  }

  private Compiler compiler(boolean authorizer) {
    Kind kind = new Kind(params, authorizer);
    boolean plain = variables.isEmpty() && object.equals(SimpleType.DYN);
    return (plain ? PLAIN : compilers).computeIfAbsent(kind, this::compiler);
  }

  private Compiler compiler(Kind kind) {
    Map<String, CelType> names = new HashMap<>();
    names.put("object", object);
    names.put("oldObject", object);
    names.put("request", REQUEST);
    names.put("namespaceObject", NAMESPACE);
    if (kind.params()) {
      names.put("params", SimpleType.DYN);
    }
    if (kind.authorizer()) {
      names.put("authorizer", AuthorizerFunctions.AUTHORIZER);
      names.put("authorizer.requestResource", AuthorizerFunctions.RESOURCE_CHECK);
    }
    List<CelType> all = new ArrayList<>(TYPES);
    all.addAll(types);
    if (!variables.isEmpty()) {
      StructType struct = struct("kubernetes.variables", variables);
      names.put("variables", struct);
      all.add(struct);
    }
    return new Compiler(names, all);
  }

  private static StructType struct(String name, Map<String, ? extends CelType> all) {
    ImmutableMap<String, CelType> fields = ImmutableMap.copyOf(all);
    return StructType.create(
        name, fields.keySet(), field -> Optional.ofNullable(fields.get(field)));
  }
}
