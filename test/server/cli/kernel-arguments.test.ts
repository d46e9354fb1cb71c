import { expect, test } from '@jest/globals';
import { kernelArguments } from '../../../server/src/cli/kernel-arguments.ts';

test.each([
  [['--help'], { kind: 'help' }],
  [['-h'], { kind: 'help' }],
  [['/spec', '/c.json', '-h'], { kind: 'help' }],
  [['/spec', '/c.json'], { kind: 'run', specDirectory: '/spec', connectionFile: '/c.json' }],
  [['--dry-run', '/spec'], { kind: 'plan', specDirectory: '/spec' }],
  [['/spec', '--dry-run', '/c.json'], { kind: 'plan', specDirectory: '/spec', connectionFile: '/c.json' }],
])('%j', (args, asked) => {
  expect(kernelArguments(args)).toEqual(asked);
});

test.each([
  [[], 'A kernelspec directory and a connection file are needed.'],
  [['/spec'], 'A connection file is needed after the kernelspec directory.'],
  [['--dry-run'], 'A kernelspec directory and a connection file are needed.'],
  [['--dryrun', '/spec'], 'Unknown option --dryrun.'],
  [['-x', '/spec'], 'Unknown option -x.'],
  [['--dry-run', '/spec', 'e1', 'e2', 'e3'], 'One argument too many: "e2".'],
])('%j is refused', (args, why) => {
  expect(() => kernelArguments(args)).toThrow(why);
});
