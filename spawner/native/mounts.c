#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "children.h"

/* below that the room is better left to images */
#define LEAST_FREE_BYTES (1ULL << 30)
/* what is asked of a mount can't grow for ever: past that writing fails, which squashfuse_ll does not mind */
#define ASKED_MOST_BYTES (16UL << 20)

static int failed(char *why, size_t why_size, const char *what) {
  snprintf(why, why_size, "%s: %s", what, strerror(errno));
  return -1;
}

/*
 * A hot set is looked for, or learned, on file systems on which opening a file costs no round trip: on a network file
 * system four hundred files cost more than one squashfs. Not for an unpacked directory, which is as fast.
 */
static void look_for_hot_set(struct mounts *mounts) {
  static const unsigned long local[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, 0x2fc12fc1 /* zfs */,
                                        F2FS_SUPER_MAGIC, 0xca451a4e /* bcachefs */, TMPFS_MAGIC};
  const struct order *order = mounts->order;
  if (strcmp(order->format, "squashfs") != 0 || order->hot[0] == '\0') return;
  struct stat found;
  /* only finished ones ever get that name */
  mounts->hot = lstat(order->hot, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid();
  struct statfs disk;
  if (mounts->hot || statfs(order->store, &disk) != 0) return;
  for (size_t at = 0; at < sizeof local / sizeof *local; at++)
    if ((unsigned long)disk.f_type == local[at])
      mounts->learn = (unsigned long long)disk.f_bavail * (unsigned long long)disk.f_bsize >= LEAST_FREE_BYTES;
}

static bool write_to(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  close(fd);
  return done;
}

/* What failed, or NULL. */
static const char *enter_namespaces(void) {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  char line[64];
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return errno == ENOSPC ? "entering a user namespace (this node allows no more: sysctl user.max_user_namespaces)"
                           : "entering a user namespace";
  snprintf(line, sizeof line, "%u %u 1", uid, uid);
  if (!write_to("/proc/self/setgroups", "deny")) return "writing /proc/self/setgroups";
  if (!write_to("/proc/self/uid_map", line)) return "writing /proc/self/uid_map";
  snprintf(line, sizeof line, "%u %u 1", gid, gid);
  if (!write_to("/proc/self/gid_map", line)) return "writing /proc/self/gid_map";
  return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ? NULL : "making all mounts private";
}

/* mkdir -p of `path` below the current directory */
static bool make_all(const char *below, const char *path) {
  char whole[PATH_MAX];
  if (snprintf(whole, sizeof whole, "%s%s", below, path) >= (int)sizeof whole) {
    errno = ENAMETOOLONG;
    return false;
  }
  for (char *slash = whole; (slash = strchr(slash + 1, '/')) != NULL;) {
    *slash = '\0';
    if (mkdir(whole, 0755) != 0 && errno != EEXIST) return false;
    *slash = '/';
  }
  return mkdir(whole, 0755) == 0 || errno == EEXIST;
}

/* A program run by an ordinary user keeps no capability unless it is ambient. Only FUSE gets one, to mount. */
static bool keep_mount_right(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return false;
  data[0].inheritable |= 1U << CAP_SYS_ADMIN;
  return syscall(SYS_capset, &header, data) == 0 &&
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) == 0;
}

static char image_path[PATH_MAX];

bool rootfs_is_there(const struct order *order) {
  struct stat found;
  if (lstat(order->rootfs, &found) != 0 || found.st_uid != geteuid()) return false;
  return strcmp(order->format, "squashfs") == 0 ? S_ISREG(found.st_mode) : S_ISDIR(found.st_mode);
}

/* As the table writes it: links on the way to the mount point are followed there. */
static bool find_image_path(void) {
  if (getcwd(image_path, sizeof image_path - sizeof "/image") == NULL) return false;
  strcat(image_path, "/image");
  return true;
}

void mounts_become_fuse(const struct mounts *mounts) {
  const struct order *order = mounts->order;
  const struct rlimit most = {ASKED_MOST_BYTES, ASKED_MOST_BYTES};
  signal(SIGXFSZ, SIG_IGN);
  /* Slurm signals every process of a step that ends; the mount must outlive the kernel */
  static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGALRM, SIGXCPU};
  for (size_t at = 0; at < sizeof ignored / sizeof *ignored; at++) signal(ignored[at], SIG_IGN);
  /* neither FUSE without us, nor us without it: "-f", for a daemon could not be waited for */
  const char *words[] = {order->squashfuse, "-f", "-d", order->rootfs, image_path, NULL};
  const char *quiet[] = {order->squashfuse, "-f", order->rootfs, image_path, NULL};
  if (find_image_path() && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && setrlimit(RLIMIT_FSIZE, &most) == 0 && keep_mount_right())
    execvp(order->squashfuse, (char **)(mounts->learn ? words : quiet));
  dprintf(2, "%s: %s\n", order->squashfuse, strerror(errno));
}

static int begin_fuse(struct mounts *mounts, char *why, size_t why_size) {
  if (!find_image_path()) return failed(why, why_size, "preparing FUSE");
  mounts->table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  int said = open(ASKED_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (mounts->table < 0 || said < 0) return failed(why, why_size, "preparing FUSE");
  mounts->fuse = mounts->start_fuse != NULL ? mounts->start_fuse(mounts->starter) : child_start(-1, said, said);
  if (mounts->fuse < 0) return failed(why, why_size, "starting FUSE");
  if (mounts->fuse == 0) {
    mounts_become_fuse(mounts);
    _exit(127);
  }
  close(said);
  return 0;
}

int mounts_enter(char *why, size_t why_size) {
  const char *what = enter_namespaces();
  return what == NULL ? 0 : failed(why, why_size, what);
}

int mounts_begin(struct mounts *mounts, char *why, size_t why_size) {
  const struct order *order = mounts->order;
  look_for_hot_set(mounts);
  if (mount("berth", order->mount_point, "tmpfs", 0, "mode=0700") != 0 || chdir(order->mount_point) != 0)
    return failed(why, why_size, "mounting a tmpfs");
  static const char *const own[] = {"run", "tmp", "points", "image", "root"};
  for (size_t at = 0; at < sizeof own / sizeof *own; at++)
    if (mkdir(own[at], 0700) != 0) return failed(why, why_size, own[at]);
  for (size_t at = 0; at < order->points.size; at++) {
    const char *path = order->points.words[at];
    bool in_tmp = strncmp(path, "/tmp/", 5) == 0;
    if (!make_all(in_tmp ? "." : "points", path)) return failed(why, why_size, path);
  }
  if (strcmp(order->format, "squashfs") == 0) return begin_fuse(mounts, why, why_size);
  if (mount(order->rootfs, "image", NULL, MS_BIND | MS_REC, NULL) != 0)
    return failed(why, why_size, order->rootfs);
  return 0;
}

/* The table writes blanks and backslashes of a path as three octal digits. Source: proc(5), getmntent(3). */
static bool names(const char *field, const char *path) {
  while (*path != '\0') {
    char written = *field++;
    if (written == '\\' && strspn(field, "01234567") >= 3) {
      written = (char)((field[0] - '0') * 64 + (field[1] - '0') * 8 + (field[2] - '0'));
      field += 3;
    }
    if (written != *path++) return false;
  }
  return *field == ' ';
}

bool mounts_image_stands(const struct mounts *mounts) {
  if (mounts->fuse == 0) return true;
  FILE *table = fopen("/proc/self/mountinfo", "re");
  if (table == NULL) return false;
  char *line = NULL;
  size_t room = 0;
  bool found = false;
  while (!found && getline(&line, &room, table) > 0) {
    const char *field = line;
    for (int skipped = 0; skipped < 4 && field != NULL; skipped++) {
      field = strchr(field, ' ');
      if (field != NULL) field++;
    }
    found = field != NULL && names(field, image_path);
  }
  free(line);
  fclose(table);
  return found;
}

int mounts_finish(const struct mounts *mounts, char *why, size_t why_size) {
  /* relative to the current directory, and a link: the name of a store may hold a colon */
  if (mounts->hot && symlink(mounts->order->hot, "hot") != 0) return failed(why, why_size, "hot");
  const char *layers = mounts->hot ? "userxattr,lowerdir=points:hot:image" : "userxattr,lowerdir=points:image";
  if (mount("berth", "root", "overlay", MS_RDONLY, layers) != 0)
    return failed(why, why_size, "mounting the image with its mount points");
  return chdir("run") == 0 ? 0 : failed(why, why_size, "run");
}

void mounts_complaint(char *why, size_t why_size) {
  char said[2000];
  int fd = open(ASKED_FILE, O_RDONLY | O_CLOEXEC);
  off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
  off_t from = end > (off_t)sizeof said - 1 ? end - (off_t)sizeof said + 1 : 0;
  ssize_t size = fd < 0 ? 0 : pread(fd, said, sizeof said - 1, from);
  if (fd >= 0) close(fd);
  while (size > 0 && said[size - 1] == '\n') size--;
  said[size > 0 ? size : 0] = '\0';
  const char *line = strrchr(said, '\n');
  snprintf(why, why_size, "%s", size > 0 ? (line == NULL ? said : line + 1) : "FUSE ended at once");
}
