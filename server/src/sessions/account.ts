import { AccountName, Failure } from '@berth/schema';
import type { CommandResult, RunCommand } from '@berth/spawner/slurm';

/** An ordinary person of this site. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly groups: readonly string[];
  /** one of their groups has no name, at least now: which one it is cannot be told */
  readonly hasNameless?: boolean;
}

/** `nobody`, and what -1 and -2 become in a system call. */
const NEVER: ReadonlySet<number> = new Set([65_534, 4_294_967_294, 4_294_967_295]);

const refuse = (why: string): never => {
  throw new Failure('person-refused', { why });
};

/** One line of passwd(5) for the account that was asked for; pure. @throws Failure `person-refused` */
export function accountIn(line: string, name: string, leastUid: number): number {
  const [login, , uid = '', gid = '', , home = ''] = line.trim().split(':');
  if (login !== name) refuse('it is known under another name');
  if (!/^[0-9]{1,10}$/.test(uid) || !/^[0-9]{1,10}$/.test(gid)) refuse('its number cannot be told');
  const number = Number(uid);
  if (number < leastUid || Number(gid) === 0 || NEVER.has(number)) refuse('it is an account of the system');
  if (!home.startsWith('/')) refuse('it has no home');
  return number;
}

/** Who may be acted for. Whatever cannot be told is no account (T39). */
export interface Accounts {
  /** @throws Failure `person-refused`, `accounts-unreachable` */
  find(name: string): Promise<Account>;
}

/** Milliseconds. A page of the form that is loaded again asks nobody; a group that was left closes in this time. */
const AGE = 30_000;
/** Accounts that are remembered at once. */
const MOST = 1000;

/**
 * As the system's own directory knows them: getent and id ask whatever it is connected to.
 * @param clock monotonic milliseconds
 */
export function systemAccounts(run: RunCommand, leastUid: () => number, clock: () => number): Accounts {
  const known = new Map<string, { readonly until: number; readonly account: Promise<Account> }>();
  const ask = async (argv: readonly string[], worst = 0): Promise<CommandResult> => {
    const result = await run(argv);
    // nobody has said that there is no such account: a refusal would be the last word
    if (result.status === null) throw new Failure('accounts-unreachable', { why: 'it takes too long' });
    if (result.status > worst || result.stdout.trim() === '') refuse('it is not known here');
    return result;
  };
  const look = async (name: string): Promise<Account> => {
    const { stdout: line } = await ask(['/usr/bin/getent', 'passwd', name]);
    const uid = accountIn(line, name, leastUid());
    // by NUL: a directory of Windows has groups with blanks in their names, whose words are other groups
    // 1: one of them has no name (AFS, a directory that lost it), and is told as its number; the others are told all the same
    const { stdout, status } = await ask(['/usr/bin/id', '-Gnz', name], 1);
    const groups = stdout.split('\0').filter((group) => group !== '');
    return { name, uid, groups, ...(status === 1 && { hasNameless: true }) };
  };
  return {
    find: async (name) => {
      if (!AccountName.safeParse(name).success) refuse('its name is not that of an ordinary account');
      const last = known.get(name);
      if (last !== undefined && clock() < last.until) return last.account;
      if (known.size >= MOST) known.clear();
      const account = look(name);
      known.set(name, { until: clock() + AGE, account });
      // a directory that was away for a moment is asked again
      account.catch(() => known.delete(name));
      return account;
    },
  };
}
