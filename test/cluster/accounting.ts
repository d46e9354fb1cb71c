import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accepts } from './accepts.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { mungeSocket } from './munge.ts';
import type { SlurmAddress } from './slurm-conf.ts';

const run = promisify(execFile);

/** slurmdbd.conf(5): beside slurm.conf, because slurmdbd(8) looks for it there and nowhere else. */
const slurmdbdConf = (dir: string, port: number, { ip, confined }: SlurmAddress): string =>
  [
    'AuthType=auth/munge',
    `AuthInfo=socket=${mungeSocket(dir)}`,
    'DbdHost=localhost',
    `DbdAddr=${ip}`,
    `DbdPort=${port}`,
    ...(confined ? ['CommunicationParameters=NoInAddrAny'] : []),
    `SlurmUser=${userInfo().username}`,
    `LogFile=${dir}/log/slurmdbd.log`,
    `PidFile=${dir}/run/slurmdbd.pid`,
    'StorageType=accounting_storage/mysql',
    // the library's word for a Unix socket, the one in MYSQL_UNIX_PORT
    'StorageHost=localhost',
    `StorageUser=${userInfo().username}`,
    '',
  ].join('\n');

export interface AccountingInput {
  readonly dir: string;
  readonly port: number;
  readonly address: SlurmAddress;
  readonly operators: readonly string[];
}

/**
 * MariaDB on a Unix socket in a directory of its own, 0700, and slurmdbd(8) on `port`: accounting, and what goes with it, the
 * levels of administrators. Ready when cluster and operators have their rows; slurmctld comes after (that of 22.05 ends with
 * a segmentation fault when a user is added while it runs, more often than not). munged must run already.
 */
export async function startAccounting(
  { dir, port, address, operators }: AccountingInput,
  started: (daemon: Daemon) => void,
): Promise<void> {
  const home = join(dir, 'accounting');
  const socket = join(home, 'socket');
  await mkdir(join(home, 'data'), { recursive: true, mode: 0o700 });
  const database = await startDaemon({
    name: 'mariadbd',
    argv: [
      '/usr/sbin/mariadbd',
      '--no-defaults',
      `--user=${userInfo().username}`,
      `--datadir=${join(home, 'data')}`,
      `--socket=${socket}`,
      `--pid-file=${join(home, 'pid')}`,
      '--skip-networking',
      // no tables of users are made: who can reach the socket is let in, and that is nobody else
      '--skip-grant-tables',
      '--innodb-log-file-size=16M',
      '--innodb-buffer-pool-size=32M',
      '--innodb-flush-log-at-trx-commit=0',
    ],
    log: join(dir, 'log', 'mariadbd.out'),
  });
  started(database);
  await writeFile(join(dir, 'slurmdbd.conf'), slurmdbdConf(dir, port, address), { mode: 0o600 });
  await database.waitReady(() => accepts({ path: socket }));
  const SLURM_CONF = join(dir, 'slurm.conf');
  const daemon = await startDaemon({
    name: 'slurmdbd',
    argv: ['/usr/sbin/slurmdbd', '-D'],
    env: { SLURM_CONF, MYSQL_UNIX_PORT: socket },
    log: join(dir, 'log', 'slurmdbd.out'),
  });
  started(daemon);
  // it has made its tables when it listens
  await daemon.waitReady(() => accepts({ host: address.ip, port }), 60_000);
  const env = { PATH: '/usr/bin:/bin', SLURM_CONF };
  const add = (...what: readonly string[]) =>
    run('/usr/bin/sacctmgr', ['--immediate', 'add', ...what], { env, timeout: 20_000 });
  await add('cluster', 'berth');
  await add('account', 'site');
  for (const name of operators) await add('user', name, 'account=site', 'adminlevel=operator');
}
