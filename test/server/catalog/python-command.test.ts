import { expect, test } from '@jest/globals';
import { moduleOf, runsIpykernel } from '../../../server/src/catalog/python-command.ts';

test.each<readonly [string, string | undefined]>([
  ['python3 -m ipykernel_launcher -f x', 'ipykernel_launcher'],
  ['python3 -Xfrozen_modules=off -m ipykernel -f x', 'ipykernel'],
  ['python3 -X dev -W ignore -u -m bash_kernel -f x', 'bash_kernel'],
  ['python3 -Im ipykernel_launcher', 'ipykernel_launcher'],
  ['python3 -mipykernel', 'ipykernel'],
  ['python3 script.py -m ipykernel', undefined],
  ['python3 -c code -m ipykernel', undefined],
  ['python3 -m', undefined],
  ['python3', undefined],
])('%s', (command, module) => {
  expect(moduleOf(command.split(' '))).toBe(module);
  expect(runsIpykernel(command.split(' '))).toBe(module?.startsWith('ipykernel') ?? false);
});
