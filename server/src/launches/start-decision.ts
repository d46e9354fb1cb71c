import type { Outcome, Resources } from '@berth/schema';

/** A word that the person has given. `at` in ISO 8601. */
export interface Word {
  readonly resources: Resources;
  readonly at: string;
}

export interface Asked {
  /** how the job of this kernel's last start ended, when that forbids an automatic start */
  readonly after: Outcome | undefined;
  /** what the person agreed to for this notebook and this kernel */
  readonly agreed: Word | undefined;
  /** when the person last chose anything for this notebook and kernel, ISO 8601, whether that is an agreement or not */
  readonly lastWord: string | undefined;
  /** the word with which that last start went, where that is known: it is used up, whatever a clock that was set says */
  readonly used: string | undefined;
  /** what to propose when the person must be asked */
  readonly proposal: Resources;
}

export type Decision =
  | ({ readonly kind: 'go' } & Word)
  | { readonly kind: 'ask'; readonly resources: Resources }
  | { readonly kind: 'refuse'; readonly sentence: string; readonly hint: string };

/** What the log says of a start that would submit a job. Times in ISO 8601. */
export interface DecidedStart {
  readonly launch: string;
  readonly kernel: string;
  readonly decision: Decision['kind'];
  /** the person's word for it */
  readonly agreed: string | undefined;
  readonly lastWord: string | undefined;
  /** how the job before it ended */
  readonly after: string | undefined;
}

/**
 * Whether a start may submit a job; pure. After a job that ended for good only a word given since counts: what comes without
 * one is Jupyter's automatic restart. Never because time has passed.
 */
export function decideStart({ after, agreed, lastWord, used, proposal }: Asked): Decision {
  if (after !== undefined && (lastWord === used || !isLater(lastWord, after.at))) {
    return {
      kind: 'refuse',
      sentence: `${after.sentence} Not started again by itself.`,
      hint: 'Start it again in JupyterLab when you want a new job.',
    };
  }
  if (agreed !== undefined) return { kind: 'go', ...agreed };
  return { kind: 'ask', resources: proposal };
}

const isLater = (word: string | undefined, end: string): boolean =>
  word !== undefined && Date.parse(word) > Date.parse(end);
