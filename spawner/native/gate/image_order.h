#ifndef BERTH_GATE_IMAGE_ORDER_H
#define BERTH_GATE_IMAGE_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "../order.h"

/*
 * Writes the order by which `berth-place run` enters this image on any node, 0600, into the store, which is at the same
 * path there: named by its content, so that all kernels of one image and configuration share it and a job that waits for
 * weeks finds it. What was of the kernel alone, its command, its name and its client, is left out. Not on a command line or in the environment: there variables of the site's could be read (T4).
 * @param path where it is
 */
bool image_order_write(const struct order *order, char *path, size_t path_size);

#endif
