#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void request_begin(struct request *request) {
  *request = (struct request){.standard = {-1, -1, -1}, .directory_fd = -1};
}

void request_end(struct request *request) {
  for (size_t at = 0; at < request->fd_count; at++) close(request->fds[at]);
  free(request->text);
  free(request->words);
  free(request->variables);
  request_begin(request);
}

/* Descriptors come with the first bytes; more than a shim has, or later ones, are nobody's. */
static bool take_descriptors(struct request *request, struct msghdr *message) {
  for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL; head = CMSG_NXTHDR(message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const int *fds = (const int *)(const void *)CMSG_DATA(head);
    for (size_t at = 0; at < count; at++) {
      int fd;
      memcpy(&fd, fds + at, sizeof fd);
      if (request->fd_count < CALL_DESCRIPTORS)
        request->fds[request->fd_count++] = fd;
      else
        close(fd);
    }
  }
  return (message->msg_flags & MSG_CTRUNC) == 0;
}

static ssize_t receive_some(struct request *request, int connection, void *to, size_t size) {
  union {
    char bytes[CMSG_SPACE(sizeof(int) * CALL_DESCRIPTORS)];
    struct cmsghdr align;
  } control;
  struct iovec part = {.iov_base = to, .iov_len = size};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t got = recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (got > 0 && !take_descriptors(request, &message)) {
    errno = EPROTO;
    return -1;
  }
  return got;
}

static bool head_makes_sense(const struct call_head *head) {
  return head->magic == CALL_MAGIC && head->text <= CALL_TEXT_MOST && head->words <= CALL_WORDS_MOST &&
         head->variables <= CALL_WORDS_MOST && head->umask <= 0777 && head->given < 1U << CALL_STANDARD;
}

static bool sort_descriptors(struct request *request) {
  size_t at = 0;
  for (int fd = 0; fd < CALL_STANDARD; fd++) {
    if ((request->head.given & 1U << fd) == 0) continue;
    if (at >= request->fd_count) return false;
    request->standard[fd] = request->fds[at++];
  }
  if (at + 1 != request->fd_count) return false;
  request->directory_fd = request->fds[at];
  return true;
}

struct pieces {
  char *at;
  size_t left;
};

static char *next_piece(struct pieces *pieces) {
  size_t size = strnlen(pieces->at, pieces->left);
  if (size == pieces->left) return NULL;
  char *piece = pieces->at;
  pieces->at += size + 1;
  pieces->left -= size + 1;
  return piece;
}

static bool sort_text(struct request *request) {
  struct pieces pieces = {.at = request->text, .left = request->text_used};
  char *verb = next_piece(&pieces), *directory = verb == NULL ? NULL : next_piece(&pieces);
  request->words = calloc(request->head.words + 2, sizeof *request->words);
  request->variables = calloc(request->head.variables + 1, sizeof *request->variables);
  if (directory == NULL || directory[0] != '/' || request->words == NULL || request->variables == NULL) return false;
  request->verb = verb;
  request->directory = directory;
  request->words[0] = verb;
  for (uint32_t at = 0; at < request->head.words; at++)
    if ((request->words[at + 1] = next_piece(&pieces)) == NULL) return false;
  for (uint32_t at = 0; at < request->head.variables; at++)
    if ((request->variables[at] = next_piece(&pieces)) == NULL) return false;
  return pieces.left == 0;
}

enum request_state request_receive(struct request *request, int connection) {
  for (;;) {
    bool in_head = request->head_used < sizeof request->head;
    char *to = in_head ? (char *)&request->head + request->head_used : request->text + request->text_used;
    size_t size = in_head ? sizeof request->head - request->head_used : request->head.text - request->text_used;
    if (size == 0) return sort_text(request) ? REQUEST_WHOLE : REQUEST_BAD;
    ssize_t got = receive_some(request, connection, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return REQUEST_PARTIAL;
    if (got <= 0) return REQUEST_BAD;
    if (!in_head) {
      request->text_used += (size_t)got;
      continue;
    }
    request->head_used += (size_t)got;
    if (request->head_used < sizeof request->head) continue;
    /* no byte of text is kept before its length is known to be bearable */
    if (!head_makes_sense(&request->head) || !sort_descriptors(request)) return REQUEST_BAD;
    request->text = malloc(request->head.text + 1);
    if (request->text == NULL) return REQUEST_BAD;
  }
}
