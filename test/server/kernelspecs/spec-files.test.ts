import { expect, test } from '@jest/globals';
import { KernelSpec, LaunchRecord } from '@berth/schema';
import { offersOf } from '../../../server/src/kernelspecs/offer.ts';
import { specFiles } from '../../../server/src/kernelspecs/spec-files.ts';
import { configIn, digestOf, foundOf } from './offer-of.ts';

const config = configIn('/kernels', { profiles: { big: { resources: { cpus: 8 } } }, defaultProfile: 'big' });
const place = { directory: '/kernels', berth: '/opt/berth/bin/berth' };
const parsed = (files: ReadonlyMap<string, Buffer>, name: string): unknown =>
  JSON.parse(String(files.get(name)));

test('kernel.json calls berth by absolute paths, holds no environment, carries metadata over', () => {
  const [offer] = offersOf([foundOf('lab/climate:2026.2')]);
  if (!offer) throw new Error('no offer');
  const files = specFiles(offer, config, place);
  expect([...files.keys()]).toEqual(['logo-svg.svg', 'kernel.json', 'berth.json']);
  const spec = KernelSpec.parse(parsed(files, 'kernel.json'));
  expect(spec).toEqual({
    argv: ['/opt/berth/bin/berth', 'kernel', `/kernels/${offer.name}`, '{connection_file}'],
    display_name: 'Python 3.11 · climate 2026.2',
    language: 'python',
    interrupt_mode: 'signal',
    metadata: {
      debugger: true,
      supported_encryption: ['curve'],
      berth: {
        image: 'lab/climate:2026.2',
        digest: offer.image.digest,
        kernel: 'python3',
        language: 'python',
      },
    },
  });
});

test('berth.json is a launch record with the resources of the default profile', () => {
  const [offer] = offersOf([foundOf('lab/climate:2026.2')]);
  if (!offer) throw new Error('no offer');
  const record = LaunchRecord.parse(parsed(specFiles(offer, config, place), 'berth.json'));
  expect(record.resources).toEqual({ cpus: 8, memory: '2G', time: '60' });
  expect(record.kernel.logos).toEqual({});
});

test('two tags on one digest: two directories, one of them speaks for both', () => {
  const digest = digestOf('same');
  const offers = offersOf([
    foundOf('lab/climate:latest', digest),
    foundOf('lab/climate:2026.2', digest),
    foundOf('lab/climate:2025', digest),
  ]);
  const speaker = offers.find(({ image }) => image.ref.tag === '2026.2');
  expect(new Set(offers.map(({ name }) => name)).size).toBe(3);
  expect(offers.map(({ sameAs }) => sameAs)).toEqual([speaker?.name, undefined, speaker?.name]);
});
