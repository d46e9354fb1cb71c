#ifndef BERTH_MEMBERS_H
#define BERTH_MEMBERS_H

#include <stdbool.h>
#include <sys/types.h>

/* A user namespace, by which its file in /proc is known. */
struct namespace {
  dev_t device;
  ino_t inode;
};

/* That of a process, or of this one with pid 0. */
bool namespace_of(pid_t pid, struct namespace *namespace);

/*
 * SIGKILL to all in that namespace and in any below it, until none is left: neither a session of its own nor a new parent
 * nor further namespaces lead out of it. Not to this process, and not to `spared`. Children of ours are waited for.
 * Where Slurm tracks processes by parentage only (proctrack/linuxproc), some would outlive the step. A process id
 * namespace would end them too, but it changes what a kernel sees of the node's processes (debuggers, MPI).
 */
void members_end(const struct namespace *namespace, pid_t spared, bool reap);

#endif
