#ifndef BERTH_REFUSE_H
#define BERTH_REFUSE_H

/* EX_NOPERM and EX_DATAERR of sysexits.h: the service tells "must not" from "is not in order". */
enum { MUST_NOT = 77, NOT_IN_ORDER = 65, FAILED = 70 };

/* One line on stderr without anything that was sent to us, and the end. */
__attribute__((noreturn, format(printf, 2, 3))) void refuse(int status, const char *form, ...);

#endif
