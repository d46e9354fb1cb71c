/** What signs requests to a bucket. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** undefined is "nobody logged in": requests then go unsigned, and the gateway's own answer says what is missing. */
export type KeyLookup = () => Promise<AwsKeys | undefined>;

/** Milliseconds for which "nobody" is taken as said: to find nothing, files are read and maybe programs run. */
const NOBODY_FOR = 10_000;

/**
 * Keys from where AWS's own tools take them, in their order: environment, ~/.aws (profiles, roles, SSO, programs that give
 * keys), web identity, container. The SDK reads this process's environment itself. Loads the SDK at the first question.
 * @param profile of ~/.aws; undefined is AWS_PROFILE, else the default
 * @param now milliseconds of a clock that only goes on
 */
export function awsKeys(profile: string | undefined, now = (): number => performance.now()): KeyLookup {
  let chain: Promise<() => Promise<AwsKeys>> | undefined;
  let nobodyUntil = -Infinity;
  return async () => {
    if (now() < nobodyUntil) return undefined;
    chain ??= import('./aws-chain.ts').then(({ awsChain }) => awsChain(profile));
    const find = await chain;
    // a broken file or helper counts as nobody logged in, as with registries
    const keys = await find().then(plainKeys, () => undefined);
    if (keys === undefined) nobodyUntil = now() + NOBODY_FOR;
    return keys;
  };
}

/** Without the SDK's own additions: they go to other threads. */
const plainKeys = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: AwsKeys): AwsKeys => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken === undefined ? {} : { sessionToken }),
  ...(expiration === undefined ? {} : { expiration }),
});
