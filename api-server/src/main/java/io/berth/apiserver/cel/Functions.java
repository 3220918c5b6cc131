package io.berth.apiserver.cel;

import java.util.ArrayList;
import java.util.List;

/** All functions that Kubernetes adds to the language, where the common extensions lack them. */
final class Functions {
  private static final List<Function> ALL = collect();

  private Functions() {}

  static List<Function> all() {
    return ALL;
  }

  private static List<Function> collect() {
    List<Function> all = new ArrayList<>();
    all.addAll(ListFunctions.all());
    all.addAll(TextFunctions.all());
    all.addAll(UrlFunctions.all());
    all.addAll(QuantityFunctions.all());
    all.addAll(AddressFunctions.all());
    all.addAll(SemverFunctions.all());
    all.addAll(AuthorizerFunctions.all());
    return List.copyOf(all);
  }
}
