#include "greeting.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frames.h"

/* Slurm's ids and node names; anything else would have to be escaped, and is none */
static const char *plain(const char *text) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return text != NULL && text[strspn(text, allowed)] == '\0' ? text : "";
}

void greet(int fd, const struct keys *keys, int64_t began) {
  char line[2048], key[PUBLIC_TEXT], host[HOST_NAME_MAX + 1] = "", ids[512] = "";
  const char *job = plain(getenv("SLURM_JOB_ID")), *step = plain(getenv("SLURM_STEP_ID"));
  const char *node = plain(getenv("SLURMD_NODENAME"));
  gethostname(host, sizeof host - 1);
  keys_public_text(keys, key);
  if (job[0] != '\0' && step[0] != '\0')
    snprintf(ids, sizeof ids, ",\"jobId\":\"%.200s\",\"stepId\":\"%.200s\"", job, step);
  /* a prolog's last line may have no end */
  int size = snprintf(line, sizeof line, "\n{\"type\":\"hello\",\"publicKey\":\"%s\"%s,\"node\":\"%.400s\",\"began\":%lld}\n",
                      key, ids, node[0] == '\0' ? plain(host) : node, (long long)began);
  bytes_write(fd, line, (size_t)size);
}
