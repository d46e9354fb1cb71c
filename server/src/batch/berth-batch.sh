#!/bin/sh
# The script of every batch job of Berth: the same bytes for all, with nothing of anybody's in it. What is to be run comes as
# arguments, which no shell reads, and from files in the job's directory, where it starts.
exec "$@"
