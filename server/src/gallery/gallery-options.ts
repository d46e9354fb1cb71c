import type { Config } from '@berth/schema';
import type { CredentialLookup } from '@berth/spawner/image';
import type { Publish } from '../routes/services.ts';
import type { ScanEnd } from './scan-runner.ts';

export interface GalleryOptions {
  /** the configuration in force, the same object while it has not changed. @throws Failure `config-missing`, `config-invalid` */
  readonly config: () => Promise<Config>;
  /** before a scan. @throws Failure when the configuration names nothing to look into */
  readonly demandSources: (config: Config) => void;
  /** what kernelspecs are written with: the configuration, completed by what the cluster says */
  readonly complete: (config: Config) => Promise<Config>;
  readonly credentials: CredentialLookup;
  /** the `berth` command, absolute */
  readonly berth: string;
  readonly publish: Publish;
  readonly onScanEnd: (end: ScanEnd, error?: unknown) => void;
  /** kernelspecs could not be written without anybody having asked for it, for the log */
  readonly onTrouble: (error: unknown) => void;
  /** milliseconds since 1970 */
  readonly now: () => number;
}
