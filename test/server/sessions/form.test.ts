import { expect, test } from '@jest/globals';
import { Resources } from '@berth/schema';
import { parseNodes } from '@berth/spawner/slurm';
import { formHtml } from '../../../server/src/sessions/form.ts';

const resources = (more = {}) => Resources.parse({ cpus: 4, ...more });
const nodes = parseNodes('n1|10.0.0.1|batch*|up|idle|6/2/0/8\nn2|10.0.0.2|gpu|down|idle|0/8/0/8\n');

test('nothing that comes from an image or a configuration becomes a tag (T24)', () => {
  const evil = `"><script>alert('1')</script>&`;
  const html = formHtml({
    profiles: [{ name: 'small', profile: { title: evil, description: evil, resources: resources() } }],
    standard: undefined,
    kernels: [{ name: evil, title: evil, image: evil, audience: undefined }],
    nodes,
  });
  expect(html).not.toMatch(/<script|alert\('/);
});

test('what is free is told of the partition that is asked for', () => {
  const profiles = [
    { name: 'small', profile: { resources: resources({ cpus: 1 }) } },
    { name: 'large', profile: { resources: resources({ partition: 'batch' }) } },
    { name: 'gpu', profile: { resources: resources({ partition: 'gpu' }) } },
    { name: 'gone', profile: { resources: resources({ partition: 'gone' }) } },
  ];
  const html = formHtml({ profiles, standard: 'large', kernels: [], nodes });
  expect(html).toContain('value="large" checked');
  expect(html).toContain('Free now: 2 of 8 CPUs are idle.');
  expect(html).toContain('Expect to wait: 2 of 8 CPUs are idle.');
  expect(html).toContain('The partition is down.');
  expect(html).toContain('Slurm has no such partition.');
  expect(formHtml({ profiles, standard: 'large', kernels: [], nodes: undefined })).toContain(
    'Slurm does not answer',
  );
});
