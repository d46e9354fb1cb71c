import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseNodes } from '@berth/spawner/slurm';

test('addresses and partitions; a node in two partitions counts in both', () => {
  const { addresses, partitions } = parseNodes(
    'n1|10.0.0.1|batch*|up|idle|0/8/0/8\nn2|10.0.0.2|batch*|up|mixed|4/4/0/8\nn2|10.0.0.2|gpu|down|mixed|4/4/0/8\nrubbish\n',
  );
  expect([...addresses]).toEqual([
    ['n1', '10.0.0.1'],
    ['n2', '10.0.0.2'],
  ]);
  expect(partitions.get('batch')).toEqual({ standard: true, up: true, idleCpus: 12, cpus: 16 });
  expect(partitions.get('gpu')).toEqual({ standard: false, up: false, idleCpus: 4, cpus: 8 });
});

test('an address that is none is not taken: people would be sent there', () => {
  fc.assert(
    fc.property(fc.string(), (address) => {
      const found = parseNodes(`n1|${address}|batch|up|idle|0/8/0/8`).addresses.get('n1');
      expect(found === undefined || /^[A-Za-z0-9][A-Za-z0-9.:-]*$/.test(found)).toBe(true);
    }),
  );
});
