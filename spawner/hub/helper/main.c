/*
 * berth-as-user: what the Hub's site service does as a person, through `sudo -n -u PERSON`. Four verbs, one order on standard
 * input, no arguments, no shell, an environment of its own. Whoever takes the service over can start and end that person's
 * notebook servers, and nothing else.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "order.h"
#include "person.h"
#include "refuse.h"
#include "site.h"
#include "slurm.h"

/* Seconds; less than the service's own (server/src/cli/site-server.ts). */
#define PATIENCE 15

void refuse(int status, const char *form, ...) {
  va_list values;
  va_start(values, form);
  fputs("berth-as-user: ", stderr);
  vfprintf(stderr, form, values);
  fputc('\n', stderr);
  va_end(values);
  exit(status);
}

static int perform(const struct order *order, const struct site *site, const struct person *person) {
  switch (order->verb) {
    case SUBMIT:
      return submit(order, site, person);
    case CANCEL:
      return cancel(order, site, person);
    case LIST:
      return list(order, site);
    case LOG:
      return show_log(order, person);
  }
  refuse(FAILED, "no such verb");
}

int main(int argc, char **argv) {
  struct site site;
  struct person person;
  (void)argv;
  /* before the service gives us up: it cannot end us, we are another's. A home that hangs, and a silent Slurm. */
  alarm(PATIENCE);
  if (argc != 1) refuse(NOT_IN_ORDER, "it takes no arguments");
  read_site(&site);
  become_nobody_else(&person, site.least_uid);
  clean_environment(&person, site.slurm_conf);
  if (chdir("/") != 0) refuse(FAILED, "there is no /");
  struct order order = read_order();
  open_directory(&person);
  return perform(&order, &site, &person);
}
