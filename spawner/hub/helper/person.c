#include "person.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "refuse.h"

#define NOBODY 65534
/* Seconds; far longer than a job waits or runs: of one that does, nothing is touched. */
#define LONG_AGO (90 * 24 * 3600)

void become_nobody_else(struct person *person, uid_t least_uid) {
  uid_t uid = getuid();
  if (uid != geteuid() || getgid() != getegid()) refuse(MUST_NOT, "this program is not to be set-user-id");
  if (uid < least_uid || uid == NOBODY || uid == (uid_t)-1 || uid == (uid_t)-2 || getgid() == 0)
    refuse(MUST_NOT, "nothing is done for this account");
  const struct passwd *entry = getpwuid(uid);
  if (entry == NULL || strlen(entry->pw_name) >= sizeof person->name || strlen(entry->pw_dir) >= sizeof person->home)
    refuse(MUST_NOT, "this account is not known");
  strcpy(person->name, entry->pw_name);
  strcpy(person->home, entry->pw_dir);
  /* two names of one number: the wrong one of them must not be acted for */
  entry = getpwnam(person->name);
  if (entry == NULL || entry->pw_uid != uid) refuse(MUST_NOT, "the name and the number of this account do not fit");
  struct stat home;
  if (person->home[0] != '/' || stat(person->home, &home) != 0 || !S_ISDIR(home.st_mode) || home.st_uid != uid)
    refuse(MUST_NOT, "this account has no home of its own");
}

void clean_environment(const struct person *person, const char *slurm_conf) {
  if (clearenv() != 0 || setenv("HOME", person->home, 1) != 0 || setenv("USER", person->name, 1) != 0 ||
      setenv("LOGNAME", person->name, 1) != 0 || setenv("SHELL", "/bin/sh", 1) != 0 ||
      setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1) != 0 || setenv("LANG", "C.UTF-8", 1) != 0)
    refuse(FAILED, "the environment cannot be made");
  if (slurm_conf[0] != '\0' && setenv("SLURM_CONF", slurm_conf, 1) != 0) refuse(FAILED, "the environment cannot be made");
  umask(077);
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  /* whatever sudo let through */
  if (close_range(3, ~0u, 0) != 0) refuse(FAILED, "the descriptors cannot be closed");
}

void open_directory(struct person *person) {
  char path[] = STATE_DIRECTORY;
  struct stat found;
  int at = open(person->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (char *name = strtok(path, "/"); name != NULL && at >= 0; name = strtok(NULL, "/")) {
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST) break;
    int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = next;
  }
  if (at < 0 || fstat(at, &found) != 0) refuse(FAILED, "~/" STATE_DIRECTORY " cannot be opened (%s)", strerror(errno));
  if (found.st_uid != getuid()) refuse(FAILED, "~/" STATE_DIRECTORY " belongs to somebody else");
  if ((found.st_mode & 077) != 0 && fchmod(at, 0700) != 0) refuse(FAILED, "~/" STATE_DIRECTORY " is open to others");
  person->directory = at;
}

void forget_old(const struct person *person) {
  int at = openat(person->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *all = at < 0 ? NULL : fdopendir(at);
  time_t old = time(NULL) - LONG_AGO;
  for (struct dirent *one; all != NULL && (one = readdir(all)) != NULL;) {
    struct stat found;
    size_t name = strspn(one->d_name, "0123456789abcdef");
    bool ours = name == 16 && (strcmp(one->d_name + name, ".json") == 0 || strcmp(one->d_name + name, ".log") == 0);
    if (ours && fstatat(at, one->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) && found.st_mtime < old)
      unlinkat(at, one->d_name, 0);
  }
  if (all != NULL)
    closedir(all);
  else if (at >= 0)
    close(at);
}

_Bool write_new(const struct person *person, const char *name, const char *bytes, size_t size) {
  int file = openat(person->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return 0;
  if (file < 0) refuse(FAILED, "a file in ~/" STATE_DIRECTORY " cannot be made (%s)", strerror(errno));
  for (size_t done = 0; done < size;) {
    ssize_t put = write(file, bytes + done, size - done);
    if (put <= 0) {
      unlinkat(person->directory, name, 0);
      refuse(FAILED, "a file in ~/" STATE_DIRECTORY " cannot be written (%s)", strerror(errno));
    }
    done += (size_t)put;
  }
  if (fsync(file) != 0 || close(file) != 0) {
    unlinkat(person->directory, name, 0);
    refuse(FAILED, "a file in ~/" STATE_DIRECTORY " cannot be written (%s)", strerror(errno));
  }
  return 1;
}
