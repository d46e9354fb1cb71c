/*
 * How the shim inside a container and the gate outside of it talk about one call, over one connection. Both are of one
 * installation and on one machine: numbers are the machine's own.
 *   gate: CALL_TAKEN
 *   shim: struct call_head with the descriptors as SCM_RIGHTS, then so many bytes of text, each piece ended by a NUL:
 *         verb, current directory, words behind the verb, variables
 *   then, either way, struct call_note: CALL_SIGNAL and CALL_FILE from the shim, the others from the gate; of CALL_OPEN and
 *   CALL_REFUSED so many bytes of text follow
 */
#ifndef BERTH_CALL_PROTOCOL_H
#define BERTH_CALL_PROTOCOL_H

#include <stdint.h>

#define CALL_MAGIC 0x31475442U
/* where the shim finds the gate, in each container */
#define CALL_SOCKET "/run/berth/gate"
/* more than the system passes to any program, which is a quarter of the stack's limit */
#define CALL_TEXT_MOST (8U << 20)
#define CALL_WORDS_MOST 65536U
#define CALL_PATH_MOST 4096U

/* bit N of `given`: the shim's descriptor N is among those passed, in this order; the current directory always is, last */
#define CALL_STANDARD 3
#define CALL_DESCRIPTORS (CALL_STANDARD + 1)

struct call_head {
  uint32_t magic;
  uint32_t text;
  uint32_t words;
  uint32_t variables;
  uint32_t umask;
  uint32_t given;
};

enum call_note_kind {
  CALL_SIGNAL = 1, /* value: its number */
  CALL_FILE,       /* value: 0, with the descriptor, or errno */
  CALL_OPEN,       /* value: length of the path that is to be opened */
  CALL_EXITED,     /* value: status */
  CALL_KILLED,     /* value: the signal that ended it */
  CALL_REFUSED,    /* value: length of the sentence; status 126 */
  CALL_TAKEN       /* somebody listens: first of all, before the shim says anything */
};

struct call_note {
  uint32_t kind;
  uint32_t value;
};

#define CALL_STATUS_REFUSED 126

#endif
