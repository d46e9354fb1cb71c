/** `npm run images -- build [--only NAME]... | push HOST [--only NAME]... | list | clean` */
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildImages, defaultCacheDir, pushImages } from './images.ts';
import { imageRecipes } from './recipes.ts';

const usage = 'usage: images build [--only NAME]... | push HOST:PORT [--only NAME]... | list | clean';

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const options = { only: { type: 'string', multiple: true } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [verb, host, ...more] = positionals;
  if (more.length > 0 || (host !== undefined && verb !== 'push')) throw new Error(usage);
  const build = () =>
    buildImages({ ...(values.only && { only: values.only }), onProgress: (line) => console.error(line) });
  if (verb === 'build') {
    for (const image of await build())
      console.log(`${image.repository}:${image.tags.join(',')} ${image.layout}`);
  } else if (verb === 'push' && host !== undefined) {
    await pushImages(await build(), host);
  } else if (verb === 'list') {
    for (const [name, { title, expectedKernels }] of Object.entries(imageRecipes))
      console.log(`${name}\t${title}\t${expectedKernels.map((kernel) => kernel.language).join(' ') || '-'}`);
  } else if (verb === 'clean') {
    await rm(defaultCacheDir(), { recursive: true, force: true });
  } else {
    throw new Error(usage);
  }
}
