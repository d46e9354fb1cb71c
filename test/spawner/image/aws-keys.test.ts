import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { awsKeys } from '../../../spawner/src/image/aws-keys.ts';

let directory = '';
let environment: NodeJS.ProcessEnv;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'berth-aws-'));
  environment = process.env;
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('AWS_'));
  process.env = {
    ...Object.fromEntries(others),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
});
afterEach(() => {
  process.env = environment;
  rmSync(directory, { recursive: true, force: true });
});

const logIn = (profile: string, accessKeyId: string): void =>
  writeFileSync(
    join(directory, 'credentials'),
    `[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = s\n`,
  );

test('who logs in, or in anew, is seen by a process that runs already', async () => {
  let time = 0;
  const keys = awsKeys(undefined, () => time);
  expect(await keys()).toBeUndefined();
  logIn('default', 'A1');
  time = 9_999;
  expect(await keys()).toBeUndefined();
  time = 10_000;
  expect(await keys()).toEqual({ accessKeyId: 'A1', secretAccessKey: 's' });
  logIn('default', 'A2');
  expect(await awsKeys(undefined)()).toMatchObject({ accessKeyId: 'A2' });
});

test('keys in variables, unless a profile is named', async () => {
  logIn('lab', 'A1');
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'A2', AWS_SECRET_ACCESS_KEY: 's' });
  expect(await awsKeys(undefined)()).toMatchObject({ accessKeyId: 'A2' });
  expect(await awsKeys('lab')()).toMatchObject({ accessKeyId: 'A1' });
});

test('a profile by name, of the source or of AWS_PROFILE', async () => {
  logIn('lab', 'A1');
  expect(await awsKeys(undefined)()).toBeUndefined();
  expect(await awsKeys('lab')()).toMatchObject({ accessKeyId: 'A1' });
  process.env['AWS_PROFILE'] = 'lab';
  expect(await awsKeys(undefined)()).toMatchObject({ accessKeyId: 'A1' });
});

test('a file that is none counts as nobody', async () => {
  writeFileSync(join(directory, 'credentials'), Buffer.from([0xff, 0, 91, 10]));
  expect(await awsKeys(undefined)()).toBeUndefined();
});
