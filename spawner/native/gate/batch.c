#include "batch.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

enum script_read_end script_read(struct script *script, int fd) {
  if (script->size == script->room) {
    size_t room = script->room * 2 + 65536;
    char *larger = room > BATCH_MOST ? NULL : realloc(script->text, room);
    if (larger == NULL) return SCRIPT_FAILED;
    script->text = larger;
    script->room = room;
  }
  ssize_t got = read(fd, script->text + script->size, script->room - script->size);
  if (got < 0) return errno == EINTR || errno == EAGAIN ? SCRIPT_MORE : SCRIPT_FAILED;
  script->size += (size_t)got;
  return got == 0 ? SCRIPT_WHOLE : SCRIPT_MORE;
}

bool script_is_none(const struct script *script) {
  return script->size < 2 || memcmp(script->text, "#!", 2) != 0 || memchr(script->text, '\0', script->size) != NULL ||
         memmem(script->text, script->size, "\r\n", 2) != NULL;
}

/* One line, without its end; false at the end of the script. */
struct line {
  const char *text;
  size_t size;
};

static bool next_line(const struct script *script, size_t *at, struct line *line) {
  if (*at >= script->size) return false;
  line->text = script->text + *at;
  const char *end = memchr(line->text, '\n', script->size - *at);
  line->size = end == NULL ? script->size - *at : (size_t)(end - line->text);
  *at += line->size + 1;
  return true;
}

/* sbatch looks for options until the first line that is neither blank nor a comment. Source: sbatch(1). */
static bool is_command(const struct line *line) {
  size_t at = 0;
  while (at < line->size && isspace((unsigned char)line->text[at])) at++;
  return at < line->size && line->text[at] != '#';
}

/* Blank before its "#" as a shell understands it too: else Slurm sees a comment where the shell sees a command. */
static bool is_comment_to_all(const struct line *line) {
  size_t at = 0;
  while (at < line->size && (line->text[at] == ' ' || line->text[at] == '\t')) at++;
  return at < line->size && line->text[at] == '#';
}

/* What stands behind `#SBATCH --berth-image=`, with nothing else in the line. */
static bool image_in(const struct line *line, struct line *value) {
  static const char magic[] = "#SBATCH", name[] = "--" OPTION_IMAGE "=";
  if (line->size < sizeof magic || strncmp(line->text, magic, sizeof magic - 1) != 0) return false;
  const char *at = line->text + sizeof magic - 1, *end = line->text + line->size;
  while (at < end && (*at == ' ' || *at == '\t')) at++;
  if ((size_t)(end - at) < sizeof name || strncmp(at, name, sizeof name - 1) != 0) return false;
  at += sizeof name - 1;
  while (end > at && isspace((unsigned char)end[-1])) end--;
  *value = (struct line){.text = at, .size = (size_t)(end - at)};
  return true;
}

char *script_image(const struct script *script) {
  struct line line, value;
  for (size_t at = 0; next_line(script, &at, &line) && !is_command(&line);)
    if (image_in(&line, &value)) return strndup(value.text, value.size);
  return NULL;
}

/* 'it''s' */
static void write_quoted(FILE *out, const char *word) {
  fputc('\'', out);
  for (; *word != '\0'; word++)
    if (*word == '\'')
      fputs("'\\''", out);
    else
      fputc(*word, out);
  fputc('\'', out);
}

struct script script_around(const struct script *script, const char *place, const char *order) {
  struct script made = {0};
  FILE *out = open_memstream(&made.text, &made.size);
  if (out == NULL) return made;
  struct line line, value;
  size_t at = 0;
  /* its own "#!" counts inside; lines keep their numbers, by which sbatch names them */
  next_line(script, &at, &line);
  fputs("#!/bin/sh\n", out);
  while (next_line(script, &at, &line) && !is_command(&line)) {
    if (is_comment_to_all(&line) && !image_in(&line, &value)) fwrite(line.text, 1, line.size, out);
    fputc('\n', out);
  }
  fputs("exec ", out);
  write_quoted(out, place);
  fputs(" job ", out);
  write_quoted(out, order);
  fputs(" \"$0\" \"$@\"" BATCH_MARK, out);
  fwrite(script->text, 1, script->size, out);
  if (fclose(out) != 0) made.text = NULL;
  return made;
}

struct script script_of_command(const char *command) {
  struct script made = {0};
  FILE *out = open_memstream(&made.text, &made.size);
  if (out == NULL) return made;
  fprintf(out, "#!/bin/sh\n# This script was created by sbatch --wrap.\n\n%s\n", command);
  if (fclose(out) != 0) made.text = NULL;
  return made;
}
