package io.berth.apiserver.kinds;

import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.apiserver.admission.DefaultTolerations;
import io.berth.apiserver.admission.IngressDefaults;
import io.berth.apiserver.admission.LimitRanges;
import io.berth.apiserver.admission.NamespaceLifecycle;
import io.berth.apiserver.admission.NodeRestriction;
import io.berth.apiserver.admission.PlacementPreview;
import io.berth.apiserver.admission.PodPriorities;
import io.berth.apiserver.admission.ResourceQuotas;
import io.berth.apiserver.admission.RuntimeClasses;
import io.berth.apiserver.admission.ServiceAccounts;
import io.berth.apiserver.admission.StorageDefaults;
import io.berth.apiserver.admission.StorageProtection;
import io.berth.apiserver.admission.security.PodSecurity;
import io.berth.apiserver.authz.Authorization;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.custom.CustomKinds;
import io.berth.apiserver.custom.DefinitionStrategy;
import io.berth.apiserver.policy.MutatingPolicies;
import io.berth.apiserver.policy.Surroundings;
import io.berth.apiserver.policy.TypeChecks;
import io.berth.apiserver.policy.ValidatingPolicies;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.registry.ObjectStore;
import io.berth.apiserver.registry.ResourceHandler;
import io.berth.apiserver.registry.Strategies;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.webhook.AdmissionWebhooks;
import io.berth.apiserver.webhook.ServiceAddresses;
import io.berth.apiserver.webhook.WebhookClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts the kinds' rules and the admission steps together: the one place that lists them. */
public final class Kinds {
  private Kinds() {}

  /** What serves every resource, with an authorization of its own. */
  public static ResourceHandler handler(
      Store store, WatchCache cache, Environment environment, KindSettings settings) {
    return handler(store, cache, environment, settings, new Authorization(cache), Map.of());
  }

  /**
   * What serves every resource. From then on, until the environment ends, reservations that nothing
   * uses are looked for.
   *
   * @param questions what is answered rather than stored, beside access reviews
   */
  public static ResourceHandler handler(
      Store store,
      WatchCache cache,
      Environment environment,
      KindSettings settings,
      Authorization authorization,
      Map<Computed.Target, Computed> questions) {
    return handler(
        store,
        cache,
        environment,
        settings,
        authorization,
        questions,
        ServedResources.builtIn(),
        new PlacementPreview());
  }

  /**
   * The same, with custom resources.
   *
   * @param served gets what definitions define
   * @param preview says where pods would go
   */
  public static ResourceHandler handler(
      Store store,
      WatchCache cache,
      Environment environment,
      KindSettings settings,
      Authorization authorization,
      Map<Computed.Target, Computed> questions,
      ServedResources served,
      PlacementPreview preview) {
    ObjectStore objects = new ObjectStore(store, cache);
    Map<Computed.Target, Computed> computed = new HashMap<>(questions);
    computed.putAll(authorization.reviews());
    ServiceClaims claims =
        new ServiceClaims(
            store, settings.serviceNetwork(), settings.nodePorts(), environment.random());
    new ClaimRepair(cache, claims, environment).start();
    Strategies strategies = new Strategies(strategies(claims));
    WebhookClient webhooks =
        new WebhookClient(new ServiceAddresses(cache, environment.random()), environment.clock());
    Surroundings surroundings =
        new Surroundings(cache, environment, served, authorization.authorizer(), strategies);
    AdmissionWebhooks hooks = new AdmissionWebhooks(surroundings, webhooks);
    hooks.start();
    ValidatingPolicies policies = new ValidatingPolicies(surroundings);
    policies.start();
    MutatingPolicies mutating = new MutatingPolicies(surroundings);
    mutating.start();
    ResourceHandler handler =
        new ResourceHandler(
            objects,
            cache,
            environment,
            strategies,
            admission(objects, environment, authorization, mutating, policies, hooks, preview),
            computed);
    LocalCalls calls = new LocalCalls(handler, Identity.of("system:apiserver", Identity.MASTERS));
    new TypeChecks(surroundings, calls).start();
    new CustomKinds(cache, served, strategies, environment, calls, webhooks).start();
    new FlowSchemaStatus(cache, environment, calls).start();
    return handler;
  }

  private static Map<GroupResource, Strategy> strategies(ServiceClaims claims) {
    Map<GroupResource, Strategy> strategies = new HashMap<>(KindRules.all());
    put(
        strategies,
        Resources.CERTIFICATE_SIGNING_REQUESTS,
        new CertificateSigningRequestStrategy());
    put(strategies, Resources.CLUSTER_ROLES, new RoleStrategy());
    put(strategies, Resources.CLUSTER_ROLE_BINDINGS, new RoleBindingStrategy());
    put(strategies, Resources.API_SERVICES, new ApiServiceStrategy());
    put(strategies, Resources.CONFIG_MAPS, new ConfigMapStrategy());
    put(strategies, Resources.CRON_JOBS, new CronJobStrategy());
    put(strategies, Resources.DAEMON_SETS, new DaemonSetStrategy());
    put(strategies, Resources.CUSTOM_RESOURCE_DEFINITIONS, new DefinitionStrategy());
    put(strategies, Resources.DEPLOYMENTS, new WorkloadStrategy());
    put(strategies, Resources.ENDPOINT_SLICES, new EndpointSliceStrategy());
    put(strategies, Resources.EVENTS, new EventStrategy());
    put(strategies, Resources.HORIZONTAL_POD_AUTOSCALERS, new HorizontalPodAutoscalerStrategy());
    put(strategies, Resources.JOBS, new JobStrategy());
    put(strategies, Resources.NAMESPACES, new NamespaceStrategy());
    put(strategies, Resources.NODES, new NodeStrategy());
    put(strategies, Resources.PERSISTENT_VOLUMES, new PersistentVolumeStrategy());
    put(strategies, Resources.PERSISTENT_VOLUME_CLAIMS, new PersistentVolumeClaimStrategy());
    put(strategies, Resources.PODS, new PodStrategy());
    put(strategies, Resources.REPLICA_SETS, new WorkloadStrategy());
    put(strategies, Resources.REPLICATION_CONTROLLERS, new ReplicationControllerStrategy());
    put(strategies, Resources.RESOURCE_SLICES, new ResourceSliceStrategy());
    put(strategies, Resources.ROLES, new RoleStrategy());
    put(strategies, Resources.ROLE_BINDINGS, new RoleBindingStrategy());
    put(strategies, Resources.RUNTIME_CLASSES, new RuntimeClassStrategy());
    put(strategies, Resources.SECRETS, new SecretStrategy());
    put(strategies, Resources.SERVICE_ACCOUNTS, new ServiceAccountStrategy());
    put(strategies, Resources.SERVICES, new ServiceStrategy(claims));
    put(strategies, Resources.STATEFUL_SETS, new StatefulSetStrategy());
    return strategies;
  }

  private static void put(
      Map<GroupResource, Strategy> strategies, ResourceDefinition resource, Strategy strategy) {
    strategies.put(resource.groupResource(), strategy);
  }

  private static List<AdmissionStep> admission(
      ObjectStore objects,
      Environment environment,
      Authorization authorization,
      MutatingPolicies mutating,
      ValidatingPolicies policies,
      AdmissionWebhooks hooks,
      PlacementPreview preview) {
    return List.of(
        authorization.creation(),
        new NamespaceLifecycle(objects),
        new ServiceAccounts(objects, environment.random()),
        new LimitRanges(objects),
        new PodPriorities(objects),
        new DefaultTolerations(),
        new StorageDefaults(objects),
        new StorageProtection(),
        new IngressDefaults(objects),
        new RuntimeClasses(objects),
        mutating,
        policies,
        hooks,
        authorization.escalation(),
        authorization.signers(),
        new NodeRestriction(),
        new PodSecurity(objects),
        preview,
        new ResourceQuotas(objects)); // the last: what it counts is stored then
  }
}
