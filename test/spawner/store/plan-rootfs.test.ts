import { describe, expect, test } from '@jest/globals';
import { Digest, isFailure, type LayerEntry } from '@berth/schema';
import * as fc from 'fast-check';
import { MOUNT_DIRECTORIES, MOUNT_FILES } from '../../../spawner/src/store/mount-points.ts';
import { planRootfs as planOf, type RootfsPlan } from '../../../spawner/src/store/plan-rootfs.ts';

const file = (path: string): LayerEntry => ({ type: 'file', path, mode: 0o644, size: 1 });
const dir = (path: string): LayerEntry => ({ type: 'directory', path, mode: 0o755 });
const link = (path: string, target: string): LayerEntry => ({ type: 'symlink', path, target });
const hard = (path: string, target: string): LayerEntry => ({ type: 'hardlink', path, target });
const gone = (path: string): LayerEntry => ({ type: 'whiteout', path });
const opaque = (path: string): LayerEntry => ({ type: 'opaque', path });

const digestOf = (layer: number): Digest => Digest.parse(`sha256:${String(layer).repeat(64)}`);
const planRootfs = (layers: readonly (readonly LayerEntry[])[]): RootfsPlan =>
  planOf(
    layers.map((entries, layer) => ({ digest: digestOf(layer), scanner: 1, size: 0, entries, bodies: {} })),
  );

function refused(layers: readonly (readonly LayerEntry[])[]): boolean {
  try {
    planRootfs(layers);
    return false;
  } catch (error) {
    if (isFailure(error, 'layer-invalid')) return true;
    throw error;
  }
}

/** path -> "layer.ordinal" of everything but mount points, or "made". */
function places(plan: RootfsPlan): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [digest, members] of plan.layers) {
    for (const [ordinal, member] of members) {
      for (const path of [member.path, ...member.links]) result[path] = `${digest.at(-1)}.${ordinal}`;
    }
  }
  for (const { path } of plan.synthetic) result[path] = 'made';
  const points: readonly string[] = [...MOUNT_DIRECTORIES, ...MOUNT_FILES];
  return Object.fromEntries(
    Object.entries(result).filter(([path, by]) => by !== 'made' || !points.includes(path)),
  );
}

describe('laying layers over each other', () => {
  test('the upper layer wins, a later entry of a layer too', () => {
    const plan = planRootfs([
      [file('a'), file('b')],
      [file('a'), file('a')],
    ]);
    expect(places(plan)).toEqual({ a: '1.1', b: '0.1' });
  });

  test('a whiteout hides a whole lower tree but nothing of its own layer, wherever it stands', () => {
    const plan = planRootfs([
      [dir('d'), file('d/x'), file('d/y')],
      [file('d/z'), gone('d')],
    ]);
    expect(places(plan)).toEqual({ d: 'made', 'd/z': '1.0' });
  });

  test('an opaque directory loses its lower children only', () => {
    const plan = planRootfs([
      [dir('d'), file('d/x'), file('e')],
      [dir('d'), file('d/z'), opaque('d')],
    ]);
    expect(places(plan)).toEqual({ d: '1.0', 'd/z': '1.1', e: '0.2' });
  });

  test('a file replaces a directory with all below it; a directory replaces a file and a link', () => {
    const plan = planRootfs([
      [dir('d'), file('d/x'), file('f'), link('l', 'd')],
      [file('d'), dir('f'), file('f/y'), dir('l')],
    ]);
    expect(places(plan)).toEqual({ d: '1.0', f: '1.1', 'f/y': '1.2', l: '1.3' });
  });

  test('a path through a link lands where the link leads inside the image (usr-merge)', () => {
    const plan = planRootfs([
      [dir('usr'), dir('usr/lib'), link('lib', 'usr/lib'), link('abs', '/usr/../usr/lib')],
      [file('lib/a'), file('abs/b'), gone('lib/none')],
      [gone('lib/a')],
    ]);
    expect(places(plan)).toEqual({
      usr: '0.0',
      'usr/lib': '0.1',
      lib: '0.2',
      abs: '0.3',
      'usr/lib/b': '1.1',
    });
  });

  test('links out of the image and to nothing stay inside; one in circles is refused (T23)', () => {
    const plan = planRootfs([
      [link('up', '../../../..'), link('loop', 'loop2'), link('loop2', 'loop'), link('void', 'no/where')],
      [file('up/a'), file('void/c')],
    ]);
    expect(places(plan)).toMatchObject({ a: '1.0', 'no/where/c': '1.1' });
    expect(refused([[link('loop', 'loop2'), link('loop2', 'loop'), file('loop/b')]])).toBe(true);
  });

  test('names of one body stay one member, whichever of them is left and whoever links it', () => {
    const plan = planRootfs([
      [file('a'), hard('b', 'a'), hard('c', 'b')],
      [gone('a'), hard('d', 'b'), file('c')],
    ]);
    expect(plan.layers.get(digestOf(0))?.get(0)).toMatchObject({ links: { length: 1 } });
    expect(places(plan)).toEqual({ b: '0.0', d: '0.0', c: '1.2' });
  });

  test('a link whose target was replaced keeps the body it linked', () => {
    const plan = planRootfs([[file('a'), hard('b', 'a'), file('a')]]);
    expect(places(plan)).toEqual({ a: '0.2', b: '0.0' });
  });

  test('a hard link to a directory or to nothing is refused', () => {
    expect(refused([[dir('d'), hard('x', 'd')]])).toBe(true);
    expect(refused([[hard('y', 'none')]])).toBe(true);
  });

  test('a layer that an image has twice is streamed once', () => {
    const base = { digest: digestOf(0), scanner: 1, size: 0, entries: [file('a')], bodies: {} };
    const upper = { ...base, digest: digestOf(1), entries: [gone('a')] };
    const plan = planOf([base, upper, base]);
    expect(places(plan)).toEqual({ a: '0.0' });
  });

  test('what the root directory is like comes from the top', () => {
    expect(
      planRootfs([[dir('')], [dir('')]])
        .layers.get(digestOf(1))
        ?.get(0)?.path,
    ).toBe('');
  });
});

describe('mount points', () => {
  const synthetic = (plan: RootfsPlan) => plan.synthetic.map(({ type, path }) => `${type} ${path}`).sort();

  test('are made in an empty image', () => {
    expect(synthetic(planRootfs([]))).toEqual(
      [...MOUNT_DIRECTORIES.map((p) => `directory ${p}`), ...MOUNT_FILES.map((p) => `file ${p}`)].sort(),
    );
  });

  test('never replace what is there, and follow links inside the image', () => {
    const plan = planRootfs([
      [
        link('run', 'var/run'),
        link('tmp', '/var/tmp'),
        file('dev'),
        file('etc/passwd'),
        link('etc/resolv.conf', '../run/systemd/stub.conf'),
        link('etc/hosts', 'hosts'),
      ],
    ]);
    expect(synthetic(plan)).toEqual([
      ...[
        'etc',
        'home',
        'mnt',
        'proc',
        'sys',
        'var',
        'var/run',
        'var/run/berth',
        'var/run/systemd',
        'var/tmp',
      ].map((p) => `directory ${p}`),
      ...['etc/group', 'var/run/systemd/stub.conf'].map((p) => `file ${p}`),
    ]);
  });
});

/**
 * Another way to the same: every layer is a list of changes to a map of plain paths. No links in parents.
 * @returns undefined where a file has children
 */
function model(layers: readonly (readonly LayerEntry[])[]): Record<string, string> | undefined {
  let state = new Map<string, string>();
  const below = (path: string, root: string) => path.startsWith(`${root}/`);
  const clear = (hit: (path: string) => boolean) => {
    state = new Map([...state].filter(([path]) => !hit(path)));
  };
  let broken = false;
  layers.forEach((entries, layer) => {
    for (const e of entries) {
      if (e.type === 'whiteout') clear((p) => p === e.path || below(p, e.path));
      if (e.type === 'opaque') clear((p) => below(p, e.path));
    }
    entries.forEach((e, ordinal) => {
      if (e.type === 'whiteout' || e.type === 'opaque') return;
      const parts = e.path.split('/');
      for (let i = 1; i < parts.length; i++) {
        const parent = parts.slice(0, i).join('/');
        broken ||= state.get(parent)?.startsWith('f') ?? false;
        if (!state.has(parent)) state.set(parent, 'd:made');
      }
      if (e.type !== 'directory') clear((p) => below(p, e.path));
      state.set(e.path, `${e.type === 'directory' ? 'd' : 'f'}:${layer}.${ordinal}`);
    });
  });
  return broken ? undefined : Object.fromEntries([...state].map(([path, what]) => [path, what.slice(2)]));
}

test('agrees with a model on any layers without links', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
    .map((parts) => `t/${parts.join('/')}`);
  const entry = fc.oneof(path.map(file), path.map(dir), path.map(gone), path.map(opaque));
  fc.assert(
    fc.property(fc.array(fc.array(entry, { maxLength: 8 }), { maxLength: 4 }), (layers) => {
      const wanted = model(layers);
      if (wanted === undefined) expect(refused(layers)).toBe(true);
      else expect(places(planRootfs(layers))).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

test('whatever the layers say, no path comes twice and none passes through a link (T23)', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'etc', 'run', 'hosts'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  const target = fc
    .array(fc.constantFrom('a', 'b', '..', 'etc', '', 'run', '.'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  const entry = fc.oneof(
    path.map(file),
    path.map(dir),
    path.map(gone),
    path.map(opaque),
    fc.tuple(path, target).map(([p, t]) => link(p, t)),
    fc.tuple(path, path).map(([p, t]) => hard(p, t)),
  );
  fc.assert(
    fc.property(fc.array(fc.array(entry, { maxLength: 10 }), { maxLength: 4 }), (layers) => {
      if (refused(layers)) return;
      const plan = planRootfs(layers);
      const seen = new Map<string, string>();
      const note = (path: string, type: string) => {
        expect(seen.has(path)).toBe(false);
        seen.set(path, type);
      };
      for (const [digest, members] of plan.layers) {
        for (const [ordinal, member] of members) {
          const type = layers[Number(digest.at(-1))]?.[ordinal]?.type ?? '';
          if (type === 'directory') expect(member.links).toEqual([]);
          for (const p of [member.path, ...member.links]) note(p, type);
        }
      }
      for (const { path, type } of plan.synthetic) note(path, type);
      for (const p of seen.keys()) {
        const parent = p.slice(0, Math.max(p.lastIndexOf('/'), 0));
        if (parent !== '') expect(seen.get(parent)).toBe('directory');
      }
    }),
    { numRuns: 300 },
  );
});
