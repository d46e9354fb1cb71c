#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../frames.h"

void terminal_make(struct terminal *terminal, int input, int output) {
  *terminal = (struct terminal){.input = -1, .output = -1, .own = -1, .inner = -1};
  if (input < 0 || output < 0 || !isatty(output) || tcgetattr(input, &terminal->before) != 0) return;
  int own = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (own < 0 || grantpt(own) != 0 || unlockpt(own) != 0) {
    if (own >= 0) close(own);
    return;
  }
  const char *name = ptsname(own);
  int inner = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (inner < 0) {
    close(own);
    return;
  }
  *terminal = (struct terminal){.input = input, .output = output, .own = own, .inner = inner, .before = terminal->before};
  tcsetattr(inner, TCSANOW, &terminal->before);
  terminal_resize(terminal);
}

bool terminal_take(const struct terminal *terminal) {
  if (terminal->inner < 0) return true;
  if (ioctl(terminal->inner, TIOCSCTTY, 0) != 0) return false;
  for (int fd = 0; fd < 3; fd++)
    if (isatty(fd)) dup2(terminal->inner, fd);
  return true;
}

void terminal_begin(struct terminal *terminal) {
  if (terminal->own < 0) return;
  /* the command alone holds the other end: its end is seen as the end of this one */
  close(terminal->inner);
  terminal->inner = -1;
  fcntl(terminal->own, F_SETFL, O_NONBLOCK);
  struct termios raw = terminal->before;
  cfmakeraw(&raw);
  tcsetattr(terminal->input, TCSANOW, &raw);
}

void terminal_resize(const struct terminal *terminal) {
  struct winsize size;
  if (terminal->own >= 0 && ioctl(terminal->output, TIOCGWINSZ, &size) == 0) ioctl(terminal->own, TIOCSWINSZ, &size);
}

static bool read_typed(struct terminal *terminal) {
  ssize_t got = read(terminal->input, terminal->typed, sizeof terminal->typed);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got > 0) terminal->typed_size = (size_t)got;
  return got > 0;
}

static bool type(struct terminal *terminal) {
  ssize_t done = write(terminal->own, terminal->typed, terminal->typed_size);
  if (done < 0) return errno == EINTR || errno == EAGAIN;
  terminal->typed_size -= (size_t)done;
  memmove(terminal->typed, terminal->typed + done, terminal->typed_size);
  return true;
}

static bool show(const struct terminal *terminal) {
  char bytes[4096];
  ssize_t got = read(terminal->own, bytes, sizeof bytes);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  return got > 0 && bytes_write(terminal->output, bytes, (size_t)got);
}

void terminal_wishes(const struct terminal *terminal, struct pollfd *input, struct pollfd *own) {
  bool typed = terminal->typed_size > 0;
  *input = (struct pollfd){.fd = terminal->own < 0 || typed ? -1 : terminal->input, .events = POLLIN};
  *own = (struct pollfd){.fd = terminal->own, .events = (short)(typed ? POLLIN | POLLOUT : POLLIN)};
}

bool terminal_pass(struct terminal *terminal, const struct pollfd *input, const struct pollfd *own) {
  if ((own->revents & ~POLLOUT) != 0 && !show(terminal)) return false;
  if (input->revents != 0 && !read_typed(terminal)) return false;
  return (own->revents & POLLOUT) == 0 || type(terminal);
}

void terminal_end(struct terminal *terminal) {
  if (terminal->own < 0) return;
  struct pollfd left = {.fd = terminal->own, .events = POLLIN};
  while (poll(&left, 1, 0) > 0 && (left.revents & POLLIN) != 0 && show(terminal)) continue;
  tcsetattr(terminal->input, TCSADRAIN, &terminal->before);
  close(terminal->own);
  terminal->own = -1;
}
