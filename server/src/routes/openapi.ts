import { Problem, ROUTES, ServerEvent, type Route } from '@berth/schema/rest';
import * as z from 'zod/mini';

type Json = Readonly<Record<string, unknown>>;

/** The dialect is said once, for the whole document. */
function schemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
  const { $schema: _, ...node } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return node;
}

const content = (media: string, schema: Json): Json => ({ content: { [media]: { schema } } });

/** `/v1/kernels/:name` -> `/v1/kernels/{name}` */
const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function parametersOf({ params = {}, query }: Route): readonly Json[] {
  const path = Object.entries(params).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: schemaOf(schema, 'input'),
  }));
  const { properties = {}, required = [] } = (query ? schemaOf(query, 'input') : {}) as {
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
      ...schemaOf(ServerEvent, 'output'),
    });
  }
  if (media !== undefined) return content(media, { type: 'string' });
  return answer === undefined ? {} : content('application/json', schemaOf(answer, 'output'));
}

function operationOf(name: string, route: Route): Json {
  const parameters = parametersOf(route);
  return {
    operationId: name,
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, ...content('application/json', schemaOf(route.body, 'input')) } }),
    responses: {
      [route.status]: { description: route.status === 204 ? 'Done.' : route.summary, ...answerOf(route) },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

/** The whole contract as OpenAPI 3.1; docs/reference/openapi.json is written from it. Pure. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Berth, user server',
      version: '1',
      description:
        'On a Unix socket; below the Jupyter server at BASE_URL/berth, with its login and its XSRF check.',
      license: { name: 'BSD-3-Clause', identifier: 'BSD-3-Clause' },
    },
    servers: [{ url: '/berth' }],
    paths,
    components: {
      responses: {
        Problem: {
          description: 'A failure (RFC 9457), one of docs/reference/failures.md.',
          ...content('application/problem+json', { $ref: '#/components/schemas/Problem' }),
        },
      },
      schemas: { Problem: schemaOf(Problem, 'output') },
    },
  };
}
