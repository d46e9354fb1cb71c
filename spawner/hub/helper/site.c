#include "site.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "refuse.h"

#define CONF "berth-as-user.conf"

static bool of_root(const struct stat *found) {
  return found->st_uid == 0 && (found->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The path itself and all above it; links are followed first, so that what is looked at is what is used. */
static void demand_root(const char *path) {
  char real[PATH_MAX];
  if (realpath(path, real) == NULL) refuse(MUST_NOT, "%s is not there", path);
  for (;;) {
    struct stat found;
    if (lstat(real, &found) != 0) refuse(MUST_NOT, "%s cannot be looked at", real);
    if (!of_root(&found)) refuse(MUST_NOT, "%s is not root's alone", real);
    if (strcmp(real, "/") == 0) return;
    char *slash = strrchr(real, '/');
    slash[slash == real ? 1 : 0] = '\0';
  }
}

static void take(struct site *site, const char *name, const char *value) {
  char *place = NULL;
  if (strcmp(name, "slurm") == 0) place = site->slurm;
  if (strcmp(name, "script") == 0) place = site->script;
  if (strcmp(name, "slurm_conf") == 0) place = site->slurm_conf;
  if (place != NULL) {
    if (value[0] != '/' || strlen(value) >= PATH_MAX) refuse(MUST_NOT, "%s in " CONF " is not an absolute path", name);
    strcpy(place, value);
    return;
  }
  char *end;
  if (strcmp(name, "least_uid") != 0) refuse(MUST_NOT, "%s is not known in " CONF, name);
  unsigned long least = strtoul(value, &end, 10);
  if (*end != '\0' || least < 1 || least > 1000000000) refuse(MUST_NOT, "least_uid in " CONF " is not a number");
  site->least_uid = (uid_t)least;
}

void read_site(struct site *site) {
  char path[PATH_MAX];
  *site = (struct site){.slurm = "/usr/bin", .least_uid = 1000};
  ssize_t size = readlink("/proc/self/exe", path, sizeof path - sizeof CONF - 1);
  if (size <= 0) refuse(MUST_NOT, "where this program is cannot be told");
  path[size] = '\0';
  demand_root(path);
  strcpy(strrchr(path, '/') + 1, CONF);
  demand_root(path);
  FILE *file = fopen(path, "re");
  if (file == NULL) refuse(MUST_NOT, "%s cannot be read", path);
  char line[PATH_MAX + 64];
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '#' || line[0] == '\0') continue;
    char *value = strchr(line, '=');
    if (value == NULL) refuse(MUST_NOT, "a line of " CONF " is not NAME=VALUE");
    *value++ = '\0';
    take(site, line, value);
  }
  fclose(file);
  if (site->script[0] == '\0') refuse(MUST_NOT, CONF " names no script");
  demand_root(site->script);
  demand_root(site->slurm);
}
