import { describe, expect, test } from '@jest/globals';
import { parseCommand, parseTyped } from '../../../server/src/cli/parse-command.ts';
import { INNER_VERBS, VERBS } from '../../../server/src/cli/verbs.ts';

const names = [...VERBS, ...INNER_VERBS].map(({ name }) => name);
const help = {
  usage: '[IMAGE]',
  about: '',
  options: { all: { type: 'boolean', about: '' } },
  positionals: { least: 0, most: 1 },
} as const;

describe('the verb', () => {
  test.each([
    [['images', 'ls', 'x'], { kind: 'verb', name: 'images ls', rest: ['x'] }],
    [['doctor', '--node'], { kind: 'verb', name: 'doctor', rest: ['--node'] }],
    [['kernel', '/d', '/f'], { kind: 'verb', name: 'kernel', rest: ['/d', '/f'] }],
    [[], { kind: 'help' }],
    [['--help'], { kind: 'help' }],
    [['images', '--help'], { kind: 'help', group: 'images' }],
    [['--version'], { kind: 'version' }],
  ])('%j', (args, command) => {
    expect(parseCommand(args, names)).toEqual(command);
  });

  test.each([
    [['image', 'ls'], 'There is no "berth image ls", did you mean "images ls"?'],
    [['images', 'lst'], 'There is no "berth images lst", did you mean "images ls"?'],
    [['docter'], 'There is no "berth docter", did you mean "doctor"?'],
    [['kernals'], 'There is no "berth kernals", did you mean "kernels"?'],
    [['config', 'xyzzyxyzzy'], 'There is no "berth config xyzzyxyzzy".'],
    [['--config', 'x', 'images', 'ls'], 'A verb comes first, then --config.'],
    [['--config=x'], 'A verb comes first, then --config=x.'],
    [['xyzzyxyzzy'], 'There is no "berth xyzzyxyzzy".'],
  ])('%j is refused', (args, message) => {
    expect(() => parseCommand(args, names)).toThrow(message);
  });

  test.each([
    ['foo', 'Run "berth --help" to see how it is called.'],
    ['images lst', 'Run "berth images --help" to see how it is called.'],
  ])('the hint for %s names a command that helps', (typed, hint) => {
    const refused = expect.objectContaining({ code: 'usage-invalid', hint });
    expect(() => parseCommand(typed.split(' '), names)).toThrow(refused);
  });
});

describe('what stands behind it', () => {
  test('options anywhere, positionals, --', () => {
    const typed = parseTyped('x', ['a', '--all', '--config', '/c'], help);
    expect([typed.positionals, typed.has('all'), typed.text('config'), typed.has('json')]).toEqual([
      ['a'],
      true,
      '/c',
      false,
    ]);
    expect(parseTyped('x', ['--', '--all'], help).positionals).toEqual(['--all']);
  });

  test.each([
    [['--al'], 'Unknown option --al, did you mean "--all"?'],
    [['a', 'b'], 'One argument too many: "b".'],
    [['--all=1'], 'Option --all takes no value.'],
    [['--config'], 'Option --config needs a value: --config FILE'],
    [['--config='], 'Option --config needs a value: --config FILE'],
    [['--config', ''], 'Option --config needs a value: --config FILE'],
    [['--config', '--all'], 'Option --config needs a value: --config FILE'],
    [['-x'], 'Unknown option -x.'],
  ])('%j is refused', (rest, message) => {
    expect(() => parseTyped('x', rest, help)).toThrow(message);
  });

  test('what is missing is told, but not instead of help', () => {
    const demanding = { ...help, positionals: { least: 1, most: 1 } };
    expect(() => parseTyped('x', [], demanding)).toThrow('An argument is missing: berth x [IMAGE]');
    expect(parseTyped('x', ['--help'], demanding).has('help')).toBe(true);
    expect(parseTyped('x', ['-h'], demanding).has('help')).toBe(true);
  });
});
