/** Which files of an image a start opened, learnt from what its mount says. */
export interface StartProfile {
  /** The next piece of the debug output of squashfuse_ll, broken anywhere. */
  readonly push: (text: string) => void;
  /** inode numbers, decimal, in the order of the first opening */
  readonly opened: ReadonlySet<string>;
}

/** Longer lines than this are not libfuse's. */
const LONGEST_LINE = 4096;

/** More files than any start opens: then the rest of them is not worth the memory. */
const MOST_FILES = 20_000;

const OPEN = /^unique: [0-9]+, opcode: OPEN \([0-9]+\), nodeid: ([1-9][0-9]{0,19}),/;

/**
 * Reads `squashfuse_ll -d`. Every first opening of a file reaches the mount, and the node id it names is the inode number
 * that lstat(2) shows there. So any kernel in any language is seen as it is, without privilege and without a second start;
 * refused: ptrace and LD_PRELOAD (slow, or blind to static programs), and starting a kernel for show (it may do things).
 * Source: libfuse, fuse_lowlevel.c `fuse_session_process_buf_int`; squashfuse, ll.c.
 */
export function startProfile(): StartProfile {
  const opened = new Set<string>();
  let rest = '';
  return {
    opened,
    push: (text) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
      for (const line of lines) {
        const inode = OPEN.exec(line)?.[1];
        if (inode !== undefined && opened.size < MOST_FILES) opened.add(inode);
      }
    },
  };
}
