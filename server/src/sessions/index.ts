export { systemAccounts, type Account, type Accounts } from './account.ts';
export { Choices } from './choices.ts';
export type { OfferedKernel } from './offered-kernel.ts';
export { sudoHelper, type Helper } from './as-person.ts';
export { HubTokens, isServerOf, mayUse, type TokenOwner } from './hub-tokens.ts';
export { nodeRecord, type NodeRecord } from './node-record.ts';
export { SessionStore } from './session-store.ts';
export { Sessions } from './sessions.ts';
