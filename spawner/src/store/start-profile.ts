/** What of an image a start touched. Inode numbers are decimal. */
export interface Touched {
  /** files, in the order of the first opening */
  readonly opened: ReadonlySet<string>;
  /** directories, and how many names were looked up there, found or not */
  readonly lookups: ReadonlyMap<string, number>;
}

/** Learns from what the mount of a start says. */
export interface StartProfile extends Touched {
  /** The next piece of the debug output of squashfuse_ll, broken anywhere. */
  readonly push: (text: string) => void;
}

/** Longer lines than this are not libfuse's. */
const LONGEST_LINE = 4096;

/** More files, and directories, than any start touches: the rest is not worth the memory. */
const MOST = 20_000;

const TOUCH = /^unique: [0-9]+, opcode: (OPEN|LOOKUP) \([0-9]+\), nodeid: ([1-9][0-9]{0,19}),/;

/**
 * Reads `squashfuse_ll -d`. Every first look-up and opening reaches the mount, and the node id it names is the inode number
 * that lstat(2) shows there. So any kernel in any language is seen as it is, without privilege and without a second start;
 * refused: ptrace and LD_PRELOAD (slow, or blind to static programs), and starting a kernel for show (it may do things).
 * Source: libfuse, fuse_lowlevel.c `fuse_session_process_buf_int`; squashfuse, ll.c.
 */
export function startProfile(): StartProfile {
  const opened = new Set<string>();
  const lookups = new Map<string, number>();
  let rest = '';
  return {
    opened,
    lookups,
    push: (text) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
      for (const line of lines) {
        const [, what, inode] = TOUCH.exec(line) ?? [];
        if (inode === undefined) continue;
        if (what === 'OPEN' && opened.size < MOST) opened.add(inode);
        if (what === 'LOOKUP' && lookups.size < MOST) lookups.set(inode, (lookups.get(inode) ?? 0) + 1);
      }
    },
  };
}
