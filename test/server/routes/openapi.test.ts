import { expect, test } from '@jest/globals';
import { ROUTES, type Route } from '@berth/schema/rest';
import { openApiDocument } from '@berth/server/routes';

const document = openApiDocument() as {
  openapi: string;
  paths: Record<string, Record<string, { responses: object; parameters?: { name: string; in: string }[] }>>;
  components: Record<string, Record<string, unknown>>;
};

const nodes = (node: unknown): unknown[] =>
  typeof node === 'object' && node !== null ? [node, ...Object.values(node).flatMap(nodes)] : [];

test('every route is there, with its parameters, and nothing else', () => {
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const routes = Object.values(ROUTES).map(
    ({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
  );
  expect(told.sort()).toEqual(routes.sort());
  for (const { method, path } of Object.values<Route>(ROUTES)) {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const operation = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method];
    const parameters = operation?.parameters?.filter((one) => one.in === 'path') ?? [];
    expect(parameters.map(({ name }) => name)).toEqual(names);
    expect(operation?.responses).toHaveProperty('default');
  }
});

test('every reference leads somewhere, and no schema carries a dialect or an address of its own', () => {
  const all = nodes(document) as Record<string, unknown>[];
  const refs = all.flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
  expect(refs.length).toBeGreaterThan(10);
  for (const ref of refs) {
    const [, kind = '', name = ''] = /^#\/components\/(\w+)\/(\w+)$/.exec(ref) ?? [];
    expect([ref, document.components[kind]?.[name]]).toEqual([ref, expect.anything()]);
  }
  for (const key of ['$schema', '$id', 'readOnly']) expect(all.filter((node) => key in node)).toEqual([]);
});
