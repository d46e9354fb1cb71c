import { exitWith } from './exit-with.ts';
import { kernelCommand } from './kernel-command.ts';

// `node kernel.mjs kernel DIRECTORY CONNECTION_FILE`: a bundle of its own, because a person waits for it
exitWith(kernelCommand(process.argv.slice(3)));
