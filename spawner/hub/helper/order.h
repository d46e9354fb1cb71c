#ifndef BERTH_ORDER_H
#define BERTH_ORDER_H

#include <stddef.h>

enum verb { SUBMIT, CANCEL, LIST, LOG };

/* What may be told with an order; each at most once. */
enum field {
  ID, UNTIL, JOB, CPUS, MEMORY, TIME, PARTITION, ACCOUNT, QOS, RESERVATION, CONSTRAINT, GRES, DATA,
  FIELDS
};

struct order {
  enum verb verb;
  /* NUL-terminated; NULL where it was not given */
  const char *text[FIELDS];
  size_t data_size;
};

/*
 * Reads one order from standard input to its end:
 *     berth-as-user 2 VERB\n  then for each field  NAME LENGTH\n  LENGTH bytes  \n  and last  .\n
 * All that is not exactly so, or whose value does not fit its field's pattern, is refused: no default, nothing is left out
 * silently, and no value begins with "-" or holds a space, quote or line end. Only DATA is free; it goes to a file.
 */
struct order read_order(void);

#endif
