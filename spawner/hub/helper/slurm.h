#ifndef BERTH_SLURM_H
#define BERTH_SLURM_H

#include "order.h"
#include "person.h"
#include "site.h"

/* Each gives the exit status; what Slurm's command prints goes to our own streams. */
int submit(const struct order *order, const struct site *site, const struct person *person);
/* Without a job: only what was left for one that never came to be. */
int cancel(const struct order *order, const struct site *site, const struct person *person);
/* Of all with our name; with a job that one alone, whatever its name. */
int list(const struct order *order, const struct site *site);
/* The last lines of the job's own output. */
int show_log(const struct order *order, const struct person *person);

#endif
