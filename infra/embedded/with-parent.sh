#!/bin/sh
# Runs a command that does not outlive its parent: standard input is a pipe that only the parent holds, so its end means that
# the parent is gone, even by kill -9. Then the command is killed. Descriptor 3 is the command's, which holds its folder by it.
# A shell, because a watching Node process would cost 45 MB for each part of the stack.
# usage: with-parent.sh COMMAND [ARGUMENT…]
exec 4<&0
"$@" </dev/null 4<&- &
child=$!
(
  trap - TERM INT
  while read -r _ <&4; do :; done
  kill -KILL "$child" 2>/dev/null
) >/dev/null 2>&1 &
watcher=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM INT
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done
kill -KILL "$watcher" 2>/dev/null
exit "$code"
