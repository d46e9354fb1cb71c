import { expect, test } from '@jest/globals';
import type { Launch } from '@berth/schema';
import fc from 'fast-check';
import { begin, cancelled, idOf, LARGE, Link, ready, SMALL, withBoard, type Board } from './board-fixture.ts';

/**
 * The board against a model that keeps no more than what a person would write on paper: which notebooks were agreed to and
 * when, and of each launch whether it may run. The property: `go` is said exactly when the person has agreed.
 */
interface Model {
  /** notebook -> when it was agreed to */
  readonly agreed: Map<number, number>;
  /** launch -> its notebook and state */
  readonly launches: Map<
    number,
    { notebook: number; state: 'asking' | 'going' | 'refused' | 'over'; answer?: boolean }
  >;
}
interface Real extends Board {
  readonly links: Map<number, Link>;
  /** launches that were told to go */
  readonly gone: Set<number>;
}
type Command = fc.AsyncCommand<Model, Real>;

const path = (notebook: number): string => `${notebook}.ipynb`;
const collect = (real: Real): void => {
  for (const [launch, link] of real.links) if (link.take().includes('go')) real.gone.add(launch);
};
const check = (model: Model, real: Real): void => {
  collect(real);
  for (const [launch, { state }] of model.launches) {
    expect([launch, real.gone.has(launch)]).toEqual([launch, state === 'going' || real.gone.has(launch)]);
    if (state === 'asking' || state === 'refused')
      expect([launch, real.gone.has(launch)]).toEqual([launch, false]);
    const shown = real.board.list().find(({ id }) => id === idOf(launch))?.launch.state;
    if (state === 'asking') expect(shown).toBe('asking');
    if (state === 'going') expect(['queued', 'ready']).toContain(shown);
  }
};
const agree = (model: Model, notebook: number, at: number): void => {
  model.agreed.set(notebook, at);
  for (const one of model.launches.values())
    if (one.notebook === notebook && one.state === 'asking') one.state = 'going';
};

const known = (real: Real, launch: number): boolean =>
  real.board.list().some(({ id }) => id === idOf(launch));

class Begin implements Command {
  readonly launch: number;
  readonly notebook: number;
  readonly after: 'none' | 'just now' | 'long ago';
  constructor(launch: number, notebook: number, after: 'none' | 'just now' | 'long ago') {
    [this.launch, this.notebook, this.after] = [launch, notebook, after];
  }
  check = (model: Readonly<Model>): boolean => !model.launches.has(this.launch);
  async run(model: Model, real: Real): Promise<void> {
    const link = new Link();
    real.links.set(this.launch, link);
    const end = this.after === 'just now' ? real.clock + 1 : 0;
    const after = this.after === 'none' ? {} : { after: cancelled(new Date(end).toISOString()) };
    await real.board.begin(link, begin(this.launch, { path: path(this.notebook), ...after }));
    const word = model.agreed.get(this.notebook);
    const refused = this.after !== 'none' && !(word !== undefined && word > end);
    const state = refused ? 'refused' : word === undefined ? 'asking' : 'going';
    model.launches.set(this.launch, { notebook: this.notebook, state });
    check(model, real);
  }
  toString = (): string => `begin(${this.launch}, ${this.notebook}, after ${this.after})`;
}
class Answer implements Command {
  readonly launch: number;
  readonly start: boolean;
  constructor(launch: number, start: boolean) {
    [this.launch, this.start] = [launch, start];
  }
  check = (model: Readonly<Model>): boolean => model.launches.has(this.launch);
  async run(model: Model, real: Real): Promise<void> {
    const one = model.launches.get(this.launch);
    const answer = this.start ? ({ start: true, resources: LARGE } as const) : ({ start: false } as const);
    const done = real.board.answer(idOf(this.launch), answer);
    // the same once more is heard, and changes nothing
    if (one?.state !== 'asking' && one?.answer === this.start && known(real, this.launch)) {
      await done;
      return check(model, real);
    }
    if (one?.state !== 'asking') return void (await expect(done).rejects.toThrow());
    await done;
    one.answer = this.start;
    if (this.start) agree(model, one.notebook, real.clock);
    else one.state = 'refused';
    check(model, real);
  }
  toString = (): string => `answer(${this.launch}, ${this.start})`;
}
class SetWish implements Command {
  readonly notebook: number;
  constructor(notebook: number) {
    this.notebook = notebook;
  }
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    await real.board.setWish({ path: path(this.notebook), kernel: 'python', resources: SMALL });
    agree(model, this.notebook, real.clock);
    check(model, real);
  }
  toString = (): string => `wish(${this.notebook})`;
}
class Says implements Command {
  readonly launch: number;
  readonly what: Launch;
  constructor(launch: number, what: Launch) {
    [this.launch, this.what] = [launch, what];
  }
  check = (model: Readonly<Model>): boolean => model.launches.get(this.launch)?.state === 'going';
  async run(model: Model, real: Real): Promise<void> {
    const link = real.links.get(this.launch) as Link;
    real.board.state(idOf(this.launch), link, this.what);
    const one = model.launches.get(this.launch);
    if (one && this.what.state === 'ended') one.state = 'over';
    check(model, real);
  }
  toString = (): string => `says(${this.launch}, ${this.what.state})`;
}
/** the server hung up, or was started again: the launcher dials and says where it stands */
class Redials implements Command {
  readonly launch: number;
  constructor(launch: number) {
    this.launch = launch;
  }
  check = (model: Readonly<Model>): boolean =>
    ['asking', 'going'].includes(model.launches.get(this.launch)?.state ?? '');
  async run(model: Model, real: Real): Promise<void> {
    collect(real);
    const one = model.launches.get(this.launch);
    const launch: Launch = one?.state === 'going' ? ready : { state: 'asking', resources: SMALL };
    const link = new Link();
    real.links.set(this.launch, link);
    await real.board.begin(link, begin(this.launch, { path: path(one?.notebook ?? 0), launch }));
    check(model, real);
  }
  toString = (): string => `redials(${this.launch})`;
}
class Dies implements Command {
  readonly launch: number;
  constructor(launch: number) {
    this.launch = launch;
  }
  check = (model: Readonly<Model>): boolean => model.launches.has(this.launch);
  async run(model: Model, real: Real): Promise<void> {
    collect(real);
    real.board.gone(idOf(this.launch), real.links.get(this.launch) as Link);
    const one = model.launches.get(this.launch);
    if (one && one.state !== 'refused') one.state = 'over';
    check(model, real);
  }
  toString = (): string => `dies(${this.launch})`;
}

const launch = fc.nat(5);
const notebook = fc.nat(2);
const after = fc.constantFrom('none' as const, 'just now' as const, 'long ago' as const);
const ended: Launch = {
  state: 'ended',
  outcome: { kind: 'exited', sentence: 'The kernel ended.', status: 0, at: '2026-11-21T03:00:00Z' },
};
const commands = [
  fc.tuple(launch, notebook, after).map(([id, of, end]) => new Begin(id, of, end)),
  fc.tuple(launch, fc.boolean()).map(([id, start]) => new Answer(id, start)),
  notebook.map((of) => new SetWish(of)),
  launch.map((id) => new Says(id, ready)),
  launch.map((id) => new Says(id, ended)),
  launch.map((id) => new Redials(id)),
  launch.map((id) => new Dies(id)),
];

test('a start goes exactly when the person has agreed to it, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), (sequence) =>
      withBoard(async (parts) => {
        const real: Real = Object.assign(parts, { links: new Map<number, Link>(), gone: new Set<number>() });
        const model: Model = { agreed: new Map(), launches: new Map() };
        await fc.asyncModelRun(() => ({ model, real }), sequence);
      }),
    ),
    { numRuns: 150 },
  );
});
