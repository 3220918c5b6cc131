// What Kubernetes' JavaScript client does, thing by thing: node client.mjs THING... Prints what came of each.
import { createServer } from 'node:net';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

const k8s = await import(`${process.env.CLIENT_NODE}/node_modules/@kubernetes/client-node/dist/index.js`);
const namespace = 'default';
const config = new k8s.KubeConfig();
config.loadFromDefault(); // from $KUBECONFIG
const core = config.makeApiClient(k8s.CoreV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);

const say = (...words) => console.log(words.join(' '));
const map = (name, data, labels) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data });
const create = (body, options = {}) => core.createNamespacedConfigMap({ namespace, body, ...options });
const remove = (name) => core.deleteNamespacedConfigMap({ namespace, name });
const code = (call) => call.then(() => 'ok', (e) => e.code);

/** Waits until the condition holds. */
async function until(condition) {
  for (const end = Date.now() + 20_000; !(await condition()); await pause(20)) {
    if (Date.now() > end) throw new Error(`never came: ${condition}`);
  }
}

/** Collects what is written to it. */
class Sink extends Writable {
  text = '';
  _write(chunk, _encoding, done) {
    this.text += chunk;
    done();
  }
}

const things = {
  async objects() {
    const created = await create(map('js', { key: 'one' }));
    say('created', created.metadata.creationTimestamp instanceof Date);
    say('again', await code(create(map('js', {}))));
    created.data.key = 'two';
    await core.replaceNamespacedConfigMap({ namespace, name: 'js', body: created });
    say('stale', await code(core.replaceNamespacedConfigMap({ namespace, name: 'js', body: created })));
    say('read', (await core.readNamespacedConfigMap({ namespace, name: 'js' })).data.key);
    say('deleted', (await remove('js')).status);
    say('gone', await code(core.readNamespacedConfigMap({ namespace, name: 'js' })));
    await create(map('js-dry', {}), { dryRun: 'All' });
    say('dry run', await code(core.readNamespacedConfigMap({ namespace, name: 'js-dry' })));
  },

  async pages() {
    for (let i = 0; i < 5; i++) await create(map(`js-page-${i}`, {}, { of: 'pages' }));
    let _continue;
    do {
      const page = await core.listNamespacedConfigMap({ namespace, labelSelector: 'of=pages', limit: 2, _continue });
      say(page.items.map((item) => item.metadata.name).join(' '));
      _continue = page.metadata._continue;
    } while (_continue);
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'of=pages' });
    say('left', (await core.listNamespacedConfigMap({ namespace, labelSelector: 'of=pages' })).items.length);
  },

  async watch() {
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    let over;
    const ended = new Promise((resolve) => (over = resolve));
    const names = [];
    const request = await new k8s.Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata.resourceVersion, fieldSelector: 'metadata.name=js-watched' },
      (type, object) => {
        say(type, object.data.key);
        names.push(type);
      },
      over,
    );
    await create(map('js-watched', { key: 'one' }));
    await core.replaceNamespacedConfigMap({ namespace, name: 'js-watched', body: map('js-watched', { key: 'two' }) });
    await remove('js-watched');
    await until(() => names.length === 3);
    request.abort();
    say('ended', (await ended)?.name);
  },

  async informer() {
    const labelSelector = 'of=informer';
    await create(map('js-informed-1', { key: 'a' }, { of: 'informer' }));
    const informer = k8s.makeInformer(
      config,
      `/api/v1/namespaces/${namespace}/configmaps`,
      () => core.listNamespacedConfigMap({ namespace, labelSelector }),
      labelSelector,
    );
    let events = 0;
    for (const event of ['add', 'update', 'delete']) {
      informer.on(event, (object) => {
        say(event, object.metadata.name, object.data.key);
        events++;
      });
    }
    await informer.start();
    await until(() => events === 1);
    await create(map('js-informed-2', { key: 'b' }, { of: 'informer' }));
    await until(() => events === 2);
    const body = map('js-informed-2', { key: 'c' }, { of: 'informer' });
    await core.replaceNamespacedConfigMap({ namespace, name: 'js-informed-2', body });
    await until(() => events === 3);
    await remove('js-informed-1');
    await until(() => events === 4);
    say('cached', informer.list(namespace).map((object) => object.metadata.name));
    await informer.stop();
    await remove('js-informed-2');
  },

  async patches() {
    await create(map('js-patched', { a: '1' }));
    const as = (type) => k8s.setHeaderOptions('Content-Type', type);
    const patch = (body, type) => core.patchNamespacedConfigMap({ namespace, name: 'js-patched', body }, as(type));
    await patch([{ op: 'add', path: '/data/b', value: '2' }], k8s.PatchStrategy.JsonPatch);
    await patch({ data: { c: '3' } }, k8s.PatchStrategy.MergePatch);
    const patched = await patch({ data: { a: null } }, k8s.PatchStrategy.StrategicMergePatch);
    say(JSON.stringify(patched.data));
    await remove('js-patched');
  },

  async apply() {
    const apply = (manager, value, force) =>
      objects.patch(map('js-applied', { key: value }), undefined, undefined, manager, force, k8s.PatchStrategy.ServerSideApply);
    const owners = (object) => object.metadata.managedFields.map((owner) => `${owner.manager} ${owner.operation}`);
    say(owners(await apply('one', 'mine')));
    await apply('two', 'theirs').catch((e) => say(e.code, JSON.parse(e.body).message));
    const taken = await apply('two', 'theirs', true);
    say(owners(taken), taken.data.key);
    await remove('js-applied');
  },

  async streams() {
    const container = (name, script, stdin) => ({
      name, stdin, image: 'busybox', imagePullPolicy: 'Never', command: ['sh', '-c', script],
    });
    const name = 'js-talks';
    const containers = [container('main', 'echo hello; sleep 1; echo again; sleep infinity'), container('echo', 'cat; sleep infinity', true)];
    await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers } } });
    await until(async () => (await core.readNamespacedPod({ namespace, name })).status.phase === 'Running');

    const log = new Sink();
    const following = await new k8s.Log(config).log(namespace, name, 'main', log, { follow: true });
    await until(() => log.text.endsWith('again\n'));
    following.abort();
    say('log', JSON.stringify(log.text));

    const [out, err] = [new Sink(), new Sink()];
    const status = await new Promise((resolve, reject) => {
      const command = ['sh', '-c', 'echo out; echo err >&2; exit 4'];
      new k8s.Exec(config).exec(namespace, name, 'main', command, out, err, null, false, resolve).catch(reject);
    });
    say('exec', JSON.stringify(out.text), JSON.stringify(err.text), status.reason, JSON.stringify(status.details.causes));

    const [typed, echoed] = [new PassThrough(), new Sink()];
    const attached = await new k8s.Attach(config).attach(namespace, name, 'echo', echoed, null, typed, false);
    typed.write('typed\n');
    await until(() => echoed.text === 'typed\n');
    attached.close();
    say('attach', JSON.stringify(echoed.text));

    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [sent, received] = [new PassThrough(), new Sink()];
    const forward = await new k8s.PortForward(config).portForward(namespace, name, [server.address().port], received, null, sent);
    sent.write('ping');
    await until(() => received.text === 'ping');
    forward.close();
    server.close();
    say('port forward', received.text);
    await core.deleteNamespacedPod({ namespace, name });
  },

  async token() {
    const body = { spec: { audiences: [], expirationSeconds: 600 } };
    const { status } = await core.createNamespacedServiceAccountToken({ namespace, name: 'default', body });
    const robot = new k8s.KubeConfig();
    robot.loadFromClusterAndUser(config.getCurrentCluster(), { name: 'robot', token: status.token });
    const review = await robot.makeApiClient(k8s.AuthenticationV1Api).createSelfSubjectReview({ body: {} });
    say(review.status.userInfo.username);
    say(await code(robot.makeApiClient(k8s.CoreV1Api).listNamespacedSecret({ namespace })));
  },
};

for (const thing of process.argv.slice(2)) {
  say(`${thing}:`);
  await things[thing]();
}
process.exit(0); // without waiting for connections that are kept alive
