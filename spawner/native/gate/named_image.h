#ifndef BERTH_GATE_NAMED_IMAGE_H
#define BERTH_GATE_NAMED_IMAGE_H

#include "../order.h"
#include "command.h"
#include "shim_link.h"

/*
 * Has `berth` make that image ready, and puts it into `order` in place of the image there; mounts stay as they are. Progress and
 * failures go to `errors`. False when there is none: `why` says so, or is empty where the caller was told already.
 * @param name SOURCE/REPOSITORY[:TAG][@DIGEST]
 */
bool named_image(struct order *order, const char *name, int errors, struct shim_link *link, char why[WHY_REFUSED]);

#endif
