#!/bin/sh
# The image's entry point: a service by its name, a command by its name, or `setup`, which is what must be there before services.
set -eu
cd /app
name=${1:---help}
[ $# -gt 0 ] && shift

if [ "$name" = setup ]; then
  for step in schemas topics migrate; do node "services/cli/$step.ts"; done
elif [ -f "services/$name/main.ts" ]; then
  # exec: the service is the process that gets SIGTERM.
  exec node services/cli/start.ts "$name" "$@"
elif [ -f "services/cli/$name.ts" ]; then
  exec node "services/cli/$name.ts" "$@"
else
  {
    echo "usage: earshot SERVICE | COMMAND [ARGUMENT…] | setup"
    echo "services: $(for file in services/*/main.ts; do basename "$(dirname "$file")"; done | tr '\n' ' ')"
    echo "commands: $(for file in services/cli/*.ts; do basename "$file" .ts; done | tr '\n' ' ')"
  } >&2
  [ "$name" = --help ] || exit 2
fi
