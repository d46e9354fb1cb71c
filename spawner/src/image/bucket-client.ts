import { setTimeout as delay } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { Failure, type BucketSource, type Limits } from '@berth/schema';
import { awsKeys, type AwsKeys, type KeyLookup } from './aws-keys.ts';
import { nextWait, retryAfter, WAITS } from './back-off.ts';
import { bucketHandler } from './bucket-http.ts';
import { bucketTrouble, type Trouble } from './bucket-trouble.ts';
import { HttpClient, type HttpDeps } from './http-client.ts';
import { SILENT } from './silent-logger.ts';

export interface BucketClientDeps extends HttpDeps {
  readonly keys?: KeyLookup | undefined;
  /** waits in milliseconds between attempts; default: 250, 1000, 4000 */
  readonly waits?: readonly number[] | undefined;
}

/** One gateway, with the means to ask it. */
export interface Gateway {
  readonly s3: S3Client;
  readonly http: HttpClient;
  /** whether `s3` has keys */
  readonly signed: boolean;
}

export interface BucketRequest<T> {
  /** what it is about, for failures: an image, or what is done */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** may be called again, at another gateway; a body is then made anew */
  readonly act: (gateway: Gateway, options: { readonly abortSignal?: AbortSignal }) => Promise<T>;
}

/** Requests to one bucket: gateways in turn, attempts with back-off, errors told as failures. */
export class BucketClient {
  readonly alias: string;
  readonly config: BucketSource;
  readonly #limits: Pick<Limits, 'manifestBytes'>;
  readonly #deps: BucketClientDeps;
  readonly #gateways: readonly string[];
  readonly #keys: KeyLookup;
  readonly #made = new Map<string, Gateway>();
  /** where the last request was answered: the next begins there */
  #at = 0;

  constructor(
    alias: string,
    config: BucketSource,
    limits: Pick<Limits, 'manifestBytes'>,
    deps: BucketClientDeps,
  ) {
    this.alias = alias;
    this.config = config;
    this.#limits = limits;
    this.#deps = deps;
    this.#gateways = config.endpoints;
    this.#keys =
      config.credentials === 'anonymous' ? async () => undefined : (deps.keys ?? awsKeys(config.profile));
  }

  /**
   * @throws Failure `source-unreachable` | `source-denied` | `source-protocol` | `bucket-missing` | `bucket-moved` |
   *   `clock-skewed` | `image-missing` | `upload-refused` | `cancelled`
   */
  async send<T>({ what, signal, act }: BucketRequest<T>): Promise<T> {
    const waits = [...(this.#deps.waits ?? WAITS)];
    let asked: number | undefined;
    let skewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const at = this.#at;
      const gateway = await this.#gateway(at);
      try {
        return await act(gateway, signal === undefined ? {} : { abortSignal: signal });
      } catch (error) {
        const trouble = bucketTrouble(error, {
          url: gateway.http.base.origin,
          bucket: this.config.bucket,
          what,
          signed: gateway.signed,
          anonymous: this.config.credentials === 'anonymous',
          signal,
        });
        // the SDK has taken the gateway's time from the answer: once more, signed with that
        if (trouble.kind === 'skewed' && !skewed) {
          skewed = true;
          continue;
        }
        if (trouble.kind !== 'passing') throw trouble.failure;
        asked = longer(asked, trouble);
        if (this.#at === at) this.#at = (at + 1) % this.#gateways.length;
        // first all others, then a wait
        if (attempt % this.#gateways.length !== 0) continue;
        await this.#pause(nextWait(waits.shift(), asked, Math.random()), trouble, signal);
        asked = undefined;
      }
    }
  }

  async #pause(
    wait: number | undefined,
    { failure }: Trouble,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (wait === undefined) throw failure;
    await delay(wait, undefined, { signal }).catch((cause: unknown) => {
      throw new Failure('cancelled', {}, { cause });
    });
  }

  /** Somebody may log in while a long scan runs, and keys with an end are renewed; those without hold for one scan or push. */
  async #gateway(at: number): Promise<Gateway> {
    const endpoint = this.#gateways[at] ?? '';
    const keys = await this.#keys();
    const name = `${keys === undefined ? 'unsigned' : 'signed'} ${endpoint}`;
    const made = this.#made.get(name) ?? this.#makeGateway(endpoint, keys);
    this.#made.set(name, made);
    return made;
  }

  #makeGateway(endpoint: string, keys: AwsKeys | undefined): Gateway {
    const { region, timeout } = this.config;
    const http = new HttpClient(this.alias, { url: endpoint, timeout, allowHosts: [] }, this.#deps);
    const s3 = new S3Client({
      endpoint,
      region,
      // keys that end are looked up again
      ...(keys === undefined ? UNSIGNED : { credentials: async () => (await this.#keys()) ?? keys }),
      requestHandler: bucketHandler(http, this.alias, this.#limits),
      ...STEADY,
    });
    return { s3, http, signed: keys !== undefined };
  }
}

/** One's own attempts, and nothing taken from ~/.aws/config: what is configured for a source is all there is. */
const STEADY = {
  forcePathStyle: true,
  // anything else adds checksums that Ceph ignores, and streams that it refuses (411)
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  maxAttempts: 1,
  retryMode: 'standard',
  defaultsMode: 'standard',
  followRegionRedirects: false,
  useArnRegion: false,
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  disableS3ExpressSessionAuth: true,
  logger: SILENT,
} as const;

const UNSIGNED = {
  credentials: { accessKeyId: '', secretAccessKey: '' },
  signer: { sign: async <T>(request: T): Promise<T> => request },
};

/** The longest wait that any of the gateways has asked for. */
function longer(asked: number | undefined, { retryAfter: value }: Trouble): number | undefined {
  const more = retryAfter(value, Date.now());
  return more === undefined ? asked : Math.max(more, asked ?? 0);
}
