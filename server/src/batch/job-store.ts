import { Failure, JobRecord, Parameters, SlurmRecord, type JobState } from '@berth/schema';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { jobPaths, JOB_ID } from './job-paths.ts';
import { makePrivate, readRegular, replaceFile, writeNew } from './own-file.ts';

/** Behind the name of a directory that is being removed. */
const REMOVED = '.removed';

/** Bytes of a file that we wrote ourselves. */
const MOST_RECORD = 1024 * 1024;
const MOST_CONTENT = 64 * 1024 * 1024;
/** ... and of the parameters of all elements, as they are kept; signs that JSON writes longer come on top. */
export const MOST_PARAMETER_BYTES = 16 * 1024 * 1024;

/** What is in a job's directory before Slurm knows of it. */
export interface NewJob {
  readonly record: JobRecord;
  /** the notebook, as it was */
  readonly notebook: Buffer;
  /** one for each element */
  readonly parameters: readonly Parameters[];
  /** file name to content of the kernelspec */
  readonly kernelSpec: ReadonlyMap<string, Buffer>;
}

export interface StoredJob {
  readonly record: JobRecord;
  readonly slurm: SlurmRecord;
}

/**
 * The jobs of a person, one directory each, below `directory` (absolute): what was submitted, what Slurm said of it, and what the
 * node wrote. All of it is the person's alone (0700, 0600), and is read through no link.
 */
export class JobStore {
  readonly #directory: string;
  readonly #uid: number;
  readonly #known = new Map<string, JobRecord>();
  /** the newest change of each job's `slurm.json`, which the next one waits for */
  readonly #noting = new Map<string, Promise<void>>();

  constructor(directory: string, uid: number) {
    this.#directory = directory;
    this.#uid = uid;
  }

  paths(id: string) {
    return jobPaths(this.#directory, id);
  }

  /** @throws Failure `job-not-kept` */
  async create(job: NewJob): Promise<void> {
    const { root, record, notebook, parameters, kernelSpec, elements } = this.paths(job.record.id);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await this.#demandOwn();
      await makePrivate(root);
    } catch (cause) {
      // what is there already is another's work, also when it cannot be read at the moment
      throw this.#notKept(cause);
    }
    try {
      for (const place of [elements, kernelSpec]) await makePrivate(place);
      const spec = join(kernelSpec, job.record.kernel.name);
      await makePrivate(spec);
      for (const [name, content] of job.kernelSpec) await writeNew(join(spec, name), content);
      await writeNew(notebook, job.notebook);
      await writeNew(parameters, JSON.stringify(job.parameters));
      // last: without it there is no job here
      await writeNew(record, JSON.stringify(job.record, null, 1));
    } catch (cause) {
      await rm(root, { recursive: true, force: true }).catch(() => undefined);
      throw this.#notKept(cause);
    }
  }

  /**
   * Removes a job with all its files. It is gone at once, whenever this ends; what is left of an earlier time goes as well, as far as
   * it can.
   * @throws the system's error
   */
  async remove(id: string): Promise<void> {
    const { root } = this.paths(id);
    const rest = `${root}${REMOVED}`;
    await rename(root, rest);
    this.#known.delete(id);
    await rm(rest, { recursive: true, force: true });
    const names = await readdir(this.#directory).catch(() => []);
    const rests = names.filter(
      (name) => name.endsWith(REMOVED) && JOB_ID.test(name.slice(0, -REMOVED.length)),
    );
    // of another job, of which it was said: this one is removed
    for (const name of rests)
      await rm(join(this.#directory, name), { recursive: true, force: true }).catch(() => undefined);
  }

  /** Ids of all jobs. */
  async ids(): Promise<readonly string[]> {
    const names = await readdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names.filter((name) => JOB_ID.test(name));
  }

  /** Undefined when there is none of that id, or nothing in order (F21). */
  async read(id: string): Promise<StoredJob | undefined> {
    if (!JOB_ID.test(id)) return undefined;
    const record = this.#known.get(id) ?? (await this.#parse(this.paths(id).record, JobRecord));
    if (record?.id !== id) return undefined;
    this.#known.set(id, record);
    const slurm = await this.#parse(this.paths(id).slurm, SlurmRecord);
    return { record, slurm: slurm ?? { ended: {} } };
  }

  /** @throws Failure `job-unknown` */
  async demand(id: string): Promise<StoredJob> {
    const job = await this.read(id);
    if (job === undefined) throw new Failure('job-unknown', { id });
    return job;
  }

  /** One for each element, by index. @throws Failure `job-unknown` */
  async parameters(id: string): Promise<readonly Parameters[]> {
    const all = await this.#parse(this.paths(id).parameters, AllParameters, MOST_CONTENT);
    if (all === undefined) throw new Failure('job-unknown', { id });
    return all;
  }

  /** What was kept besides, to submit the same again. @throws Failure `job-unknown` */
  async content(id: string): Promise<Pick<NewJob, 'notebook' | 'parameters' | 'kernelSpec'>> {
    const { record } = await this.demand(id);
    const paths = this.paths(id);
    const spec = join(paths.kernelSpec, record.kernel.name);
    try {
      const files = await readdir(spec);
      const contents = await Promise.all(
        files.map(async (name) => [name, await readRegular(join(spec, name), MOST_CONTENT)] as const),
      );
      const notebook = await readRegular(paths.notebook, MOST_CONTENT);
      return { notebook, parameters: await this.parameters(id), kernelSpec: new Map(contents) };
    } catch (cause) {
      throw new Failure('job-unknown', { id }, { cause });
    }
  }

  /** Adds what is new to what is known of Slurm; one change after the other, so that none is lost. @throws when it cannot be read or written */
  note(id: string, news: SlurmNews): Promise<void> {
    const before = this.#noting.get(id) ?? Promise.resolve();
    const noting = before.catch(() => undefined).then(() => this.#note(id, news));
    this.#noting.set(id, noting);
    const forget = (): void => {
      if (this.#noting.get(id) === noting) this.#noting.delete(id);
    };
    noting.then(forget, forget);
    return noting;
  }

  async #note(id: string, news: SlurmNews): Promise<void> {
    const path = this.paths(id).slurm;
    const text = await readRegular(path, MOST_RECORD).catch((error: NodeJS.ErrnoException) => {
      // what cannot be read at the moment is not to be written over
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const old = parsed(text, SlurmRecord) ?? { ended: {} };
    await replaceFile(path, JSON.stringify(withNews(old, news)));
  }

  #notKept(cause: unknown): Failure {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    return new Failure('job-not-kept', { path: this.#directory, why: REASONS[code] ?? message }, { cause });
  }

  /** A predictable place: only if nobody else can write there, and it is no link to another. */
  async #demandOwn(): Promise<void> {
    const stat = await lstat(this.#directory);
    if (!stat.isDirectory()) throw new Error('it is not a directory');
    if (stat.uid !== this.#uid || (stat.mode & 0o022) !== 0)
      throw new Error('it is not a directory that only you can write');
  }

  async #parse<T extends z.ZodMiniType>(
    path: string,
    schema: T,
    most = MOST_RECORD,
  ): Promise<z.infer<T> | undefined> {
    return parsed(await readRegular(path, most).catch(() => undefined), schema);
  }
}

type ByIndex<T> = Readonly<Record<string, T | undefined>>;

/** What is new in `slurm.json`; of an element, `undefined` takes away what was said. */
type SlurmNews = Partial<Omit<SlurmRecord, 'ended' | 'endedAttempts' | 'forgotten'>> & {
  readonly ended?: ByIndex<JobState>;
  readonly endedAttempts?: ByIndex<number>;
  readonly forgotten?: ByIndex<number>;
};

export const withNews = (old: SlurmRecord, news: SlurmNews): SlurmRecord => ({
  ...old,
  ...news,
  ended: merged(old.ended, news.ended),
  endedAttempts: merged(old.endedAttempts, news.endedAttempts),
  forgotten: merged(old.forgotten, news.forgotten),
  cancelledElements: merged(old.cancelledElements, news.cancelledElements),
});

function merged<T>(old: ByIndex<T> | undefined, news: ByIndex<T> | undefined): Record<string, T> {
  const all: Record<string, T> = {};
  for (const [index, value] of Object.entries({ ...old, ...news }))
    if (value !== undefined) all[index] = value;
  return all;
}

function parsed<T extends z.ZodMiniType>(text: Buffer | undefined, schema: T): z.infer<T> | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

const AllParameters = z.readonly(z.array(Parameters));

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EEXIST: 'a job of this id is there already, and cannot be read',
  EACCES: 'it may not be written',
};
