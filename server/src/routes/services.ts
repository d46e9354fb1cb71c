import type {
  AllocationList,
  JobDetail,
  JobList,
  JobLog,
  JobOutput,
  JobSubmission,
  JobView,
  KernelDetail,
  KernelPage,
  KernelQuery,
  LaunchAnswer,
  LaunchStory,
  ProfileList,
  ScanState,
  ServerEvent,
  ServerStatus,
  StandingWish,
  Troubles,
  Wish,
} from '@berth/schema/rest';

/**
 * What the routes need of the rest: they know HTTP and these, never a registry, Slurm or the file system. Whatever is
 * answered for a request may throw a Failure, which becomes its problem document; so each service tells a configuration that
 * is missing or broken itself, and the server lives on without one.
 */
export interface Services {
  readonly status: () => ServerStatus | Promise<ServerStatus>;
  readonly kernels: KernelGallery;
  readonly profiles: () => Promise<ProfileList>;
  readonly launches: LaunchBoard;
  readonly allocations: Allocations;
  readonly jobs: Jobs;
}

/** All kernels that are known, with the kernelspecs that were made of them, and the look into all sources. */
export interface KernelGallery {
  /** The same object as before while nothing has changed. */
  page(query: KernelQuery): Promise<KernelPage>;
  /** @throws Failure `kernel-unknown` */
  detail(name: string): Promise<KernelDetail>;
  /** Write its kernelspec. @throws Failure `kernel-unknown`, `kernelspec-foreign` */
  offer(name: string): Promise<void>;
  /** Remove its kernelspec; done when there is none. @throws Failure `kernel-unknown`, `kernelspec-foreign` */
  withdraw(name: string): Promise<void>;
  troubles(): Promise<Troubles>;
  scan(): ScanState;
  /** One that is under way goes on. Resolves when it has begun. */
  startScan(): Promise<ScanState>;
  /** Done when none is under way. */
  stopScan(): Promise<void>;
}

/** The starts of kernels by the Jupyter server that we stand beside. */
export interface LaunchBoard {
  /** newest first */
  list(): readonly LaunchStory[];
  /** @throws Failure `launch-unknown` */
  get(id: string): LaunchStory;
  /** Last lines, oldest first. @throws Failure `launch-unknown` */
  log(id: string): readonly string[];
  /** @throws Failure `launch-unknown`, and when it does not ask (any more) */
  answer(id: string, answer: LaunchAnswer): Promise<void>;
  /** Cancel it, end its kernel, or forget it when it has ended. @throws Failure `launch-unknown` */
  cancel(id: string): Promise<void>;
  /** @throws Failure `kernel-unknown` */
  wish(path: string, kernel: string): Promise<StandingWish>;
  setWish(wish: Wish): Promise<StandingWish>;
}

/** The person's jobs that Berth made. */
export interface Allocations {
  /** What was last known, with `stale` when Slurm does not answer: a query that fails never ends anything (F1). */
  list(): Promise<AllocationList>;
  /** @throws Failure `allocation-unknown`, `slurm-unreachable` */
  end(jobId: string): Promise<void>;
}

/**
 * A `JobOutput` of which the notebook is not looked at: it may be large, and hostile. Its bytes go to the page as they are, which
 * reads it and trusts nothing in it (T41).
 */
export interface SavedOutput extends Omit<JobOutput, 'notebook'> {
  readonly notebook: Buffer;
}

/** Notebooks that the person submitted as batch jobs. */
export interface Jobs {
  list(): Promise<JobList>;
  /** @throws Failure `job-unknown` */
  detail(id: string): Promise<JobDetail>;
  /** The same id twice is one job. @throws Failure, of a notebook, a sweep, a kernel or Slurm */
  submit(id: string, order: JobSubmission): Promise<JobView>;
  /** @throws Failure `job-unknown` */
  log(id: string, index: number, from: number): Promise<JobLog>;
  /** @throws Failure `job-unknown`, `job-output-missing` */
  output(id: string, index: number): Promise<SavedOutput>;
  /** All of it, or one element. Done when that is over. @throws Failure `job-unknown`, `job-not-numbered`, `slurm-unreachable` */
  cancel(id: string, index?: number): Promise<void>;
  /** With its files; done when there is none. @throws Failure `job-not-over`, `job-not-removed` */
  remove(id: string): Promise<void>;
}

/** Tell all who listen at `GET /v1/events`. */
export type Publish = (event: ServerEvent) => void;
