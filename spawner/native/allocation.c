#include "allocation.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_NAME "allocation.json"
#define UNFINISHED "allocation.json.new"
/* job, nodes, partition, memory, generic resources, CPUs, end; the one that may hold anything last but for none */
#define FORMAT "--format=%A|%N|%P|%m|%b|%C|%e"

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? "" : value;
}

/* "2(x3),4": Slurm's compressed list, one number for each node */
static long sum_of(const char *list) {
  long sum = 0;
  for (char *end; *list != '\0'; list = end) {
    long cpus = strtol(list, &end, 10), times = 1;
    if (end == list) break;
    if (strncmp(end, "(x", 2) == 0) {
      times = strtol(end + 2, &end, 10);
      if (*end == ')') end++;
    }
    sum += cpus * times;
    if (*end == ',') end++;
  }
  return sum;
}

bool allocation_of_step(struct allocation *allocation) {
  *allocation = (struct allocation){.job = variable("SLURM_JOB_ID"),
                                    .nodes = variable("SLURM_JOB_NODELIST"),
                                    .partition = variable("SLURM_JOB_PARTITION"),
                                    .memory = "",
                                    .gres = "",
                                    .cpus = sum_of(variable("SLURM_JOB_CPUS_PER_NODE"))};
  return allocation->job[0] != '\0';
}

/* Slurm's names hold nothing that would have to be escaped; what does is not told */
static const char *plain(const char *text) {
  for (const char *at = text; *at != '\0'; at++)
    if ((unsigned char)*at < ' ' || (unsigned char)*at > '~' || *at == '"' || *at == '\\') return "";
  return text;
}

static void write_text(FILE *file, const char *name, const char *value) {
  fprintf(file, ",\n  \"%s\": ", name);
  if (*plain(value) == '\0')
    fputs("null", file);
  else
    fprintf(file, "\"%s\"", plain(value));
}

bool allocation_write(const struct allocation *allocation, int directory) {
  unlinkat(directory, UNFINISHED, 0);
  int fd = openat(directory, UNFINISHED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  if (file == NULL) return false;
  char end[32] = "";
  struct tm parts;
  if (allocation->end > 0 && gmtime_r(&allocation->end, &parts) != NULL)
    strftime(end, sizeof end, "%Y-%m-%dT%H:%M:%SZ", &parts);
  fputs("{\n  \"version\": 1", file);
  write_text(file, "jobId", allocation->job);
  write_text(file, "nodes", allocation->nodes);
  write_text(file, "partition", allocation->partition);
  fprintf(file, ",\n  \"cpus\": %ld", allocation->cpus);
  write_text(file, "memory", allocation->memory);
  write_text(file, "gres", allocation->gres);
  write_text(file, "end", end);
  fputs("\n}\n", file);
  bool written = ferror(file) == 0;
  written = fclose(file) == 0 && written;
  return written && renameat(directory, UNFINISHED, directory, FILE_NAME) == 0;
}

static size_t answer_of(const char *squeue, const char *job, char *line, size_t size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return 0;
  char selector[64];
  snprintf(selector, sizeof selector, "--jobs=%.40s", job);
  pid_t pid = fork();
  if (pid == 0) {
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    dup2(ends[1], 1);
    dup2(nothing, 2);
    setenv("SLURM_TIME_FORMAT", "standard", 1);
    execl(squeue, "squeue", "--noheader", selector, FORMAT, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  size_t used = 0;
  for (ssize_t got; used + 1 < size && (got = read(ends[0], line + used, size - 1 - used)) > 0;) used += (size_t)got;
  close(ends[0]);
  line[used] = '\0';
  int status = 1;
  return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? used : 0;
}

/* "N/A" is said of what there is not */
static const char *told(const char *text) { return text == NULL || strcmp(text, "N/A") == 0 ? "" : text; }

bool allocation_ask(struct allocation *allocation, const char *squeue, char *line, size_t size) {
  if (answer_of(squeue, allocation->job, line, size) == 0) return false;
  line[strcspn(line, "\n")] = '\0';
  char *fields[7], *rest = line;
  for (size_t at = 0; at < sizeof fields / sizeof *fields; at++)
    if ((fields[at] = strsep(&rest, "|")) == NULL) return false;
  if (rest != NULL || strcmp(fields[0], allocation->job) != 0) return false;
  *allocation = (struct allocation){.job = fields[0],
                                    .nodes = fields[1],
                                    .partition = fields[2],
                                    .memory = told(fields[3]),
                                    .gres = told(fields[4]),
                                    .cpus = strtol(fields[5], NULL, 10)};
  /* in the time zone of this node, as Slurm tells all times */
  struct tm parts = {.tm_isdst = -1};
  char *end = strptime(fields[6], "%Y-%m-%dT%H:%M:%S", &parts);
  if (end != NULL && *end == '\0') allocation->end = mktime(&parts);
  return true;
}
