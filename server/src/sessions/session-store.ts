import { SessionRecord } from '@berth/schema';
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The system's words for what is read no better the next time, e.g. what a backup has brought back as root's. */
const UNREADABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EISDIR', 'ELOOP']);

/** The records of all servers on disk, a file each: written whole, and before what they tell of is done. */
export class SessionStore {
  readonly #directory: string;
  readonly #last = new Map<string, Promise<void>>();

  constructor(state: string) {
    this.#directory = join(state, 'sessions');
  }

  /** In the order in which it was asked for. @throws the system's error: without a record nothing is submitted */
  write(record: SessionRecord): Promise<void> {
    return this.#inTurn(record.id, () => this.#write(record));
  }

  /** After what is still being written of it. */
  remove(id: string): Promise<void> {
    return this.#inTurn(id, () => rm(join(this.#directory, `${id}.json`), { force: true }));
  }

  /** An older state must not come to lie over a newer one, nor over the end. */
  #inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#last.get(id) ?? Promise.resolve()).then(work, work);
    this.#last.set(id, done);
    const forget = (): void => {
      if (this.#last.get(id) === done) this.#last.delete(id);
    };
    done.then(forget, forget);
    return done;
  }

  async #write(record: SessionRecord): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, `${record.id}.json`);
    const fresh = `${path}.${randomUUID()}.new`;
    try {
      const handle = await open(fresh, 'wx', 0o600);
      try {
        await handle.writeFile(JSON.stringify(record));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(fresh, path);
    } catch (error) {
      // on a full disk it would take the last of it
      await rm(fresh, { force: true });
      throw error;
    }
  }

  /**
   * All that are in order; one that is damaged, or is not ours to read, is set aside and costs no other (F21): its server is found by
   * its job.
   * @throws the system's error of a directory that cannot be read, and of a file that the next look may give, or that cannot be set aside
   */
  async all(): Promise<readonly SessionRecord[]> {
    const names = await readdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const records: SessionRecord[] = [];
    // in turn: of thousands at once the system refuses some
    for (const name of names.filter((one) => one.endsWith('.json'))) {
      const record = await this.#read(join(this.#directory, name));
      if (record) records.push(record);
    }
    return records;
  }

  async #read(path: string): Promise<SessionRecord | undefined> {
    try {
      return SessionRecord.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== undefined && !UNREADABLE.has(code)) throw error;
      await rename(path, `${path}.damaged`).catch(() => {
        // nothing can be done here now, e.g. the service's Kerberos ticket has run out: it may be in order, and is not to be replaced
        if (code !== undefined) throw error;
      });
      return undefined;
    }
  }
}
