import { S3Client } from '@aws-sdk/client-s3';
import { SILENT } from './silent-logger.ts';

/** A client that sends nothing: its provider is the whole chain of AWS's tools, and renews keys that end. */
export function awsChain(profile: string | undefined): S3Client['config']['credentials'] {
  const named = profile === undefined ? {} : { profile };
  // the SDK reads the files of ~/.aws once for a whole process otherwise: who logs in anew would not be seen by a server
  const files = { ignoreCache: true };
  return new S3Client({ region: 'us-east-1', logger: SILENT, ...files, ...named }).config.credentials;
}
