#include "order.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "refuse.h"

#define MOST (96 * 1024)
#define DATA_MOST (64 * 1024)
#define PROTOCOL "berth-as-user "
/* Goes up with whatever an older helper, or an older service, would not understand. */
#define HEADER PROTOCOL "2 "

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define WORD LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "_"

/* A value begins with a character of `first` and goes on with those of `rest`. */
struct form {
  const char *name, *first, *rest;
  size_t least, most;
};

static const struct form forms[FIELDS] = {
    [ID] = {"id", "abcdef" DIGITS, "abcdef" DIGITS, 16, 16},
    [UNTIL] = {"until", "123456789", DIGITS, 1, 12},
    [JOB] = {"job", "123456789", DIGITS, 1, 10},
    [CPUS] = {"cpus", "123456789", DIGITS, 1, 4},
    [MEMORY] = {"memory", DIGITS, DIGITS "KMGT", 1, 13},
    [TIME] = {"time", DIGITS, DIGITS ":-", 1, 20},
    [PARTITION] = {"partition", WORD, WORD ".:@+-", 1, 128},
    [ACCOUNT] = {"account", WORD, WORD ".:@+-", 1, 128},
    [QOS] = {"qos", WORD, WORD ".:@+-", 1, 128},
    [RESERVATION] = {"reservation", WORD, WORD ".:@+-", 1, 128},
    [CONSTRAINT] = {"constraint", WORD, WORD "&|,()[]*.:-", 1, 256},
    [GRES] = {"gres", WORD, WORD ":,.()-", 1, 256},
    [DATA] = {"data", NULL, NULL, 2, DATA_MOST},
};

static const struct {
  const char *name;
  enum verb verb;
  unsigned needs, may;
} verbs[] = {
    {"submit", SUBMIT, 1u << ID | 1u << CPUS | 1u << MEMORY | 1u << TIME | 1u << DATA,
     1u << UNTIL | 1u << PARTITION | 1u << ACCOUNT | 1u << QOS | 1u << RESERVATION | 1u << CONSTRAINT | 1u << GRES},
    {"cancel", CANCEL, 1u << ID, 1u << JOB},
    {"list", LIST, 0, 1u << JOB},
    {"log", LOG, 1u << ID, 0},
};

static char input[MOST + 1];

static size_t read_all(void) {
  size_t size = 0;
  for (;;) {
    ssize_t got = read(STDIN_FILENO, input + size, sizeof input - size);
    if (got < 0) refuse(FAILED, "the order cannot be read");
    if (got == 0) return size;
    size += (size_t)got;
    if (size == sizeof input) refuse(NOT_IN_ORDER, "the order is too long");
  }
}

/* The line at `*at`, its end cut off; refuses where there is no whole one. */
static char *line_at(size_t *at, size_t size) {
  char *line = input + *at, *end = memchr(line, '\n', size - *at);
  if (end == NULL || memchr(line, '\0', (size_t)(end - line)) != NULL) refuse(NOT_IN_ORDER, "the order is cut off");
  *end = '\0';
  *at = (size_t)(end - input) + 1;
  return line;
}

static size_t length_of(const char *text) {
  size_t digits = strspn(text, DIGITS);
  if (digits < 1 || digits > 5 || text[digits] != '\0' || (text[0] == '0' && digits > 1))
    refuse(NOT_IN_ORDER, "a length is not a number");
  return (size_t)strtoul(text, NULL, 10);
}

static void demand_form(const struct form *form, const char *value, size_t length) {
  if (length < form->least || length > form->most) refuse(NOT_IN_ORDER, "%s has a length that it cannot have", form->name);
  if (form->first == NULL) return;
  if (strlen(value) != length || strchr(form->first, value[0]) == NULL || strspn(value + 1, form->rest) != length - 1)
    refuse(NOT_IN_ORDER, "%s is not of its form", form->name);
}

static void read_field(struct order *order, char *line, size_t *at, size_t size) {
  char *space = strchr(line, ' ');
  if (space == NULL) refuse(NOT_IN_ORDER, "a field has no length");
  *space = '\0';
  int field = 0;
  while (field < FIELDS && strcmp(forms[field].name, line) != 0) field++;
  if (field == FIELDS) refuse(NOT_IN_ORDER, "a field is not known");
  if (order->text[field] != NULL) refuse(NOT_IN_ORDER, "%s comes twice", forms[field].name);
  size_t length = length_of(space + 1);
  if (length >= size - *at || input[*at + length] != '\n') refuse(NOT_IN_ORDER, "%s is cut off", forms[field].name);
  input[*at + length] = '\0';
  demand_form(&forms[field], input + *at, length);
  order->text[field] = input + *at;
  if (field == DATA) order->data_size = length;
  *at += length + 1;
}

struct order read_order(void) {
  struct order order = {0};
  size_t size = read_all(), at = 0;
  char *header = line_at(&at, size);
  if (strncmp(header, HEADER, strlen(HEADER)) != 0) {
    if (strncmp(header, PROTOCOL, strlen(PROTOCOL)) == 0)
      refuse(NOT_IN_ORDER, "the service is of another version: run scripts/install-hub.sh again, and start the Hub anew");
    refuse(NOT_IN_ORDER, "it is not an order");
  }
  size_t which = 0;
  while (which < sizeof verbs / sizeof *verbs && strcmp(verbs[which].name, header + strlen(HEADER)) != 0) which++;
  if (which == sizeof verbs / sizeof *verbs) refuse(NOT_IN_ORDER, "the verb is not known");
  order.verb = verbs[which].verb;
  for (;;) {
    char *line = line_at(&at, size);
    if (strcmp(line, ".") == 0) break;
    read_field(&order, line, &at, size);
  }
  if (at != size) refuse(NOT_IN_ORDER, "something comes after the end");
  for (int field = 0; field < FIELDS; field++) {
    bool given = order.text[field] != NULL;
    if (!given && (verbs[which].needs >> field & 1u)) refuse(NOT_IN_ORDER, "%s is missing", forms[field].name);
    if (given && !((verbs[which].needs | verbs[which].may) >> field & 1u))
      refuse(NOT_IN_ORDER, "%s does not belong to this verb", forms[field].name);
  }
  return order;
}
