import { exitWith } from './exit-with.ts';
import { kernelCommand } from './kernel-command.ts';
import { leaveMetadataService } from './metadata-service.ts';

// `node kernel.mjs kernel DIRECTORY CONNECTION_FILE`: a bundle of its own, because a person waits for it
leaveMetadataService(process.env);
exitWith(kernelCommand(process.argv.slice(3)));
