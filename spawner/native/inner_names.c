#include "inner_names.h"

#include <stddef.h>
#include <string.h>

bool is_named(const char *variable, const char *name) {
  size_t size = strlen(name);
  return strncmp(variable, name, size) == 0 && (variable[size] == '=' || variable[size] == '\0');
}

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static bool is_one_of(const char *variable, const char *const *names, size_t count) {
  for (size_t at = 0; at < count; at++)
    if (is_named(variable, names[at])) return true;
  return false;
}

bool is_function(const char *variable) { return begins(variable, "BASH_FUNC_"); }

bool means_another_inside(const char *variable) {
  static const char *const names[] = {"PATH",        "BASH_ENV",   "ENV",        "GCONV_PATH",       "GETCONF_DIR",
                                      "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH",     "MALLOC_TRACE",
                                      "NIS_PATH",    "NLSPATH",    "RESOLV_HOST_CONF", "RES_OPTIONS", "TMPDIR",
                                      "TZDIR",       "SHELLOPTS",  "BASHOPTS",   "PYTHONHOME",       "PYTHONPATH",
                                      "PYTHONSTARTUP", "PYTHONUSERBASE", "PERL5LIB", "PERL5OPT",      "PERL5DB",
                                      "PERLLIB"};
  return begins(variable, "LD_") || is_function(variable) || is_one_of(variable, names, sizeof names / sizeof *names);
}

bool belongs_to_slurm(const char *variable) {
  static const char *const names[] = {"SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT", "SLURMD_DEBUG", "SLURM_PLUGSTACK_CONF"};
  return begins(variable, "MUNGE_") || is_one_of(variable, names, sizeof names / sizeof *names);
}
