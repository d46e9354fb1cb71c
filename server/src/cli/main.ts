/** The `berth` command: the one place that reads the environment and the command line, and exits. */
import { Failure, printable } from '@berth/schema';
import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { loadConfig } from './config-file.ts';
import { exitWith } from './exit-with.ts';
import { overviewText, verbText } from './help-text.ts';
import { leaveMetadataService } from './metadata-service.ts';
import { parseCommand, parseTyped } from './parse-command.ts';
import { printTo } from './print-to.ts';
import { progressTo, type Progress } from './progress.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import type { Typed, VerbContext } from './verb.ts';
import { INNER_VERBS, VERBS } from './verbs.ts';
import { VERSION } from './version.ts';

const print = printTo(process.stdout);

function contextOf(typed: Typed, signal: AbortSignal, progress: Progress): VerbContext {
  const { env } = process;
  // absolute: what becomes of "~/" is used elsewhere too, on nodes
  const home = resolve(env['HOME'] || userInfo().homedir);
  const configPlace = { option: typed.text('config'), variable: env['BERTH_CONFIG'], home, signal };
  return {
    env,
    home,
    berth: env['BERTH_BIN'] || realpathSync(process.argv[1] ?? ''),
    place: join(dirname(realpathSync(process.argv[1] ?? '')), 'berth-place'),
    lib: dirname(realpathSync(process.argv[1] ?? '')),
    json: typed.has('json'),
    signal,
    progress,
    print,
    note: (line) => {
      progress.done();
      process.stderr.write(`berth: ${printable(line, 10_000)}\n`);
    },
    configPlace,
    loadConfig: async () => {
      const { loadOwnConfig } = await import('./own-sources.ts');
      return loadOwnConfig(configPlace, env);
    },
    loadWholeConfig: () => loadConfig(configPlace),
  };
}

async function runVerb(name: string, rest: readonly string[]): Promise<number> {
  if (name === 'kernel') return (await import('./kernel-command.ts')).kernelCommand(rest);
  if (name === 'agent') return (await import('./agent-command.ts')).agentCommand(rest);
  const entry = VERBS.find((verb) => verb.name === name);
  if (entry === undefined) throw new Error(`no verb ${name}`);
  const verb = await entry.load();
  const typed = parseTyped(name, rest, verb.help);
  if (typed.has('help')) {
    await print(verbText(name, verb.help));
    return 0;
  }
  const stop = stopOnSignals(process);
  const progress = progressTo({
    stream: process.stderr,
    quiet: typed.has('quiet'),
    now: () => performance.now(),
  });
  try {
    return await verb.run(contextOf(typed, stop.signal, progress), typed);
  } catch (cause) {
    // whatever breaks because of the abort is the abort
    throw stop.signal.aborted ? new Failure('cancelled', {}, { cause }) : cause;
  } finally {
    progress.done();
    stop.dispose();
  }
}

async function main(args: readonly string[]): Promise<number> {
  const summaries = [...VERBS, ...INNER_VERBS];
  const command = parseCommand(
    args,
    summaries.map(({ name }) => name),
  );
  switch (command.kind) {
    case 'version':
      await print(`berth ${VERSION}\n`);
      return 0;
    case 'help':
      await print(overviewText(summaries, command.group));
      return 0;
    case 'verb':
      return runVerb(command.name, command.rest);
  }
}

leaveMetadataService(process.env);
exitWith(main(process.argv.slice(2)));
