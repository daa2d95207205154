# Shared by the scripts beside this file (sourced, not run): where the project is, and how a step is announced.
# shellcheck shell=bash
# shellcheck disable=SC2034  # root is for the script that sources this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# One line per step, on stderr so that stdout stays an answer.
say() { printf '== %s\n' "$*" >&2; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}
