import { expect, test } from '@jest/globals';
import { HUB_ROUTES, ROUTES, SERVICE_ROUTES, type Route } from '@berth/schema/rest';
import { openApiDocument, type ContractName } from '../../../server/src/routes/openapi.ts';

interface Document {
  paths: Record<string, Record<string, { responses: object; parameters?: { name: string; in: string }[] }>>;
  components: Record<string, Record<string, unknown>>;
}
const CONTRACTS: readonly (readonly [ContractName, Readonly<Record<string, Route>>, number])[] = [
  ['user', ROUTES, 10],
  ['hub', HUB_ROUTES, 4],
  ['service', SERVICE_ROUTES, 2],
];

const nodes = (node: unknown): unknown[] =>
  typeof node === 'object' && node !== null ? [node, ...Object.values(node).flatMap(nodes)] : [];

test.each(CONTRACTS)('%s: every route is there, with its parameters, and nothing else', (name, table, _) => {
  const document = openApiDocument(name) as unknown as Document;
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const routes = Object.values(table).map(
    ({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
  );
  expect(told.sort()).toEqual(routes.sort());
  for (const { method, path } of Object.values(table)) {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const operation = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method];
    const parameters = operation?.parameters?.filter((one) => one.in === 'path') ?? [];
    expect(parameters.map(({ name }) => name)).toEqual(names);
    expect(operation?.responses).toHaveProperty('default');
  }
});

test.each(CONTRACTS)(
  '%s: every reference leads somewhere, and no schema carries a dialect or an address of its own',
  (name, _, least) => {
    const document = openApiDocument(name) as unknown as Document;
    const all = nodes(document) as Record<string, unknown>[];
    const refs = all.flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    expect(refs.length).toBeGreaterThan(least);
    for (const ref of refs) {
      const [, kind = '', name = ''] = /^#\/components\/(\w+)\/(\w+)$/.exec(ref) ?? [];
      expect([ref, document.components[kind]?.[name]]).toEqual([ref, expect.anything()]);
    }
    for (const key of ['$schema', '$id', 'readOnly']) expect(all.filter((node) => key in node)).toEqual([]);
  },
);
