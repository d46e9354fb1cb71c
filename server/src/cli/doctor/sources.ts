import { isFailure } from '@berth/schema';
import { openRegistry } from '@berth/spawner/image';
import { fine, problem, type Check } from './check.ts';

/** One check a source: it answers, admits us, and lists something. */
export function sourceChecks(aliases: readonly string[]): readonly Check[] {
  if (aliases.length === 0) {
    const nothing = problem('none is configured', 'Name a registry under "sources" in the configuration.');
    return [{ name: 'sources', look: async () => nothing }];
  }
  return aliases.map((alias) => ({
    name: `source ${alias}`,
    look: async ({ config, credentials, signal }) => {
      const place = config.sources[alias as keyof typeof config.sources];
      if (place === undefined) throw new Error(`no source ${alias}`);
      try {
        const notices: string[] = [];
        const source = openRegistry(alias, place, {
          credentials,
          limits: config.limits,
          waits: [],
          onNotice: (text) => void notices.push(text),
        });
        // the first is enough: the rest is what `berth images ls` is for
        for await (const { repository, tag } of source.tags(signal))
          return fine(`${place.url} answers, e.g. ${repository}:${tag}`);
        if (notices.length > 0 && (place.repositories ?? place.tags) !== undefined)
          return problem(
            `${place.url} answers, but lists no image: ${notices.join('; ')}`,
            `Correct "repositories" or "tags" under "sources.${alias}".`,
          );
        return problem(
          `${place.url} answers, but lists no image`,
          'Push one; if it has some, name its repositories under "repositories".',
        );
      } catch (error) {
        signal.throwIfAborted();
        if (isFailure(error)) return problem(error.message, error.hint);
        throw error;
      }
    },
  }));
}
