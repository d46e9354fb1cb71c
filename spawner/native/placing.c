#include "placing.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "frames.h"
#include "kernel.h"
#include "safe_parents.h"

/* time that a kernel has to end by itself when told to, and that a start which hangs has to clean up after itself */
#define STOP_GRACE_MS 1000

void placing_begin_agent(struct placing *placing) {
  if (placing->go >= 0) close(placing->go);
  placing->go = -1;
}

void placing_tell(struct placing *placing, char type, const char *form, ...) {
  char text[WHY_SIZE + 200];
  va_list values;
  va_start(values, form);
  int size = vsnprintf(text, sizeof text, form, values);
  va_end(values);
  /* that all is ready is no work yet */
  if (type != 'H') placing_begin_agent(placing);
  /* an agent that is gone is noticed by the end of its channel */
  frame_write(placing->agent, type, text, size < (int)sizeof text ? (size_t)size : sizeof text - 1);
}

/* Nothing goes on after that but the end: the agent says it to the launcher, and leaves. */
void placing_fail(struct placing *placing, const char *code, const char *why) {
  placing->state = OVER;
  placing_tell(placing, 'F', "%s\n%s", code, why);
}

void placing_signal(const struct placing *placing, int signal) {
  if (placing->kernel > 0) kill(-placing->kernel, signal);
}

void placing_stop(struct placing *placing) {
  if (placing->stopping) return;
  placing->stopping = true;
  /* what nobody has begun yet needs no time to end */
  bool begun = placing->state == WANTING_ROOTFS || placing->state > MOUNTED;
  patience_begin(&placing->patience, begun ? STOP_GRACE_MS : 1);
  placing_tell(placing, 'X', "%s", "");
  placing_signal(placing, SIGTERM);
}

static void forget_connection(struct placing *placing) {
  if (placing->connection != NULL) explicit_bzero(placing->connection, placing->connection_size);
  free(placing->connection);
  placing->connection = NULL;
}

static const struct list *command_here(struct placing *placing) {
  const struct order *order = &placing->order;
  if (order->directory[0] == '\0' || access(order->directory, F_OK) == 0) return &order->command;
  placing_tell(placing, 'L', "this node has no %s; the kernel starts in %s", order->directory, order->elsewhere);
  return &order->command_elsewhere;
}

static void start_kernel(struct placing *placing) {
  if (placing->state != MOUNTED || placing->connection == NULL || placing->stopping) return;
  const struct list *command = command_here(placing);
  char left[1000];
  errno = EINVAL;
  bool written = command->size > 0 && kernel_write_files(&placing->order, placing->connection,
                                                         placing->connection_size, left, sizeof left);
  forget_connection(placing);
  if (written) placing->kernel = kernel_start(command, placing->output, placing->errors);
  if (placing->kernel < 0) {
    char why[WHY_SIZE];
    snprintf(why, sizeof why, "%s: %s", written ? "starting the kernel" : "writing the kernel's files", strerror(errno));
    placing_fail(placing, "namespace-failed", why);
    return;
  }
  /* so that their end is the kernel's and its children's */
  close(placing->output);
  close(placing->errors);
  placing->state = RUNNING;
  const long long at[] = {placing->rootfs_at, placing->mounted_at, epoch_ms()};
  placing_tell(placing, 'B', "%d %lld %lld %lld", placing->kernel, at[0], at[1], at[2]);
  if (left[0] != '\0')
    placing_tell(placing, 'L', "not passed to the kernel, their values have line breaks: %s", left);
}

void placing_mounted(struct placing *placing) {
  char why[WHY_SIZE];
  if (placing->state != MOUNTING || !mounts_image_stands(&placing->mounts)) return;
  if (mounts_finish(&placing->mounts, why, sizeof why) != 0) {
    placing_fail(placing, "namespace-failed", why);
    return;
  }
  placing->state = MOUNTED;
  placing->mounted_at = epoch_ms();
  placing_tell(placing, 'H', "%d %d", getpid(), placing->mounts.learn);
  start_kernel(placing);
}

/* Who must clean up after us knows the namespace before there is anything in it. */
static bool enter(struct placing *placing, char why[WHY_SIZE]) {
  struct namespace before, after;
  bool known = namespace_of(0, &before);
  bool entered = mounts_enter(why, WHY_SIZE) == 0;
  if (known && namespace_of(0, &after) && after.inode != before.inode) {
    placing->namespace = after;
    bytes_write(placing->born, &after, sizeof after);
  }
  return entered;
}

void placing_rootfs(struct placing *placing) {
  char why[WHY_SIZE];
  placing->rootfs_at = epoch_ms();
  placing->mounts.order = &placing->order;
  if (!make_mount_point(placing->order.mount_point, placing->order.home, why)) {
    placing_fail(placing, "mount-point-refused", why);
  } else if (!enter(placing, why) || mounts_begin(&placing->mounts, why, sizeof why) != 0) {
    placing_fail(placing, "namespace-failed", why);
  } else {
    /* while FUSE mounts */
    if (placing->order_data != NULL)
      door_open(placing->door, &placing->order, placing->order_data, placing->order_size);
    placing->state = MOUNTING;
    placing_mounted(placing);
  }
}

bool placing_order(struct placing *placing, const uint8_t *data, size_t size) {
  char why[WHY_SIZE];
  if (placing->state != WAITING || !order_read(&placing->order, data, size)) return false;
  placing->order_data = malloc(size);
  placing->order_size = size;
  if (placing->order_data != NULL) memcpy(placing->order_data, data, size);
  if (!store_is_safe(placing->order.store, placing->order.home, why)) {
    placing_fail(placing, "store-refused", why);
  } else if (rootfs_is_there(&placing->order)) {
    placing_rootfs(placing);
  } else {
    placing->state = WANTING_ROOTFS;
    placing_tell(placing, 'W', "%s", "");
  }
  return true;
}

void placing_connection(struct placing *placing, uint8_t *connection, size_t size) {
  forget_connection(placing);
  placing->connection = connection;
  placing->connection_size = size;
  if (placing->state > MOUNTED)
    forget_connection(placing);
  else
    start_kernel(placing);
}

static void fuse_ended(struct placing *placing) {
  char why[WHY_SIZE];
  bool mounting = placing->state == MOUNTING;
  placing->mounts.fuse = 0;
  if (placing->state == OVER) return;
  if (mounting) mounts_complaint(why, sizeof why);
  placing_fail(placing, mounting ? "namespace-failed" : "container-lost",
               mounting ? why : "the process that held the mount of its image has ended");
  /* a kernel can't go on without its files */
  placing_signal(placing, SIGKILL);
}

static void kernel_ended(struct placing *placing, int status) {
  bool told = placing->state == OVER;
  /* what it left in its group goes with it */
  placing_signal(placing, SIGKILL);
  placing->kernel = -1;
  placing->state = OVER;
  if (told) return;
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  placing_tell(placing, 'E', "%d %d %d", WEXITSTATUS(status), signal, placing->terminated);
}

/* Also those whose parents in the container have ended: as its reaper we wait for them. */
void placing_reap(struct placing *placing) {
  bool kernel = false, fuse = false;
  int status, kernel_status = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == placing->mounts.fuse) fuse = true;
    if (pid != placing->kernel) continue;
    kernel = true;
    kernel_status = status;
  }
  /* a kernel may die of the loss of its files: that is the news then */
  if (fuse) fuse_ended(placing);
  if (kernel) kernel_ended(placing, kernel_status);
}

void placing_clean_up(struct placing *placing) {
  forget_connection(placing);
  placing_signal(placing, SIGKILL);
  if (placing->namespace.inode != 0) members_end(&placing->namespace, placing->mounts.fuse, true);
  /* last: who is in the middle of reading the image gets its answer */
  if (placing->mounts.fuse > 0) kill(placing->mounts.fuse, SIGKILL);
  if (placing->namespace.inode != 0) members_end(&placing->namespace, 0, true);
  /* an orphan that nobody has waited for keeps the step's cgroup, and so the job, alive */
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
}
