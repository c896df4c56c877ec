import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../src/config.ts';
import { startEmbeddedPostgres } from '../src/embeddedPostgres.ts';

// Nothing here can run a container, so the files are read as strictly as they can be.

const root = fileURLToPath(new URL('../../', import.meta.url));
// biome-ignore lint/suspicious/noExplicitAny: YAML documents are walked freely
type Yaml = any;
const documents = async (path: string): Promise<Yaml[]> => {
  const parsed = parseAllDocuments(await readFile(join(root, path), 'utf8'), {
    strict: true,
    merge: true,
    uniqueKeys: true,
  });
  for (const document of parsed) expect(document.errors, path).toEqual([]);
  return parsed.map((document) => document.toJS());
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diarist-deploy-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('compose: every volume and dependency exists, every setting is one that the service reads', async () => {
  const [compose] = await documents('compose.yaml');
  const source = await readFile(join(root, 'server/src/config.ts'), 'utf8');
  for (const [name, service] of Object.entries(compose.services as Record<string, Yaml>)) {
    for (const needed of Object.keys(service.depends_on ?? {})) expect(Object.keys(compose.services)).toContain(needed);
    for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    if (name !== 'server' && name !== 'worker') continue;
    for (const setting of Object.keys(service.environment)) expect(source).toContain(`  ${setting}: `);
    expect(service.read_only).toBe(true);
  }
});

test('kubernetes: selectors meet their pods, references exist, and no container may be root', async () => {
  const [kustomization] = await documents('deploy/kubernetes/kustomization.yaml');
  const files = (await readdir(join(root, 'deploy/kubernetes'))).filter((file) => file !== 'kustomization.yaml');
  expect([...kustomization.resources].sort()).toEqual(files.sort());
  const all = (await Promise.all(files.map((file) => documents(`deploy/kubernetes/${file}`)))).flat();
  const named = (kind: string) => all.filter((one) => one.kind === kind);
  const source = await readFile(join(root, 'server/src/config.ts'), 'utf8');
  for (const setting of Object.keys(named('ConfigMap')[0].data)) expect(source).toContain(`  ${setting}: `);
  for (const { spec } of named('Deployment')) {
    const { template } = spec;
    expect(template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    expect(template.spec.securityContext.runAsNonRoot).toBe(true);
    const volumes = template.spec.volumes.map((volume: Yaml) => volume.name);
    for (const container of template.spec.containers) {
      expect(container.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
      for (const mount of container.volumeMounts) expect(volumes).toContain(mount.name);
      const ports = container.ports.map((port: Yaml) => port.name);
      for (const probe of [container.livenessProbe, container.readinessProbe])
        if (probe) expect(ports).toContain(probe.httpGet.port);
      for (const from of container.envFrom) expect((from.configMapRef ?? from.secretRef).name).toBe('diarist');
    }
  }
  const pods = named('Deployment').map(({ spec }) => spec.template.metadata.labels);
  const matches = (selector: Yaml) =>
    pods.some((labels) => Object.entries(selector).every(([key, value]) => labels[key] === value));
  for (const { spec } of named('Service')) expect(matches(spec.selector)).toBe(true);
  const deployments = named('Deployment').map(({ metadata }) => metadata.name);
  for (const { spec } of named('ScaledObject')) expect(deployments).toContain(spec.scaleTargetRef.name);
});

test('the Dockerfile copies from stages and paths that exist, and ends as an ordinary user', async () => {
  const text = await readFile(join(root, 'Dockerfile'), 'utf8');
  const stages = [...text.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, name]) => name);
  for (const [, stage] of text.matchAll(/--from=(\w+)/g)) expect(stages).toContain(stage);
  expect(text.match(/^USER (\w+)$/gm)?.at(-1)).toBe('USER node');
  expect(text).toContain('ENTRYPOINT ["tini", "--", "node", "server/bin/diarist-server.js"]');
  for (const path of ['package-lock.json', '.npmrc', 'engine/models', 'server/bin/diarist-server.js'])
    await stat(join(root, path));
});

test('every setting is in the table of docs/self-hosting.md', async () => {
  const page = await readFile(join(root, 'docs/self-hosting.md'), 'utf8');
  const source = await readFile(join(root, 'server/src/config.ts'), 'utf8');
  const settings = [...source.matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map(([, name]) => name);
  expect(settings.length).toBeGreaterThan(40);
  expect(settings.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  expect(readConfig({}).port).toBe(8080);
});

test('a backup put back into a new folder holds what was there; a running server is not copied', async () => {
  const data = join(dir, 'data');
  const query = async (url: string, sql: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows;
  };
  const sh = (script: string, ...args: string[]) =>
    spawnSync('sh', [join(root, 'deploy', script), ...args], { encoding: 'utf8' });
  const postgres = await startEmbeddedPostgres(data);
  await query(postgres.url, "create table kept (name text); insert into kept values ('Sam')");
  const early = sh('backup.sh', data, join(dir, 'backup.tar.gz'));
  expect(early.status).toBe(1);
  expect(early.stderr).toContain('Stop diarist serve first');
  await postgres.stop();
  expect(sh('backup.sh', data, join(dir, 'backup.tar.gz')).status).toBe(0);
  expect(sh('restore.sh', join(dir, 'backup.tar.gz'), data).stderr).toContain('is not empty');
  expect(sh('restore.sh', join(dir, 'backup.tar.gz'), join(dir, 'new')).status).toBe(0);
  const again = await startEmbeddedPostgres(join(dir, 'new'));
  expect(await query(again.url, 'select name from kept')).toEqual([{ name: 'Sam' }]);
  await again.stop();
});
