package io.berth.apiserver.authz;

import io.berth.apiserver.authz.Policies.Binding;
import io.berth.apiserver.server.Authorizer.Access;
import io.berth.apiserver.server.Authorizer.Decision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What one user is granted by the policies of one moment. Answers are remembered by all that rules
 * look at except the object's name, so that they are as many as there are kinds of questions. Safe
 * for use by many threads.
 */
final class Grants {
  private static final int MAX_ANSWERS = 256;

  private record Question(
      String verb,
      String group,
      String resource,
      String subresource,
      String namespace,
      String path) {
    static Question of(Access what) {
      return new Question(
          what.verb(),
          what.group(),
          what.resource(),
          what.subresource(),
          what.namespace(),
          what.path());
    }
  }

  /**
   * @param all holds whatever the name, or null
   * @param named holds for objects of a name
   * @param refusal for all others
   */
  private record Answer(@Nullable Decision all, Map<String, Decision> named, Decision refusal) {
    Decision of(String name) {
      return all != null ? all : named.getOrDefault(name, refusal);
    }
  }

  /** The rules that hold somewhere, and roles that are bound but not there. */
  record Rules(List<PolicyRule> rules, List<String> missing) {}

  private final Function<String, List<Binding>> bindings;
  private final Map<String, List<Binding>> byNamespace = new ConcurrentHashMap<>();
  private final Map<Question, Answer> answers = new ConcurrentHashMap<>();

  /**
   * @param bindings those of the user in a namespace, or with "" those that hold everywhere
   */
  Grants(Function<String, List<Binding>> bindings) {
    this.bindings = bindings;
  }

  Decision decide(Access what) {
    Question question = Question.of(what);
    Answer answer = answers.get(question);
    if (answer == null) {
      answer = answer(what);
      if (answers.size() >= MAX_ANSWERS) {
        answers.clear();
      }
      answers.put(question, answer);
    }
    return answer.of(what.name());
  }

  private Answer answer(Access what) {
    Map<String, Decision> named = new HashMap<>();
    TreeSet<String> missing = new TreeSet<>();
    for (Binding binding : in(what.isPath() ? "" : what.namespace())) {
      List<PolicyRule> rules = binding.rules();
      if (rules == null) {
        missing.add(binding.role() + " not found");
        continue;
      }
      for (PolicyRule rule : rules) {
        if (rule.allowsButForName(what)) {
          Decision yes = Decision.allow("RBAC: allowed by " + binding.description());
          if (what.isPath() || rule.names().isEmpty()) {
            return new Answer(yes, Map.of(), Decision.NO);
          }
          rule.names().forEach(name -> named.putIfAbsent(name, yes));
        }
      }
    }
    return new Answer(null, named, Decision.deny(told(missing)));
  }

  private static String told(Set<String> missing) {
    if (missing.isEmpty()) {
      return "";
    }
    String all = String.join(", ", missing);
    return "RBAC: " + (missing.size() == 1 ? all : "[" + all + "]");
  }

  /** The user's bindings that hold in a namespace, those that hold everywhere first. */
  private List<Binding> in(String namespace) {
    List<Binding> known = byNamespace.get(namespace);
    if (known == null) {
      List<Binding> all = new ArrayList<>(bindings.apply(""));
      if (!namespace.isEmpty()) {
        all.addAll(bindings.apply(namespace));
      }
      if (byNamespace.size() >= MAX_ANSWERS) {
        byNamespace.clear();
      }
      byNamespace.put(namespace, all);
      return all;
    }
    return known;
  }

  /** All rules that hold in a namespace; with "" those that hold everywhere. */
  Rules rules(String namespace) {
    List<PolicyRule> rules = new ArrayList<>();
    TreeSet<String> missing = new TreeSet<>();
    for (Binding binding : in(namespace)) {
      List<PolicyRule> own = binding.rules();
      if (own == null) {
        missing.add(binding.role() + " not found");
      } else {
        rules.addAll(own);
      }
    }
    return new Rules(rules, List.copyOf(missing));
  }
}
