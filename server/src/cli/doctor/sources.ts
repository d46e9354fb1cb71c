import { isFailure, sourceAddress, type Source } from '@berth/schema';
import { openSource } from '@berth/spawner/image';
import { fine, problem, type Check } from './check.ts';

/** One check a source: it answers, admits us, and lists something. */
export function sourceChecks(aliases: readonly string[]): readonly Check[] {
  if (aliases.length === 0) {
    const nothing = problem('none is configured', 'Name a registry under "sources" in the configuration.');
    return [{ name: 'sources', look: async () => nothing }];
  }
  return aliases.map((alias) => ({
    name: `source ${alias}`,
    look: async ({ config, credentials, env, signal }) => {
      const place = config.sources[alias as keyof typeof config.sources];
      if (place === undefined) throw new Error(`no source ${alias}`);
      try {
        const notices: string[] = [];
        const source = openSource(alias, place, {
          credentials,
          limits: config.limits,
          waits: [],
          onNotice: (text) => void notices.push(text),
        });
        // the first is enough: the rest is what `berth images ls` is for
        for await (const { repository, tag } of source.tags(signal)) {
          const answers = `${sourceAddress(place)} answers, e.g. ${repository}:${tag}`;
          return keysStayHere(place, env)
            ? problem(
                `${answers}, with the keys of AWS_ACCESS_KEY_ID, which compute nodes do not get`,
                'Put them into ~/.aws/credentials, and unset the variables.',
              )
            : fine(answers);
        }
        if (notices.length > 0 && (place.repositories ?? place.tags) !== undefined)
          return problem(
            `${sourceAddress(place)} answers, but lists no image: ${notices.join('; ')}`,
            `Correct "repositories" or "tags" under "sources.${alias}".`,
          );
        return problem(
          `${sourceAddress(place)} answers, but lists no image`,
          place.type === 'registry'
            ? 'Push one; if it has some, name its repositories under "repositories".'
            : 'Fill it with "berth images push", or correct "prefix".',
        );
      } catch (error) {
        signal.throwIfAborted();
        if (isFailure(error)) return problem(error.message, error.hint);
        throw error;
      }
    },
  }));
}

/** AWS's tools take keys of variables first, unless a profile is named. */
const keysStayHere = (place: Source, env: Readonly<Record<string, string | undefined>>): boolean =>
  place.type === 'bucket' &&
  place.credentials === 'chain' &&
  (place.profile ?? env['AWS_PROFILE']) === undefined &&
  env['AWS_ACCESS_KEY_ID'] !== undefined;
