/* In place of a command of Slurm's: says byte for byte what it was given, or does what STAND_IN asks. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void say(const char *word) { fwrite(word, 1, strlen(word) + 1, stdout); }

int main(int count, char **words) {
  const char *wish = getenv("STAND_IN");
  if (wish == NULL) wish = "echo";
  if (strcmp(wish, "copy") == 0) {
    static char bytes[65536];
    for (ssize_t got; (got = read(0, bytes, sizeof bytes)) > 0;)
      if (write(1, bytes, (size_t)got) != got) return 1;
    return 0;
  }
  if (strcmp(wish, "much") == 0) {
    static char bytes[65536];
    memset(bytes, 'z', sizeof bytes);
    if (write(1, "begun\n", 6) != 6) return 1;
    for (long left = atol(getenv("STAND_IN_BYTES")); left > 0; left -= (long)sizeof bytes)
      if (write(1, bytes, sizeof bytes) != (ssize_t)sizeof bytes) return 1;
    return 0;
  }
  if (strcmp(wish, "count") == 0) {
    FILE *file = fopen(getenv("STAND_IN_FILE"), "a");
    fputs("x", file);
    fclose(file);
    /* in seconds */
    if (getenv("STAND_IN_SLOW") != NULL) usleep((useconds_t)(atof(getenv("STAND_IN_SLOW")) * 1e6));
    printf("%s answers\n", words[0]);
    fprintf(stderr, "and warns\n");
    return 3;
  }
  if (strcmp(wish, "wait") == 0) {
    /* until a signal comes; what is not caught ends it */
    printf("ready %d\n", getpid());
    fflush(stdout);
    for (;;) pause();
  }
  if (strcmp(wish, "terminal") == 0) {
    char line[100] = "";
    printf("%s ready\n", tcgetpgrp(0) == getpgrp() ? "controlling" : "foreign");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) != NULL) printf("got %s", line);
    return 4;
  }
  if (strncmp(wish, "exit ", 5) == 0) return atoi(wish + 5);
  if (strncmp(wish, "kill ", 5) == 0) return raise(atoi(wish + 5));
  if (strcmp(wish, "look") == 0) {
    mode_t mask = umask(0);
    char directory[4096];
    printf("%03o %s", mask, getcwd(directory, sizeof directory));
    for (int fd = 0; fd < 64; fd++) {
      struct stat found;
      if (fstat(fd, &found) == 0) printf(" %d", fd);
    }
    return 0;
  }
  printf("%d", count);
  say("");
  for (int at = 0; at < count; at++) say(words[at]);
  for (char **at = environ; *at != NULL; at++) say(*at);
  return 0;
}
