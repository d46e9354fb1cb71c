import { Failure } from '@berth/schema';

/** What `berth kernel` was asked. */
export type KernelArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'plan'; readonly specDirectory: string; readonly connectionFile?: string | undefined }
  | { readonly kind: 'run'; readonly specDirectory: string; readonly connectionFile: string };

/** By hand: a kernel start waits for this command, and parseArgs is 2 ms of it. @throws Failure `usage-invalid` */
export function kernelArguments(args: readonly string[]): KernelArguments {
  const flags = args.filter((arg) => /^-./.test(arg));
  const [specDirectory, connectionFile, surplus] = args.filter((arg) => !/^-./.test(arg));
  if (flags.includes('--help') || flags.includes('-h')) return { kind: 'help' };
  const refuse = (why: string): never => {
    throw new Failure('usage-invalid', { why, command: 'berth kernel' });
  };
  const unknown = flags.find((flag) => flag !== '--dry-run');
  if (unknown !== undefined) return refuse(`Unknown option ${unknown}.`);
  if (surplus !== undefined) return refuse(`One argument too many: "${surplus}".`);
  if (specDirectory === undefined) return refuse('A kernelspec directory and a connection file are needed.');
  if (flags.length > 0) return { kind: 'plan', specDirectory, connectionFile };
  if (connectionFile === undefined)
    return refuse('A connection file is needed after the kernelspec directory.');
  return { kind: 'run', specDirectory, connectionFile };
}
