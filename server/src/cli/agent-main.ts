import { agentCommand } from './agent-command.ts';
import { exitWith } from './exit-with.ts';

exitWith(agentCommand(process.argv.slice(3)));
