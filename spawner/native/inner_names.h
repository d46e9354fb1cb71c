/*
 * Variables that mean something else inside of a container than outside: places in its file system, and what the loader
 * and the C library obey before a program has begun. The gate never hands them to a command outside (T9); for a command
 * that will run in the image they travel under another name, and `berth-place run` gives them their own one back.
 * Source: ld.so(8), glibc's list of variables that it drops for setuid programs (unsecvars.h); and by what Python and Perl
 * find modules, for many a site has a script in front of sbatch.
 */
#ifndef BERTH_INNER_NAMES_H
#define BERTH_INNER_NAMES_H

#include <stdbool.h>

#define INNER_PREFIX "BERTH_INNER_"
/* the current directory, where it is one that only the container has */
#define INNER_DIRECTORY INNER_PREFIX "PWD"

/* `variable` is NAME=VALUE, or NAME. True for PATH, LD_*, BASH_ENV and the like. */
bool means_another_inside(const char *variable);
/* True for what nobody inside may set for Slurm's own commands, nor needs: its configuration, its tokens. */
bool belongs_to_slurm(const char *variable);
/* One of bash's exported functions, which its children run in place of programs. */
bool is_function(const char *variable);
/* Whether that variable is so called. */
bool is_named(const char *variable, const char *name);

#endif
