#include "front.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

bool in_background(void) {
  pid_t front = tcgetpgrp(0);
  return front > 0 && front != getpgrp();
}

void wait_for_the_front(void) {
  struct sigaction before;
  while (in_background()) {
    if (sigaction(SIGTTIN, NULL, &before) != 0 || before.sa_handler == SIG_IGN) {
      int nothing = open("/dev/null", O_RDONLY);
      if (nothing < 0)
        close(0);
      else
        dup2(nothing, 0);
      return;
    }
    kill(0, SIGTTIN);
  }
}
