import { Config } from '@berth/schema';
import * as z from 'zod/mini';

/** The parts of a JSON Schema node that naming the keys of the configuration needs. */
export interface SchemaNode {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode | boolean;
  readonly prefixItems?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
}

/** The configuration as people write it (defaults not yet filled in). */
export const configSchema = (): SchemaNode =>
  z.toJSONSchema(Config, { io: 'input', reused: 'inline' }) as SchemaNode;

const branches = (node: SchemaNode): readonly SchemaNode[] => [
  node,
  ...(node.oneOf ?? []).flatMap(branches),
  ...(node.anyOf ?? []).flatMap(branches),
];

const step = (node: SchemaNode, key: PropertyKey): readonly SchemaNode[] =>
  branches(node).flatMap((branch) => {
    const inner = branch.properties?.[String(key)];
    if (inner) return [inner];
    return [branch.additionalProperties, branch.items].filter((next) => typeof next === 'object');
  });

/** Keys that the configuration knows at `path`, e.g. `['store']` -> path, format, compression. */
export function knownKeysAt(path: readonly PropertyKey[], root: SchemaNode = configSchema()): string[] {
  let nodes: readonly SchemaNode[] = [root];
  for (const key of path) nodes = nodes.flatMap((node) => step(node, key));
  return [...new Set(nodes.flatMap(branches).flatMap((node) => Object.keys(node.properties ?? {})))];
}
