#include "safe_parents.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MOST 40

struct walk {
  uid_t uid;
  char home[PATH_MAX];
  char *why;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct walk *walk, const char *form, ...) {
  va_list values;
  va_start(values, form);
  vsnprintf(walk->why, WHY_SIZE, form, values);
  va_end(values);
  return false;
}

static bool is_above(const char *directory, const char *home) {
  size_t size = strlen(directory);
  return strncmp(home, directory, size) == 0 && (home[size] == '\0' || home[size] == '/');
}

/* Nobody but root and us may exchange what is in there. */
static bool in_our_hands(const struct walk *walk, const char *directory, const struct stat *found) {
  if (found->st_uid != 0 && found->st_uid != walk->uid)
    return refuse(walk, "%s above it belongs to uid %u", directory, found->st_uid);
  /* in a sticky directory only owners rename and remove */
  if ((found->st_mode & S_ISVTX) != 0) return true;
  if ((found->st_mode & S_IWOTH) != 0) return refuse(walk, "everybody may write in %s above it", directory);
  /* a person's own directory for a group is that person's decision; a group of one is usual */
  if ((found->st_mode & S_IWGRP) != 0 && found->st_uid != walk->uid && found->st_gid != 0)
    return refuse(walk, "group %u may write in %s above it", found->st_gid, directory);
  return true;
}

/* Somebody else may be first: what is there then is looked at like everything else. */
static bool look_or_make(const struct walk *walk, const char *path, struct stat *found) {
  if (lstat(path, found) == 0) return true;
  if (errno == ENOENT && (mkdir(path, 0700) == 0 || errno == EEXIST) && lstat(path, found) == 0) return true;
  return refuse(walk, "%s: %s", path, strerror(errno));
}

static bool walk_path(const struct walk *walk, const char *path, int links) {
  char at[PATH_MAX] = "", names[PATH_MAX];
  bool ours = false;
  if (strlen(path) >= sizeof names) return refuse(walk, "its path is too long");
  strcpy(names, path);
  for (char *rest = names;;) {
    rest += strspn(rest, "/");
    if (*rest == '\0') return true;
    char *name = rest;
    rest += strcspn(rest, "/");
    if (*rest != '\0') *rest++ = '\0';
    rest += strspn(rest, "/");
    while (strncmp(rest, "./", 2) == 0 || strcmp(rest, ".") == 0) rest += strspn(rest + 1, "/") + 1;
    if (strcmp(name, ".") == 0) continue;
    char next[PATH_MAX], again[PATH_MAX];
    if (strcmp(name, "..") == 0) {
      /* from the top again: what counts above may be another directory now */
      char *slash = strrchr(at, '/');
      if (slash != NULL) *slash = '\0';
      if (snprintf(again, sizeof again, "%s/%s", at, rest) >= (int)sizeof again)
        return refuse(walk, "its path is too long");
      return walk_path(walk, again, links);
    }
    if (snprintf(next, sizeof next, "%s/%s", at, name) >= (int)sizeof next)
      return refuse(walk, "its path is too long");
    struct stat found;
    if (*rest == '\0' && lstat(next, &found) != 0 && errno == ENOENT) return true;
    if (!look_or_make(walk, next, &found)) return false;
    if (S_ISLNK(found.st_mode)) {
      if (!ours && found.st_uid != 0 && found.st_uid != walk->uid)
        return refuse(walk, "the link %s belongs to uid %u", next, found.st_uid);
      if (links == LINKS_MOST) return refuse(walk, "too many links at %s", next);
      char target[PATH_MAX];
      ssize_t size = readlink(next, target, sizeof target - 1);
      if (size < 0) return refuse(walk, "%s: %s", next, strerror(errno));
      target[size] = '\0';
      const char *from = target[0] == '/' ? "" : at;
      if (snprintf(again, sizeof again, "%s/%s/%s", from, target, rest) >= (int)sizeof again)
        return refuse(walk, "its path is too long");
      return walk_path(walk, again, links + 1);
    }
    if (*rest == '\0') return true;
    if (!S_ISDIR(found.st_mode)) return refuse(walk, "%s is not a directory", next);
    if (!ours) {
      if (!is_above(next, walk->home) && !in_our_hands(walk, next, &found)) return false;
      /* nobody else gets through here, whatever the modes below are */
      ours = found.st_uid == walk->uid && (found.st_mode & 0011) == 0;
    }
    strcpy(at, next);
  }
}

bool make_safe_parents(const char *path, const char *home, char why[WHY_SIZE]) {
  struct walk walk = {.uid = geteuid(), .why = why};
  if (realpath(home, walk.home) == NULL) snprintf(walk.home, sizeof walk.home, "%s", home);
  return walk_path(&walk, path, 0);
}

bool store_is_safe(const char *path, const char *home, char why[WHY_SIZE]) {
  struct walk walk = {.uid = geteuid(), .why = why};
  if (!make_safe_parents(path, home, why)) return false;
  struct stat found;
  /* one that is not there will be made by whoever makes the image */
  if (stat(path, &found) != 0) return true;
  if (!S_ISDIR(found.st_mode)) return refuse(&walk, "it is not a directory");
  if (found.st_uid != walk.uid) return refuse(&walk, "it belongs to uid %u", found.st_uid);
  if ((found.st_mode & S_IWOTH) != 0) return refuse(&walk, "everybody may write in it");
  /* a person's group of one, as many distributions make it, has the person's number */
  if ((found.st_mode & S_IWGRP) != 0 && found.st_gid != found.st_uid)
    return refuse(&walk, "group %u may write in it", found.st_gid);
  return true;
}

bool make_mount_point(const char *path, const char *home, char why[WHY_SIZE]) {
  struct walk walk = {.uid = geteuid(), .why = why};
  if (!make_safe_parents(path, home, why)) return false;
  struct stat found;
  if ((mkdir(path, 0700) != 0 && errno != EEXIST) || lstat(path, &found) != 0)
    return refuse(&walk, "%s", strerror(errno));
  if (!S_ISDIR(found.st_mode)) return refuse(&walk, "it is not a directory");
  if (found.st_uid != walk.uid) return refuse(&walk, "it belongs to uid %u", found.st_uid);
  if ((found.st_mode & 0777) != 0700 && chmod(path, 0700) != 0) return refuse(&walk, "%s", strerror(errno));
  return true;
}
