#ifndef BERTH_SITE_H
#define BERTH_SITE_H

#include <limits.h>
#include <sys/types.h>

/* What root has written beside us, in berth-as-user.conf: NAME=VALUE lines, "#" begins a comment line. */
struct site {
  /* where sbatch, scancel and squeue are */
  char slurm[PATH_MAX];
  /* what the job runs; Slurm takes a copy of it */
  char script[PATH_MAX];
  /* SLURM_CONF, or empty */
  char slurm_conf[PATH_MAX];
  /* nobody below it */
  uid_t least_uid;
};

/*
 * Refuses unless we, the file, what it names and every directory above are root's and nobody else can write there: whoever
 * could exchange any of it would act as every person of the site.
 */
void read_site(struct site *site);

#endif
