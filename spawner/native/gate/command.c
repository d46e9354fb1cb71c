#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../frames.h"
#include "../inner_names.h"
#include "batch.h"
#include "image_order.h"
#include "insertion.h"
#include "named_image.h"
#include "options.h"

struct making {
  struct command *command;
  const struct gate *gate;
  struct request *request;
  struct shim_link *link;
  struct command_line line;
  char *why;
};

static bool refuse(struct making *making, const char *sentence) {
  snprintf(making->why, WHY_REFUSED, "%s (Berth)", sentence);
  return false;
}

static bool has_variable(const struct request *request, const char *name) {
  for (char **at = request->variables; *at != NULL; at++)
    if (is_named(*at, name)) return true;
  return false;
}

/* Which image, and the file by which nodes enter it. */
static bool find_order(struct making *making) {
  char sentence[WHY_REFUSED - 10];
  struct order order = making->gate->order;
  if (making->line.image != NULL) {
    if (!named_image(&order, making->line.image, making->request->standard[2], making->link, making->why))
      return false;
    making->command->other_image = true;
  }
  if (image_order_write(&order, making->command->order, sizeof making->command->order)) return true;
  snprintf(sentence, sizeof sentence, "how to enter the image cannot be written to %.1000s/orders: %s.",
           order.store, strerror(errno));
  return refuse(making, sentence);
}

/* In the words of sbatch. */
static bool cannot_open(struct making *making, const char *path) {
  if (making->request->standard[2] >= 0)
    dprintf(making->request->standard[2], "sbatch: error: Unable to open file %s\n", path);
  making->why[0] = '\0';
  return false;
}

/* The script under its own name, which becomes the job's, for as long as sbatch needs to read it. */
static bool write_file(struct making *making, const struct script *script, const char *name) {
  struct command *command = making->command;
  char template[] = "/tmp/berth-XXXXXX";
  const char *slash = strrchr(name, '/');
  if (mkdtemp(template) == NULL) return refuse(making, "no directory for the script can be made in /tmp.");
  strcpy(command->directory, template);
  int size = snprintf(command->file, sizeof command->file, "%s/%s", template, slash == NULL ? name : slash + 1);
  int fd = size >= (int)sizeof command->file ? -1 : open(command->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = fd >= 0 && bytes_write(fd, script->text, script->size);
  if (fd >= 0) close(fd);
  return written || refuse(making, "the script cannot be written to /tmp.");
}

static bool give_as_input(struct making *making, const struct script *script) {
  int fd = memfd_create("script", MFD_CLOEXEC);
  if (fd < 0 || !bytes_write(fd, script->text, script->size) || lseek(fd, 0, SEEK_SET) != 0)
    return refuse(making, "the script cannot be kept in memory.");
  making->command->input = fd;
  return true;
}

/* Ours around it, unless it is one that sbatch refuses, or is to run outside. */
static bool wrap_script(struct making *making, struct script *script) {
  char *image = making->line.image == NULL ? script_image(script) : NULL;
  if (image != NULL) making->line.image = image;
  if (script_is_none(script)) return true;
  if (making->line.image != NULL && strcmp(making->line.image, "none") == 0) return true;
  if (!find_order(making)) return false;
  *script = script_around(script, making->gate->place, making->command->order);
  making->command->into_image = true;
  return script->text != NULL || refuse(making, "out of memory.");
}

/* Those of `--wrap` out of the words, and what the job is called for it in. */
static void replace_wrap(struct making *making) {
  struct command_line *line = &making->line;
  char **at = line->words + line->wrap_at;
  bool named = line->groups[0].named || has_variable(making->request, "SBATCH_JOB_NAME");
  if (!named) {
    *at++ = strdup("--job-name=wrap");
    line->wrap_words--;
  }
  size_t left = line->count - (size_t)(at - line->words);
  if (line->wrap_words > 0) memmove(at, at + line->wrap_words, (left - line->wrap_words + 1) * sizeof *at);
}

static bool read_script(struct making *making, struct script *script, int fd) {
  struct pollfd now = {.fd = fd, .events = POLLIN};
  *script = (struct script){0};
  for (;;) {
    /* it may still be typed, or come by a pipe */
    if (poll(&now, 1, 0) == 0 && !shim_wait_for(making->link, fd, POLLIN)) return false;
    enum script_read_end end = script_read(script, fd);
    if (end == SCRIPT_WHOLE) return true;
    if (end == SCRIPT_FAILED) return refuse(making, "the script cannot be read, or is larger than 16 MiB.");
  }
}

static bool make_batch(struct making *making) {
  struct command_line *line = &making->line;
  const char *name = line->words[line->groups[line->group_count - 1].command];
  struct script script;
  if (line->wrap != NULL) {
    /* with a script as well: sbatch says why not */
    if (name != NULL) return true;
    script = script_of_command(line->wrap);
    if (script.text == NULL) return refuse(making, "out of memory.");
    if (!wrap_script(making, &script)) return false;
    if (!making->command->into_image) return true;
    replace_wrap(making);
    return give_as_input(making, &script);
  }
  int fd = name != NULL ? shim_open(making->link, name) : making->request->standard[0];
  if (fd < 0 && name != NULL) return cannot_open(making, name);
  if (fd < 0) return true;
  if (!read_script(making, &script, fd) || !wrap_script(making, &script)) return false;
  if (name == NULL) return give_as_input(making, &script);
  if (!write_file(making, &script, name)) return false;
  line->words[line->groups[line->group_count - 1].command] = making->command->file;
  return true;
}

static bool make_inner(struct making *making) {
  struct command_line *line = &making->line;
  struct request *request = making->request;
  bool allocated = has_variable(request, "SLURM_JOB_ID") || has_variable(request, "SLURM_JOBID");
  bool names_jobs = allocated || !has_variable(request, "SLURM_JOB_NAME");
  const struct entrance entrance = {.place = making->gate->place, .order = making->command->order};
  if (!find_order(making)) return false;
  making->command->words = words_into_image(line, &entrance, names_jobs);
  making->command->into_image = true;
  return making->command->words != NULL || refuse(making, "out of memory.");
}

/* What srun, sbatch and salloc start runs in the image, unless nothing is started or it is to run outside. */
static bool make_starting(struct making *making) {
  struct command_line *line = &making->line;
  char why[OPTIONS_WHY_SIZE];
  if (!options_read(line, making->request->words, why)) return refuse(making, why);
  making->command->words = line->words;
  bool outside = line->image != NULL && strcmp(line->image, "none") == 0;
  if (line->shows || line->no_command) return true;
  if (line->outside_only != NULL && !outside) {
    snprintf(why, sizeof why, "--%s says itself what is run, and how: with --%s=none it does, outside of the image.",
             line->outside_only, OPTION_IMAGE);
    return refuse(making, why);
  }
  /* also outside: its script may be one that only the caller sees */
  if (strcmp(line->words[0], "sbatch") == 0) return make_batch(making);
  return outside || make_inner(making);
}

bool command_make(struct command *command, const struct gate *gate, struct request *request, struct shim_link *link,
                  char why[WHY_REFUSED]) {
  struct making making = {.command = command, .gate = gate, .request = request, .link = link, .why = why};
  *command = (struct command){.words = request->words, .input = -1};
  why[0] = '\0';
  if (verb_allowed(request->verb) < 0)
    return refuse(&making, "only Slurm's own commands are passed on from a container.");
  if (snprintf(command->path, sizeof command->path, "%s/%s", gate->order.slurm, request->verb) >=
      (int)sizeof command->path)
    return refuse(&making, "the directory of Slurm's commands has too long a name.");
  return options_of(request->verb) == NULL || make_starting(&making);
}

void command_forget(struct command *command) {
  if (command->file[0] != '\0') unlink(command->file);
  if (command->directory[0] != '\0') rmdir(command->directory);
}
