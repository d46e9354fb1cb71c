import { Allocation, Launch, Outcome, Profile, Resources } from '@berth/schema';
import * as rest from '@berth/schema/rest';
import { HUB_ROUTES, ROUTES, SERVICE_ROUTES, ServerEvent, type Route } from '@berth/schema/rest';
import * as z from 'zod/mini';

type Json = Readonly<Record<string, unknown>>;

/** A readonly value of TypeScript is no property that a client must not send. */
const override = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
  delete jsonSchema.readOnly;
};

/** What is said over a socket of its own. */
const NOT_HTTP: ReadonlySet<string> = new Set(['FromLauncher', 'ToLauncherLine']);
/** What an answer names instead of repeating it. */
const NAMED = z.registry<{ id: string }>();
for (const [id, value] of Object.entries({ ...rest, Allocation, Launch, Outcome, Profile, Resources }))
  if (value instanceof z.core.$ZodType && !NOT_HTTP.has(id)) NAMED.add(value, { id });
const refTo = (id: string): string => `#/components/schemas/${id}`;

/** The dialect is said once, for the whole document. */
function bare({ $schema: _, $id: __, ...node }: Json): Json {
  return node;
}

/** What is sent to us: whole, since what may be left out there is always there in an answer. */
const inputOf = (schema: z.ZodMiniType): Json => bare(z.toJSONSchema(schema, { io: 'input', override }));

function outputOf(schema: z.ZodMiniType): Json {
  const id = NAMED.get(schema)?.id;
  if (id !== undefined) return { $ref: refTo(id) };
  return bare(z.toJSONSchema(schema, { io: 'output', override }));
}

function namedSchemas(): Json {
  const { schemas } = z.toJSONSchema(NAMED, { io: 'output', uri: refTo, override });
  return Object.fromEntries(Object.entries(schemas).map(([id, node]) => [id, bare(node as Json)] as const));
}

const content = (media: string, schema: Json): Json => ({ content: { [media]: { schema } } });

/** `/v1/kernels/:name` -> `/v1/kernels/{name}` */
const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function parametersOf({ params = {}, query }: Route): readonly Json[] {
  const path = Object.entries(params).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: inputOf(schema),
  }));
  const { properties = {}, required = [] } = (query ? inputOf(query) : {}) as {
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
  };
  const asked = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
  return [...path, ...asked];
}

function answerOf({ media, answer }: Route): Json {
  if (media === 'text/event-stream') {
    // the data of one event; OpenAPI 3.1 has no words for a stream of them
    return content(media, {
      description: 'Events; `data` of each is the `value` of its `event`.',
      ...outputOf(ServerEvent),
    });
  }
  if (media !== undefined) return content(media, { type: 'string' });
  return answer === undefined ? {} : content('application/json', outputOf(answer));
}

function operationOf(name: string, route: Route): Json {
  const parameters = parametersOf(route);
  return {
    operationId: name,
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, ...content('application/json', inputOf(route.body)) } }),
    responses: {
      [route.status]: { description: route.status === 204 ? 'Done.' : route.summary, ...answerOf(route) },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

/** The schemas that these nodes name, and those that they name in turn. */
function reachable(schemas: Json, from: readonly unknown[]): Json {
  const names = new Set<string>();
  const follow = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const ref = '$ref' in node && typeof node.$ref === 'string' ? node.$ref : '';
    const name = ref.startsWith(refTo('')) ? ref.slice(refTo('').length) : '';
    if (name !== '' && !names.has(name)) {
      names.add(name);
      follow(schemas[name]);
    }
    for (const inner of Object.values(node)) follow(inner);
  };
  from.forEach(follow);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.has(name)));
}

interface Contract {
  readonly routes: Readonly<Record<string, Route>>;
  readonly title: string;
  readonly description: string;
  readonly base: string;
}

const CONTRACTS = {
  user: {
    routes: ROUTES,
    title: 'Berth, user server',
    description:
      'On a Unix socket; below the Jupyter server at BASE_URL/berth, with its login and its XSRF check.',
    base: '/berth',
  },
  hub: {
    routes: HUB_ROUTES,
    title: "Berth, site service, for the Hub's spawner",
    description: "On a Unix socket that only the Hub's account reaches; never over the network.",
    base: '/',
  },
  service: {
    routes: SERVICE_ROUTES,
    title: 'Berth, site service, for jobs and people',
    description:
      "Below JupyterHub's proxy, with a token of the Hub in the Authorization header and nothing else; a page of another origin is refused.",
    base: '/services/berth',
  },
} as const satisfies Readonly<Record<string, Contract>>;
export type ContractName = keyof typeof CONTRACTS;

/** A whole contract as OpenAPI 3.1; docs/reference/openapi*.json are written from it. Pure. */
export function openApiDocument(name: ContractName = 'user'): Json {
  const { routes, title, description, base }: Contract = CONTRACTS[name];
  const paths: Record<string, Record<string, Json>> = {};
  for (const [operation, route] of Object.entries(routes)) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(operation, route) };
  }
  const responses = {
    Problem: {
      description: 'A failure (RFC 9457), one of docs/reference/failures.md.',
      ...content('application/problem+json', { $ref: refTo('Problem') }),
    },
  };
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: '1',
      description,
      license: { name: 'BSD-3-Clause', identifier: 'BSD-3-Clause' },
    },
    servers: [{ url: base }],
    paths,
    components: { responses, schemas: reachable(namedSchemas(), [paths, responses]) },
  };
}
