import { agentCommand } from './agent-command.ts';
import { exitWith } from './exit-with.ts';
import { leaveMetadataService } from './metadata-service.ts';

leaveMetadataService(process.env);
exitWith(agentCommand(process.argv.slice(3)));
