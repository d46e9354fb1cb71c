import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { credentialFiles, credentialLookup } from '@berth/spawner/image';

let directory = '';
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'berth-cred-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const alice = { kind: 'password', username: 'alice', password: 'se:cret' };

function lookup(...files: readonly unknown[]) {
  const paths = files.map((content, at) => {
    const path = join(directory, `${at}.json`);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  });
  return credentialLookup({
    files: [join(directory, 'absent'), ...paths],
    env: { PATH: `${directory}:/usr/bin:/bin` },
  });
}

/** A credential helper on PATH; it notes the server it was asked for. */
function helper(name: string, answer: string, status = 0): void {
  const path = join(directory, `docker-credential-${name}`);
  writeFileSync(
    path,
    `#!/bin/sh\n[ "$1" = get ] || exit 9\ncat > ${directory}/asked\nprintf '%s' '${answer}'\nexit ${status}\n`,
  );
  chmodSync(path, 0o755);
}

test('auths, under the names that logins use', async () => {
  const entry = { auth: base64('alice:se:cret') };
  for (const key of ['r.example:5000', 'https://r.example:5000', 'https://r.example:5000/v2/']) {
    expect(await lookup({ auths: { [key]: entry } })('r.example:5000')).toEqual(alice);
  }
  expect(await lookup({ auths: { 'https://index.docker.io/v1/': entry } })('registry-1.docker.io')).toEqual(
    alice,
  );
  expect(await lookup({ auths: { 'other.example': entry } })('r.example')).toBeUndefined();
});

test('the first file that knows wins; broken ones are passed over', async () => {
  const auths = (user: string) => ({ auths: { r: { auth: base64(`${user}:se:cret`) } } });
  expect(
    await lookup('{', '[]', { auths: { r: { auth: '!!' } } }, auths('alice'), auths('bob'))('r'),
  ).toEqual(alice);
});

test('an identity token', async () => {
  expect(await lookup({ auths: { r: { identitytoken: 'T' } } })('r')).toEqual({
    kind: 'identity-token',
    token: 'T',
  });
});

test('helpers: asked over stdin, preferred to auths, their failure is "nobody"', async () => {
  helper('good', '{"ServerURL":"r","Username":"alice","Secret":"se:cret"}');
  helper('token', '{"Username":"<token>","Secret":"T"}');
  helper('bad', 'credentials not found', 1);
  expect(await lookup({ credHelpers: { r: 'good' }, auths: { r: { auth: base64('bob:x') } } })('r')).toEqual(
    alice,
  );
  expect(readFileSync(join(directory, 'asked'), 'utf8')).toBe('r');
  expect(await lookup({ credsStore: 'token' })('r')).toEqual({ kind: 'identity-token', token: 'T' });
  expect(await lookup({ credsStore: 'bad' })('r')).toBeUndefined();
  expect(await lookup({ credsStore: 'absent' })('r')).toBeUndefined();
  expect(await lookup({ credsStore: '../../bin/sh' })('r')).toBeUndefined();
});

test('a helper that never stops talking is ended and is "nobody"', async () => {
  helper('endless', '');
  writeFileSync(join(directory, 'docker-credential-endless'), '#!/bin/sh\nexec yes\n');
  expect(await lookup({ credsStore: 'endless' })('r')).toBeUndefined();
});

test('the places', () => {
  expect(credentialFiles({ XDG_RUNTIME_DIR: '/run/user/7' }, '/home/a')).toEqual([
    '/run/user/7/containers/auth.json',
    '/home/a/.config/containers/auth.json',
    '/home/a/.docker/config.json',
  ]);
});
