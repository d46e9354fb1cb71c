import { expect, test } from '@jest/globals';
import { KernelPage, type KernelEntry, type KernelQuery } from '@berth/schema/rest';
import fc from 'fast-check';
import { listed, pageOf } from '../../../server/src/gallery/pages.ts';

const entry = fc.record({
  name: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/),
  displayName: fc.string({ maxLength: 20 }),
  language: fc.constantFrom('python', 'R', 'julia'),
  image: fc.stringMatching(/^[a-z]{1,6}\/[a-z]{1,6}:[0-9]$/),
  offered: fc.boolean(),
});
const entries = fc.uniqueArray(entry, { selector: ({ name }) => name, maxLength: 60 });
const query = fc.record(
  {
    search: fc.constantFrom('', 'a', 'P y', 'a b'),
    language: fc.constantFrom('python', 'r'),
    offered: fc.constantFrom('true' as const, 'false' as const),
  },
  { requiredKeys: [] },
);

function allPages(all: readonly KernelEntry[], asked: KernelQuery, limit: number): readonly KernelPage[] {
  const rows = listed(all);
  const pages: KernelPage[] = [];
  for (let cursor: string | undefined; ;) {
    const page = pageOf(rows, 'r', {
      ...asked,
      limit: String(limit),
      ...(cursor === undefined ? {} : { cursor }),
    });
    pages.push(KernelPage.parse(page));
    if (page.next === undefined) return pages;
    cursor = page.next;
  }
}

test('property: the pages together are all that fits, each once, in one order, whatever the size', () => {
  fc.assert(
    fc.property(entries, query, fc.integer({ min: 1, max: 100 }), (all, asked, limit) => {
      const pages = allPages(all, asked, limit);
      const names = pages.flatMap(({ kernels }) => kernels.map(({ name }) => name));
      const words = (asked.search ?? '').toLowerCase().split(' ').filter(Boolean);
      const wanted = all.filter(
        (one) =>
          words.every((word) =>
            `${one.displayName}\n${one.image}\n${one.language}`.toLowerCase().includes(word),
          ) &&
          (asked.language === undefined || one.language.toLowerCase() === asked.language) &&
          (asked.offered === undefined || String(one.offered) === asked.offered),
      );
      expect([...names].sort()).toEqual(wanted.map(({ name }) => name).sort());
      expect(names).toEqual(
        allPages(all.toReversed(), asked, 100).flatMap(({ kernels }) => kernels.map(({ name }) => name)),
      );
      for (const page of pages) expect(page.total).toBe(wanted.length);
      for (const page of pages.slice(0, -1)) expect(page.kernels).toHaveLength(limit);
    }),
  );
});

test('property: what comes or goes while somebody pages is the only thing that may be doubled or left out', () => {
  fc.assert(
    fc.property(entries, entry, fc.nat(), fc.boolean(), (all, other, at, comes) => {
      const before = all.filter(({ name }) => name !== other.name);
      const first = pageOf(listed(before), 'r', { limit: '5' });
      if (first.next === undefined) return;
      const gone = before[at % before.length]?.name;
      const after = comes ? [...before, other] : before.filter(({ name }) => name !== gone);
      const names = first.kernels.map(({ name }) => name);
      for (let cursor: string | undefined = first.next; cursor !== undefined;) {
        const page: KernelPage = pageOf(listed(after), 'r2', { limit: '5', cursor });
        names.push(...page.kernels.map(({ name }) => name));
        cursor = page.next;
      }
      const moved = new Set([other.name, gone]);
      const steady = names.filter((name) => !moved.has(name));
      expect(new Set(steady).size).toBe(steady.length);
      expect(steady.sort()).toEqual(
        before
          .map(({ name }) => name)
          .filter((name) => !moved.has(name))
          .sort(),
      );
    }),
  );
});

test.each(['', 'x', '-1.a', '1e9.a', '99999999999.a', '1.'])('the cursor %j is none', (cursor) => {
  expect(() => pageOf(listed([]), 'r', { cursor })).toThrow(
    expect.objectContaining({ code: 'request-invalid' }),
  );
});

test('in the order of people: 3.9 before 3.11, without case', () => {
  const named = (displayName: string): KernelEntry => ({
    name: displayName.toLowerCase().replace(/\W/g, '-'),
    displayName,
    language: 'python',
    image: 'a/b:1',
    offered: false,
  });
  const names = listed(['python 3.11', 'Python 3.9', 'R 4'].map(named)).map(
    ({ entry: one }) => one.displayName,
  );
  expect(names).toEqual(['Python 3.9', 'python 3.11', 'R 4']);
});

test('a page stays below 20 kB, also with long names: then it holds fewer, and all are reached', () => {
  const all = Array.from({ length: 300 }, (_, at) => ({
    name: `k${at}`,
    displayName: 'ü'.repeat(at % 3 === 0 ? 2000 : 40),
    language: 'python',
    image: 'a/b:1',
    offered: false,
  }));
  const pages = allPages(all, {}, 100);
  for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(20_000);
  expect(pages.flatMap(({ kernels }) => kernels)).toHaveLength(300);
  const huge = [{ ...all[0], name: 'x', displayName: 'x'.repeat(50_000) }] as readonly KernelEntry[];
  expect(pageOf(listed(huge), 'r', {}).kernels).toHaveLength(1);
});
