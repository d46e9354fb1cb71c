/*
 * A batch script that shall run in the image. Slurm is given a script of ours: the person's own comments at the top, in
 * which sbatch finds its #SBATCH lines where they were, then always the same command, and behind it the person's script as
 * data that no shell ever reads (T35). So Slurm keeps and carries it as it does any script, as long as the job waits and
 * however often it is requeued; a file of ours beside it would have to outlive all that.
 */
#ifndef BERTH_GATE_BATCH_H
#define BERTH_GATE_BATCH_H

#include <stdbool.h>
#include <stddef.h>

/* more than Slurm takes by default (MaxScriptSize) */
#define BATCH_MOST (16U << 20)
/* behind this line is the person's script. The other side is run.c. */
#define BATCH_MARK "\n# ---- what follows is the script itself, for berth-place ----\n"

struct script {
  char *text;
  size_t size, room;
};

enum script_read_end { SCRIPT_MORE, SCRIPT_WHOLE, SCRIPT_FAILED };

/* Some more of it, at most once; SCRIPT_FAILED too for one that is too large. */
enum script_read_end script_read(struct script *script, int fd);

/* What sbatch refuses whatever it holds: it must see it as it is, to say why. */
bool script_is_none(const struct script *script);

/* The value of a line `#SBATCH --berth-image=VALUE`, to be freed; or NULL. */
char *script_image(const struct script *script);

/* The script that Slurm is given; of a text without memory NULL. `place`: berth-place, `order`: of the image; absolute. */
struct script script_around(const struct script *script, const char *place, const char *order);

/* As sbatch --wrap makes it. */
struct script script_of_command(const char *command);

#endif
