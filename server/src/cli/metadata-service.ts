/**
 * The AWS chain of keys ends by asking 169.254.169.254, which on a machine that is no instance of a cloud costs seconds or
 * reaches somebody else. It is asked only where the person has said so: AWS_EC2_METADATA_DISABLED=false.
 */
export function leaveMetadataService(env: Record<string, string | undefined>): void {
  env['AWS_EC2_METADATA_DISABLED'] ??= 'true';
}
