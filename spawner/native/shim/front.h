#ifndef BERTH_SHIM_FRONT_H
#define BERTH_SHIM_FRONT_H

#include <stdbool.h>

/* In the background of our terminal, whose keys belong to somebody else. */
bool in_background(void);

/*
 * srun reads its input from the first moment on, and the real one, which has no controlling terminal, would take the keys
 * of whoever is in front: we stop in its place, as the terminal itself would have it.
 */
void wait_for_the_front(void);

#endif
