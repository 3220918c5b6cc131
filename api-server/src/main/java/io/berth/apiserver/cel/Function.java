package io.berth.apiserver.cel;

import dev.cel.bundle.CelBuilder;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One function of a library in one form.
 *
 * @param name as expressions call it
 * @param member whether it is called on its first argument
 * @param result its type
 * @param arguments their types
 * @param classes of the arguments' values
 * @param body what it does
 */
record Function(
    String name,
    boolean member,
    CelType result,
    List<CelType> arguments,
    List<Class<?>> classes,
    CelFunctionOverload body) {

  static Function member(
      String name, CelType result, Class<?> of, CelFunctionOverload body, CelType... arguments) {
    return new Function(
        name, true, result, List.of(arguments), classes(of, arguments.length), body);
  }

  static Function global(
      String name, CelType result, CelFunctionOverload body, CelType... arguments) {
    return new Function(
        name, false, result, List.of(arguments), classes(Object.class, arguments.length), body);
  }

  /** A function of one argument whose name the language has for other types. */
  static Function overload(
      String name, CelType result, Class<?> of, CelFunctionOverload body, CelType argument) {
    return new Function(name, false, result, List.of(argument), List.of(of), body);
  }

  private static List<Class<?>> classes(Class<?> first, int count) {
    List<Class<?>> classes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      classes.add(i == 0 ? first : Object.class);
    }
    return classes;
  }

  private String overload() {
    List<String> types = arguments.stream().map(CelType::name).toList();
    return "kubernetes_" + name + "_" + (member ? "member_" : "") + String.join("_", types);
  }

  void addTo(CelBuilder builder) {
    String id = overload();
    CelOverloadDecl overload =
        member
            ? CelOverloadDecl.newMemberOverload(id, result, arguments)
            : CelOverloadDecl.newGlobalOverload(id, result, arguments);
    builder.addFunctionDeclarations(CelFunctionDecl.newFunctionDeclaration(name, overload));
    builder.addFunctionBindings(CelFunctionBinding.from(id, classes, body));
  }

  /** The values of a list, to be changed. */
  static List<Object> list(Object value) {
    return value instanceof List<?> list
        ? new ArrayList<>(list)
        : new ArrayList<>(Arrays.asList(value));
  }
}
