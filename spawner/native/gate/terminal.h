/*
 * A terminal in between, for a command that wants one of its own: salloc refuses to start a shell without a controlling
 * terminal, and that of the caller belongs to another session. As ssh -t and script(1) do it: the caller's terminal is made
 * raw, and bytes and size pass between the two. All other commands get the caller's terminal itself.
 */
#ifndef BERTH_GATE_TERMINAL_H
#define BERTH_GATE_TERMINAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct terminal {
  /* of the caller; -1 each where there is none in between */
  int input, output;
  /* of ours: our end, and the command's */
  int own, inner;
  struct termios before;
  /* typed, and not taken by the command's terminal yet */
  char typed[4096];
  size_t typed_size;
};

/* Makes it, where input and output of the caller are terminals. Nothing is changed of these yet. */
void terminal_make(struct terminal *terminal, int input, int output);

/* In the command, which leads its session: the inner end becomes its terminal, and those of its descriptors that were one. */
bool terminal_take(const struct terminal *terminal);

/* Outside of it: from here on the caller's terminal is raw. */
void terminal_begin(struct terminal *terminal);
void terminal_resize(const struct terminal *terminal);

/*
 * What is to be waited for: the caller's input, and our end. Then what came is passed on; false at its end. A command that reads
 * nothing of a long paste keeps nobody waiting: its signals still come through.
 */
void terminal_wishes(const struct terminal *terminal, struct pollfd *input, struct pollfd *own);
bool terminal_pass(struct terminal *terminal, const struct pollfd *input, const struct pollfd *own);

/* Shows what is left, and gives the caller's terminal back as it was. */
void terminal_end(struct terminal *terminal);

#endif
