#include "shim_link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void send_all(struct shim_link *link, const void *data, size_t size) {
  const char *from = data;
  while (size > 0 && link->fd >= 0) {
    ssize_t sent = send(link->fd, from, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return; /* its end is noticed where it is listened to */
    from += sent;
    size -= (size_t)sent;
  }
}

void shim_tell(struct shim_link *link, uint32_t kind, uint32_t value) {
  const struct call_note note = {.kind = kind, .value = value};
  send_all(link, &note, sizeof note);
}

void shim_refuse(struct shim_link *link, const char *sentence) {
  shim_tell(link, CALL_REFUSED, (uint32_t)strlen(sentence));
  send_all(link, sentence, strlen(sentence));
}

/* One note, and the descriptor that came with it, or -1. */
static bool hear_with(struct shim_link *link, struct call_note *note, int *fd) {
  char *to = (char *)note;
  size_t left = sizeof *note;
  *fd = -1;
  while (left > 0) {
    union {
      char bytes[CMSG_SPACE(sizeof(int))];
      struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = to, .iov_len = left};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(link->fd, &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof(int)))
      memcpy(fd, CMSG_DATA(head), sizeof *fd);
    to += got;
    left -= (size_t)got;
  }
  return note->kind == CALL_SIGNAL || note->kind == CALL_FILE;
}

bool shim_hear(struct shim_link *link, struct call_note *note) {
  int fd;
  bool heard = hear_with(link, note, &fd);
  if (fd >= 0) close(fd);
  return heard;
}

bool shim_wait_for(struct shim_link *link, int fd, short events) {
  for (;;) {
    struct pollfd polled[] = {{.fd = fd, .events = events}, {.fd = link->fd, .events = POLLIN}};
    if (poll(polled, 2, -1) < 0 && errno != EINTR) return true;
    if (polled[1].revents != 0) {
      struct call_note said;
      if (!shim_hear(link, &said)) return false;
      if (said.value == SIGINT || said.value == SIGTERM || said.value == SIGHUP || said.value == SIGQUIT) {
        shim_tell(link, CALL_KILLED, said.value);
        return false;
      }
    }
    if (polled[0].revents != 0) return true;
  }
}

int shim_open(struct shim_link *link, const char *path) {
  struct call_note note;
  int fd;
  shim_tell(link, CALL_OPEN, (uint32_t)strlen(path));
  send_all(link, path, strlen(path));
  /* a signal that came before concerns a command that has not begun: the one after it is heard */
  while (hear_with(link, &note, &fd)) {
    if (note.kind != CALL_FILE) continue;
    errno = note.value == 0 ? EPROTO : (int)note.value;
    return note.value == 0 ? fd : -1;
  }
  errno = ECONNRESET;
  return -1;
}
