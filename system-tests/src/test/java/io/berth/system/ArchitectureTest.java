package io.berth.system;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/** The law of the modules: who may know whom, and where time, threads and chance come from. */
@AnalyzeClasses(packages = "io.berth", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule theApiKnowsNoOtherModule =
      noClasses()
          .that()
          .resideInAPackage("io.berth.api..")
          .should()
          .dependOnClassesThat(
              inModules(
                  "client", "apiserver", "scheduler", "controllers", "agent", "cli", "bench"));

  @ArchTest
  static final ArchRule theClientKnowsOnlyTheApi =
      noClasses()
          .that()
          .resideInAPackage("io.berth.client..")
          .should()
          .dependOnClassesThat(
              inModules("apiserver", "scheduler", "controllers", "agent", "cli", "bench"));

  @ArchTest
  static final ArchRule theApiServerKnowsOnlyTheApi =
      noClasses()
          .that()
          .resideInAPackage("io.berth.apiserver..")
          .should()
          .dependOnClassesThat(
              inModules("client", "scheduler", "controllers", "agent", "cli", "bench"));

  @ArchTest
  static final ArchRule theSchedulerKnowsOnlyApiAndClient =
      noClasses()
          .that()
          .resideInAPackage("io.berth.scheduler..")
          .should()
          .dependOnClassesThat(inModules("apiserver", "controllers", "agent", "cli", "bench"));

  @ArchTest
  static final ArchRule controllersKnowOnlyApiAndClient =
      noClasses()
          .that()
          .resideInAPackage("io.berth.controllers..")
          .should()
          .dependOnClassesThat(inModules("apiserver", "scheduler", "agent", "cli", "bench"))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule theAgentKnowsOnlyApiAndClient =
      noClasses()
          .that()
          .resideInAPackage("io.berth.agent..")
          .should()
          .dependOnClassesThat(inModules("apiserver", "scheduler", "controllers", "cli", "bench"));

  @ArchTest
  static final ArchRule theSchedulersCoreIsPure =
      noClasses()
          .that()
          .resideInAPackage("io.berth.scheduler.core..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.berth.client..",
              "io.berth.api.transport..",
              "io.berth.api.time..",
              "org.slf4j..");

  @ArchTest
  static final ArchRule vertxStaysAtTheServersEdges =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.berth.apiserver.http..", "io.berth.agent.server..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.vertx..");

  @ArchTest
  static final ArchRule jetcdStaysInTheEtcdStore =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.berth.apiserver.store.etcd..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.etcd..");

  /**
   * Time, threads and chance come from an Environment, so that a whole cluster runs from one seed.
   */
  @ArchTest
  static final ArchRule timeThreadsAndChanceAreInjected =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.berth.api.time..", "io.berth.cli..")
          .should()
          .callMethodWhere(drawsOnTheRealWorld());

  @ArchTest
  static final ArchRule onlyRootsMakeThreads =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.berth.api.time..", "io.berth.cli..")
          .should()
          .callConstructorWhere(
              DescribedPredicate.describe(
                  "new Thread", call -> call.getTargetOwner().isEquivalentTo(Thread.class)));

  @ArchTest
  static final ArchRule modulesHaveNoCycles =
      slices().matching("io.berth.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule namesSayWhatThingsAre =
      classes()
          .should()
          .haveSimpleNameNotEndingWith("Impl")
          .andShould()
          .haveSimpleNameNotEndingWith("Manager")
          .andShould()
          .haveSimpleNameNotEndingWith("Util")
          .andShould()
          .haveSimpleNameNotEndingWith("Utils");

  private static DescribedPredicate<JavaClass> inModules(String... names) {
    Set<String> modules = Set.of(names);
    return DescribedPredicate.describe(
        "in " + modules,
        type ->
            type.getPackageName().startsWith("io.berth.")
                && modules.contains(type.getPackageName().split("\\.")[2]));
  }

  private static DescribedPredicate<JavaCall<?>> drawsOnTheRealWorld() {
    return DescribedPredicate.describe(
        "the machine's clock, threads or chance",
        call -> {
          JavaClass owner = call.getTargetOwner();
          String method = call.getName();
          return (owner.isEquivalentTo(Instant.class) && method.equals("now"))
              || (owner.isEquivalentTo(System.class)
                  && (method.equals("nanoTime") || method.equals("currentTimeMillis")))
              || (owner.isEquivalentTo(Thread.class)
                  && (method.equals("sleep") || method.equals("startVirtualThread")))
              || owner.isEquivalentTo(Executors.class)
              || (owner.isEquivalentTo(CompletableFuture.class) && method.endsWith("Async"))
              || (owner.isEquivalentTo(UUID.class) && method.equals("randomUUID"))
              || (owner.isEquivalentTo(Math.class) && method.equals("random"));
        });
  }
}
