import type { FailureSheet } from './failure-sheet.ts';

/** What can go wrong with buckets and with bringing images into them; part of the one closed list. */
export const BUCKET_FAILURES = {
  'bucket-missing': {
    status: 502,
    exit: 66,
    retryable: false,
    sentence: 'There is no bucket {bucket} at {url}.',
    hint: 'Check "bucket" and "endpoints" of the source, or have the bucket made.',
  },
  'bucket-moved': {
    status: 502,
    exit: 76,
    retryable: false,
    sentence: 'The gateway at {url} sends us on to {target}, where we do not send signed requests.',
    hint: 'If that place is right, the administrator can name it under "sources.{source}.endpoints".',
  },
  'clock-skewed': {
    status: 502,
    exit: 69,
    retryable: true,
    sentence: "The source at {url} refuses requests signed by this machine's clock, which is {difference}.",
    hint: 'Set the clock ("timedatectl" shows it), or ask whoever runs this machine and the source.',
  },
  'upload-refused': {
    status: 502,
    exit: 74,
    retryable: true,
    sentence: 'The source at {url} did not take {what}: {why}.',
    hint: 'Nothing half-made is in the bucket. Push again: what has arrived is not sent twice.',
  },
  'push-target-unknown': {
    status: 400,
    exit: 64,
    retryable: false,
    sentence: 'No source of the configuration is the bucket of {target}.',
    hint: 'Buckets of the configuration: {known}. Write s3://BUCKET/PREFIX/NAME:TAG of one of these.',
  },
  'push-target-invalid': {
    status: 400,
    exit: 64,
    retryable: false,
    sentence: '"{target}" cannot be the name of an image: {why}.',
    hint: 'Write s3://BUCKET/PREFIX/NAME:TAG, e.g. s3://images/lab/climate:2026.2; without ":TAG" it is ":latest".',
  },
  'push-target-ambiguous': {
    status: 400,
    exit: 64,
    retryable: false,
    sentence: '{target} is the bucket of several sources: {sources}.',
    hint: 'Name one with --source.',
  },
  'image-unfit': {
    status: 400,
    exit: 65,
    retryable: false,
    sentence: '{path} holds no image that can be pushed: {why}.',
    hint: 'It takes an OCI layout (a directory), a "docker save" archive, or an image of a source, SOURCE/REPOSITORY:TAG.',
  },
} as const satisfies Record<string, FailureSheet>;
