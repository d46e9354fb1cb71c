import type { ImageConfig } from '@berth/schema';
import type { ConfigDocument } from './manifest.ts';

/** What of an image's config we use; absent values as empty. `NAME` without `=` in Env is passed over, the last one wins. */
export function imageConfig(document: ConfigDocument): ImageConfig {
  const { Env, WorkingDir, User, Labels } = document.config ?? {};
  return {
    env: Object.fromEntries((Env ?? []).flatMap(assignment)),
    workingDir: WorkingDir ?? '',
    user: User ?? '',
    labels: Labels ?? {},
    ...(document.created ? { created: document.created } : {}),
  };
}

function assignment(line: string): readonly (readonly [string, string])[] {
  const equals = line.indexOf('=');
  return equals > 0 && !line.includes('\0') ? [[line.slice(0, equals), line.slice(equals + 1)]] : [];
}
