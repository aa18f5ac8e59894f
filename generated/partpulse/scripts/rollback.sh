#!/bin/sh
# rollback.sh: Emergency Rollback Script (PartPulse, Section 4.3)
#
# The script publishes the last good commit as a rollback branch, points
# production to it, and verifies what production serves. Without access to
# Vercel it stops after the branch and says what a person must do. It changes
# no file, branch or index of the clone in which it runs.
#
# Usage: rollback.sh [--yes] [--dry-run] [--push-only] [--any-commit] <commit-sha>
# Run it with --help for options, exit codes and what it touches.
#
# Touches only:
#   - adds objects to the clone's object store if the clone is behind
#   - one new branch on the remote
#   - which deployment production serves, on Vercel; what it served before is noted beside the log
#   - a message to the team, where ROLLBOOK_NOTIFY_URL is set
#   - a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)
#
# Made by Rollbook from content/partpulse/procedures/emergency-rollback.yaml. Do not edit: edit that file.
# Content sha256:da3428d1f684fa558efdde7c19d406d6efa0b8c73cc111136f7452be868eba5b

# --- A known place to start from, whatever shell, user and environment this is.
# Bash takes functions from the environment; in this mode none can replace `unset` or `set`.
POSIXLY_CORRECT=1
# Options handed down by the caller (sh -e, SHELLOPTS) would change what the lines below mean.
set +aCefvx -u
# A copy that was cut short ends where it was cut; that must not look like the end of the work.
trap '[ "$?" -ne 0 ] || { echo "This copy of the script is cut short. Nothing was done." >&2; exit 3; }' EXIT
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
IFS='
'
IFS=" 	$IFS"
LC_ALL=C
export PATH LC_ALL
unset CDPATH ENV BASH_ENV
unalias -a 2>/dev/null
# A function of the user's environment could stand in for a program.
for name in [ cd command echo kill printf read test umask wait cat date fold git id mkdir mktemp od rm sed sleep tail tr uname \
  awk curl env find gh git grep mv openssl ps psql sh sha256sum shasum sort vercel; do
  unset -f "$name" 2>/dev/null
done
# A closed stream would let the next opened file take its place.
# Stderr first, and without silencing the question: that would open what it asks about.
(: >&2) || exec 2>/dev/null
(: <&0) 2>/dev/null || exec </dev/null
(: >&1) 2>/dev/null || exec >/dev/null
# Whoever reads the output may go away; the work goes on.
trap '' PIPE
exec 3>&2

procedure=emergency-rollback
script=rollback.sh
fact_production_url=${PRODUCTION_URL:-}
[ -n "$fact_production_url" ] || fact_production_url='not yet known (the address at which users reach production)'

# --- Words for people. A message that cannot be written stops nothing.
say() { printf '%s\n' "$*" 2>/dev/null || :; }
warn() { printf '%s\n' "$*" >&3 2>/dev/null || :; }

# lowered TEXT: sets low to the TEXT without its upper case; a program is started only where there is some.
# shellcheck disable=SC2034,SC2317,SC2329 # not every script compares names
lowered() {
  low=$1
  case $1 in
  *[A-Z]*) low=$(printf '%s' "$1" | tr '[:upper:]' '[:lower:]') ;;
  esac
}

# wrap HOW INDENT TEXT: says TEXT with `say` or `warn` in lines of at most 78 columns.
wrap() {
  how=$1
  indent=$2
  line=
  set -f
  for word in $3; do
    if [ -n "$line" ] && [ "$((${#indent} + ${#line} + ${#word}))" -gt 77 ]; then
      "$how" "$indent$line"
      line=
      case $indent in
      *[!\ ]*) indent=$(printf '%*s' "${#indent}" '') ;;
      esac
    fi
    line=${line:+$line }$word
  done
  set +f
  "$how" "$indent$line"
}

# printable TEXT: without the control characters that could paint over a terminal.
printable() {
  case $1 in
  *[!A-Za-z0-9\ .,:\;/_=-]*) printf '%s' "$1" | tr -d '\000-\037\177' ;;
  *) printf '%s' "$1" ;;
  esac
}

# plain TEXT NOTATION: TEXT in `json` or `markdown`, for the moment in which a tool fails: without
# any, and with '?' for all that is not ASCII. Nothing that was seen may be lost.
plain() {
  rest=$1
  while [ -n "$rest" ]; do
    letter=${rest%"${rest#?}"}
    case "$2 $letter" in
    *[!\ -~]) letter='?' ;;
    json\ [\"\\] | markdown\ [!A-Za-z0-9\ ]) letter="\\$letter" ;;
    esac
    printf '%s' "$letter"
    rest=${rest#?}
  done
}

# --- The run log: JSON Lines. Logging never stops the rollback.
log=
run=
recorded=

# json TEXT: TEXT as the inside of a JSON string. What is no UTF-8, and what paints over a terminal,
# becomes U+FFFD. The bytes are looked at as octal numbers: each `sed` has its own idea of others.
json() {
  case $1 in
  *[!A-Za-z0-9\ .,:\;/_=-]*)
    inside=$(printf '%s' "$1" | od -An -v -to1 | tr -s ' \n' '  ' | sed -E '
      s/ $//
      # No character begins so: these would be another spelling of one, or half of a pair.
      s/ (340 2[0-3]|355 2[4-7]|360 2[01]|364 2[2-7])./ 377/g
      s/ (30[2-7]|3[1-3].) (2..)/\\0\1\\0\2/g
      s/ (3[45].) (2..) (2..)/\\0\1\\0\2\\0\3/g
      s/ (36[0-4]) (2..) (2..) (2..)/\\0\1\\0\2\\0\3\\0\4/g
      s/ 011/\\0134t/g
      s/ 012/\\0134n/g
      s/ 015/\\0134r/g
      s/( 0[0-3].| 177| [23]..)+/\\0357\\0277\\0275/g
      s/ (042|134)/\\0134\\0\1/g
      s/ (...)/\\0\1/g')
    if [ -n "$inside" ]; then printf '%b' "$inside"; else plain "$1" json; fi
    ;;
  *) printf '%s' "$1" ;;
  esac
}

# sum_of FILE: its SHA-256, or `unknown`. What comes out of a pipe would lose its rest to who reads
# there, too; and a name is given to no program, because some answer in another way where one is odd.
sum_of() {
  sum=
  [ ! -f "$1" ] || sum=$({ sha256sum <"$1" || shasum -a 256 <"$1" || openssl dgst -sha256 -r <"$1"; } 2>/dev/null | sed 's/[^0-9a-f].*//' | tail -n 1)
  printf '%s' "${sum:-unknown}"
}

# now: the time of day, the same for use in names, and seconds since some start; 'unknown' and 0
# where the system cannot tell.
now() {
  moment=$(date -u '+%Y-%m-%dT%H:%M:%SZ %Y%m%dT%H%M%SZ %s' 2>/dev/null) || moment=
  stamp=${moment%% *}
  seconds=${moment##* }
  name_stamp=${moment#* }
  name_stamp=${name_stamp%% *}
  case $stamp in
  [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z) ;;
  *)
    stamp=unknown
    name_stamp=unknown
    ;;
  esac
  case $seconds in
  '' | *[!0-9]*) seconds=0 ;;
  esac
}

# add_host ADDRESS: adds its host, and its port where it names one, to hosts; nothing of what may be a secret.
add_host() {
  host=${1#*://}
  host=${host%%[/?#]*}
  host=$(printable "${host##*@}")
  [ -z "$host" ] || hosts="${hosts:+$hosts }$host"
}

# record STEP STATUS EXIT [NAME VALUE]...: one line of the log.
record() {
  recorded=$1
  [ -n "$log" ] || return 0
  now
  took=$((seconds - step_began))
  # A clock that answers only now and then must not show as years.
  [ "$took" -ge 0 ] && [ "$step_began" -gt 0 ] || took=0
  entry="{\"time\":\"$stamp\",\"run\":\"$run\",\"script\":\"$script\",\"script_sha256\":\"$script_sha256\""
  entry="$entry,\"procedure\":\"$procedure\",\"step\":\"$1\",\"status\":\"$2\",\"exit\":$3,\"seconds\":$took"
  shift 3
  while [ "$#" -ge 2 ]; do
    entry="$entry,\"$1\":\"$(json "$2")\""
    shift 2
  done
  { printf '%s}\n' "$entry" >>"$log"; } 2>/dev/null || :
  # The next step begins where this one ends.
  step_began=$seconds
}

# open_log FOLDER [NAME VALUE]...: begins a log there with a first line, or answers 1.
open_log() {
  case $1 in
  '') return 1 ;;
  /*) log=$1/${script%.sh}-$run.jsonl ;;
  *) log=$PWD/$1/${script%.sh}-$run.jsonl ;;
  esac
  # What lies there already is another's; a pipe would keep the script waiting for ever.
  if [ -e "$log" ] || [ -L "$log" ]; then
    log=
    return 1
  fi
  # Only its owner may read a log; what Git writes keeps the mode that the user has set.
  if (umask 077 && mkdir -p "${log%/*}" && : >>"$log") 2>/dev/null; then
    shift
    record start started 0 "$@"
    # On a full disk the file is there and the line is not.
    [ -s "$log" ] && return 0
  fi
  rm -f "$log" 2>/dev/null
  log=
  return 1
}

begin_step() {
  step=$1
  say ""
  wrap say "" "$2"
}

# --- Every way to end. `truth` always says what is true by now, `did` what the run has done (a word of
# the run log; one in -ing was begun and not seen done), `verified` whether all checks of that held.
truth='Nothing was changed, here or on the remote.'
did=nothing
verified=no
step=start
step_began=0
beside=
child=
watch=
holding=
held=
scratch=
feed=
at_end=
helped=

clean_up() {
  [ -n "$scratch" ] && rm -rf "$scratch" 2>/dev/null
  scratch=
}

# shellcheck disable=SC2317,SC2329 # reached through the trap below
leave() {
  ended=$?
  # On a busy machine a child of bash that is ended while it begins comes here too; what lies in
  # $scratch, and the last word, are the script's own.
  # shellcheck disable=SC2016 # the other shell is to say whose child it is
  sh -c '[ "$PPID" = "$1" ]' sh "$$" 2>/dev/null || exit "$ended"
  [ "$ended" -ne 0 ] || [ -n "$helped" ] ||
    fail 3 "this copy of the script is cut short." "Get a whole copy, compare it with SHA256SUMS, and run the same command again."
  clean_up
  exit "$ended"
}

# finish CODE STATUS: the last lines, in one form for every end.
finish() {
  trap '' INT TERM HUP
  if [ -n "$at_end" ]; then
    last_words=$at_end
    at_end=
    "$last_words"
  fi
  [ "$recorded" = "$step" ] || record "$step" "$2" "$1"
  step_began=${run_began:-0}
  record outcome "$2" "$1" did "$did" verified "$verified" truth "$truth"
  if [ -n "$log" ]; then
    say ""
    say "Run log: $log"
  fi
  clean_up
  trap - EXIT
  exit "$1"
}

# fail CODE WHAT NEXT: stops with what happened, what is true now and what to do.
fail() {
  warn ""
  warn "STOPPED"
  wrap warn "  What happened: " "$2"
  wrap warn "  What is true:  " "$truth"
  wrap warn "  What to do:    " "$3"
  finish "$1" failed
}

# end_beside: ends the process that runs beside the commands.
# shellcheck disable=SC2317,SC2329 # reached through the traps, too
end_beside() {
  { printf 'over\n' >"$scratch/over"; } 2>/dev/null
  kill -TERM "$beside" 2>/dev/null
  wait "$beside" 2>/dev/null
  beside=
}

# interrupted CODE SIGNAL: ends what runs, then the script.
interrupted() {
  if [ -n "$holding" ]; then
    held="$1 $2"
    return
  fi
  trap '' INT TERM HUP
  [ -n "$watch" ] && kill -TERM "$watch" 2>/dev/null
  [ -z "$beside" ] || end_beside
  if [ -n "$child" ]; then
    # In the background, because an ended child stays visible until it is waited for.
    end_tree "$child" &
    ending=$!
    wait "$child" 2>/dev/null
    wait "$ending" 2>/dev/null
  fi
  if [ -n "$watch" ]; then
    # Once more: a shell that has only just begun may lose a signal, and would stay for a second.
    kill -TERM "$watch" 2>/dev/null
    wait "$watch" 2>/dev/null
  fi
  fail "$1" "the script was interrupted (signal $2)." 'Run the same command again; that is always safe.'
}

# Between `holding=1` and `release` a signal waits: a process id or a log is not yet known there.
# shellcheck disable=SC2317,SC2329 # what it ends with is reached through the traps too
release() {
  holding=
  # A signal counts once: on the way out there may be something to hold again.
  was_held=$held
  held=
  [ -z "$was_held" ] || interrupted "${was_held%% *}" "${was_held#* }"
}

trap 'interrupted 129 HUP' HUP
trap 'interrupted 130 INT' INT
trap 'interrupted 143 TERM' TERM
trap leave EXIT

# --- A time limit for every command that could wait for ever.

# descendants PID: PID and every process below it, stopped on the way so that none escapes.
descendants() {
  kill -STOP "$1" 2>/dev/null
  printf '%s\n' "$1"
  # The second form is for busybox, the third for machines that have no `ps`.
  { ps -A -o pid= -o ppid= || ps -o pid,ppid ||
    sed 's/^\([0-9]*\) (.*) [A-Z] \([0-9]*\) .*/\1 \2/' /proc/[0-9]*/stat; } 2>/dev/null </dev/null |
    while read -r pid parent rest; do
      [ "$parent" = "$1" ] && [ -z "$rest" ] && printf '%s\n' "$pid"
    done | while read -r pid; do descendants "$pid"; done
}

# end_tree PID: ends a process and all that it started.
end_tree() {
  tree=$(descendants "$1")
  for pid in $tree; do
    kill -TERM "$pid" 2>/dev/null
    kill -CONT "$pid" 2>/dev/null
  done
  for _ in 1 2 3; do
    left=
    for pid in $tree; do kill -0 "$pid" 2>/dev/null && left=$pid; done
    [ -z "$left" ] && return 0
    sleep 1
  done
  for pid in $tree; do kill -KILL "$pid" 2>/dev/null; done
  return 0
}

# watch_over PID SECONDS: ends PID when its time is up, and answers 99; else for how many seconds PID
# was seen, 98 at most. They are counted, because a clock can be changed. Ends PID also when this
# script is gone without a word, so that nothing hangs on for ever.
watch_over() {
  stop=
  trap 'stop=1' HUP INT TERM
  gone=0
  while [ "$gone" -lt "$2" ] && kill -0 "$$" 2>/dev/null; do
    # A shell that has only just begun may lose the signal to stop.
    kill -0 "$1" 2>/dev/null || unwatched
    sleep 1 &
    [ -n "$stop" ] || wait "$!"
    ended=$?
    if [ -n "$stop" ]; then
      kill -KILL "$!" 2>/dev/null
      unwatched
    fi
    # Where `sleep` does not work, no limit is better than one that is over at once.
    [ "$ended" -eq 0 ] || unwatched
    gone=$((gone + 1))
  done
  # With the script PID may have gone too, and its number may be that of another process by now.
  kill -0 "$1" 2>/dev/null || unwatched
  # The script sees the end of PID at once; this must still end the rest of the tree.
  trap '' HUP INT TERM
  end_tree "$1"
  exit 99
}

unwatched() {
  [ "$gone" -le 98 ] || gone=98
  exit "$gone"
}

# limited SECONDS COMMAND...: runs COMMAND; its words go to $scratch/out and $scratch/err.
# Answers its status, or 124 when time was up; $lasted is for how many seconds it ran. It reads $feed,
# which stands in no argument list because `echo` is part of every shell, as `printf` is not. It never
# holds a backslash, which each `echo` takes in its own way. Mostly it is empty, and so is the input.
limited() {
  limit=$1
  shift
  holding=1
  if [ -n "$feed" ]; then
    echo "$feed" 2>/dev/null | "$@" >"$scratch/out" 2>"$scratch/err" 3>&- &
  else
    "$@" </dev/null >"$scratch/out" 2>"$scratch/err" 3>&- &
  fi
  child=$!
  watch_over "$child" "$limit" </dev/null >/dev/null 2>&1 3>&- &
  watch=$!
  release
  wait "$child" 2>/dev/null
  status=$?
  child=
  kill -TERM "$watch" 2>/dev/null
  wait "$watch" 2>/dev/null
  lasted=$?
  if [ "$lasted" -eq 99 ]; then
    status=124
    lasted=$limit
  fi
  # The clock itself was ended by a signal.
  [ "$lasted" -le "$limit" ] || lasted=0
  watch=
  return "$status"
}

# cleaned: its input as people may see it: without colours, without names and passwords in
# addresses, and without the values of variables whose names say that they are secret.
cleaned() (
  text=$(sed "s/$(printf '\033')\[[0-9;]*[A-Za-z]//g; s/$(printf '\011')/  /g; s#://[^/ ]*@#://***@#g" | tr -d '\000-\010\013-\037\177')
  for name in $(export -p | sed -n -e 's/^export \([A-Z0-9_]*TOKEN[A-Z0-9_]*\)=.*/\1/p' -e 's/^export \([A-Z0-9_]*SECRET[A-Z0-9_]*\)=.*/\1/p' \
    -e 's/^export \([A-Z0-9_]*PASSW[A-Z0-9_]*\)=.*/\1/p' -e 's/^export \([A-Z0-9_]*KEY[A-Z0-9_]*\)=.*/\1/p'); do
    secret=
    eval "secret=\${$name:-}"
    [ "${#secret}" -ge 8 ] || continue
    rest=$text
    text=
    while :; do
      case $rest in
      *"$secret"*) ;;
      *) break ;;
      esac
      text="$text${rest%%"$secret"*}***"
      rest=${rest#*"$secret"}
    done
    text=$text$rest
  done
  [ -z "$text" ] || printf '%s\n' "$text"
)

# complaint [out] [err]: what the last command said there.
complaint() {
  [ "$#" -gt 0 ] || set -- err
  for stream in "$@"; do cat "$scratch/$stream"; done 2>/dev/null | cleaned |
    fold -s -w 74 | sed 's/ *$//; s/^/  | /' | tail -n 15 >&3
}

# --- Arguments. Anything that is not understood is refused before anything happens.
usage() {
  cat <<'END_OF_USAGE'
Emergency Rollback Script (PartPulse)

The script publishes the last good commit as a rollback branch, points
production to it, and verifies what production serves. Without access to
Vercel it stops after the branch and says what a person must do. It changes no
file, branch or index of the clone in which it runs.

Usage:
  rollback.sh [--yes] [--dry-run] [--push-only] [--any-commit] <commit-sha>

  <commit-sha>  the last good commit, 7 to 64 hexadecimal digits
  --yes         ask no questions
  --dry-run     say what would be done, and touch nothing
  --push-only   end when the rollback branch is on the remote and verified
  --any-commit  allow a commit that is not in the history of production
  --help        show this text

It touches only:
  -  adds objects to the clone's object store if the clone is behind
  -  one new branch on the remote
  -  which deployment production serves, on Vercel; what it served before is
     noted beside the log
  -  a message to the team, where ROLLBOOK_NOTIFY_URL is set
  -  a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)

Exit codes:
  0              done AND verified (with --dry-run: nothing was done)
  2              wrong usage, or not confirmed
  3              this machine or this repository
  4              the target was refused
  5              the other side refused
  6              timed out
  7              done, but not verified
  8              a person must finish: what is done and what is left is
                 printed
  129, 130, 143  interrupted

Environment:
  PRODUCTION_URL        URL; the document does not know it yet
  VERCEL_TOKEN          access to Vercel; a secret
  VERCEL_ORG_ID         the team's id, team_...
  VERCEL_PROJECT_ID     the project's id, prj_...
  VERCEL_API_URL        another address of Vercel's API, with https or on this
                        machine
  VERCEL_AUTOMATION_BYPASS_SECRET
                        passes Vercel's login page at the production address;
                        a secret
  ROLLBOOK_NOTIFY_URL   the team's incoming webhook (as Slack's); a secret
  ROLLBOOK_LOG_DIR      folder for the run log
END_OF_USAGE
}

refuse() {
  wrap warn "$script: " "$1"
  wrap warn "Usage: " 'rollback.sh [--yes] [--dry-run] [--push-only] [--any-commit] <commit-sha>'
  warn "Nothing was done. '$script --help' says more."
  exit 2
}

yes=
dry_run=
option_push_only=
option_any_commit=
parameter_commit=''
given=0
options_end=
for argument in "$@"; do
  if [ -z "$options_end" ]; then
    case $argument in
    --help | -h)
      usage
      helped=1
      exit 0
      ;;
    --yes)
      yes=1
      continue
      ;;
    --dry-run)
      dry_run=1
      continue
      ;;
    --push-only)
      option_push_only=1
      continue
      ;;
    --any-commit)
      option_any_commit=1
      continue
      ;;
    --)
      options_end=1
      continue
      ;;
    -*) refuse "unknown option: $(printable "$argument")" ;;
    esac
  fi
  given=$((given + 1))
  case $given in
  1) parameter_commit=$argument ;;
  *) refuse "too many arguments: $(printable "$argument")" ;;
  esac
done
[ "$given" -ge 1 ] || refuse 'expected <commit-sha>'

# check_commit DIGITS: refuses what cannot be a commit.
check_commit() {
  case $1 in
  *[!0-9a-fA-F]*) refuse "not a commit: '$(printable "$1")'. Give 7 to 64 hexadecimal digits." ;;
  esac
  if [ "${#1}" -lt 7 ] || [ "${#1}" -gt 64 ]; then
    refuse "not a commit: '$1'. Give 7 to 64 hexadecimal digits."
  fi
}
check_commit "$parameter_commit"
typed=$parameter_commit
parameter_commit=$(printf '%s' "$typed" | tr 'A-F' 'a-f')
[ "${#parameter_commit}" -eq "${#typed}" ] || fail 3 "the program 'tr' does not work here." "Run the script on another machine."
parameter_remote=origin
parameter_production=HEAD
parameter_address=${PRODUCTION_URL:-''}
parameter_migrations=prisma/migrations
if [ -z "$yes" ] && [ -z "$dry_run" ] && [ ! -t 0 ]; then
  warn "$script: there is no terminal to ask on."
  wrap warn "" "Nothing was done. Give --yes to go ahead without a question, or --dry-run to look first."
  exit 2
fi

# --- This machine: programs, room for a scratch file, a log.
for name in cat date fold git id mkdir mktemp od rm sed sleep tail tr uname; do
  command -v "$name" >/dev/null 2>&1 ||
    fail 3 "the program '$name' is not on this machine." "Install $name, or run the script on a machine that has it."
done

# The user's own settings must not turn the script's commands into others.
unset GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_SOURCE GIT_CEILING_DIRECTORIES GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_COUNT
unset GIT_CONFIG_PARAMETERS GIT_DIR GIT_EXTERNAL_DIFF GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE
unset GIT_INTERNAL_SUPER_PREFIX GIT_NAMESPACE GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_QUARANTINE_PATH
unset GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE
# Traces show addresses and headers, and can go to a file.
unset GIT_CURL_VERBOSE GIT_TRACE GIT_TRACE_CURL GIT_TRACE_PACKET GIT_TRACE_SETUP GIT_TRACE2 GIT_TRACE2_EVENT GIT_TRACE2_PERF
# Nobody may be asked for a password: not by Git, and not by ssh, which would wait at the terminal.
# A helper of the user's own may answer.
GIT_TERMINAL_PROMPT=0
SSH_ASKPASS=${SSH_ASKPASS:-false}
SSH_ASKPASS_REQUIRE=force
export SSH_ASKPASS SSH_ASKPASS_REQUIRE
GIT_NO_REPLACE_OBJECTS=1
GIT_CONFIG_COUNT=4
GIT_CONFIG_KEY_0=core.hooksPath
GIT_CONFIG_VALUE_0=/dev/null
GIT_CONFIG_KEY_1=push.pushOption
GIT_CONFIG_VALUE_1=
GIT_CONFIG_KEY_2=core.fsmonitor
GIT_CONFIG_VALUE_2=false
GIT_CONFIG_KEY_3=color.ui
GIT_CONFIG_VALUE_3=false
export GIT_TERMINAL_PROMPT GIT_NO_REPLACE_OBJECTS GIT_CONFIG_COUNT
export GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0 GIT_CONFIG_KEY_1 GIT_CONFIG_VALUE_1 GIT_CONFIG_KEY_2 GIT_CONFIG_VALUE_2
export GIT_CONFIG_KEY_3 GIT_CONFIG_VALUE_3

# Where files go: a path from the root, on one line. Another could not be read back from a list of
# them, and a program would take some for an option or an assignment.
for name in ROLLBOOK_LOG_DIR TMPDIR; do
  eval "place=\${$name:-}"
  case $place in
  '' | /*) ;;
  *) place=$PWD/$place ;;
  esac
  if [ "$(printable "$place.")" != "$place." ]; then
    wrap warn "" "$name holds a line break or another control character: it is not used."
    place=
  fi
  eval "$name=\$place"
done

# A full disk lets a folder be made and no file be written: write one to be sure.
for place in "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm "${HOME:-/tmp}"; do
  # curl reads the folder's name in quotes, on its standard input.
  case $place in
  *[\"\\]*) continue ;;
  esac
  scratch=$(mktemp -d "$place/rollback.XXXXXX" 2>/dev/null)
  if [ -n "$scratch" ]; then
    { printf 'a line that needs room\n' >"$scratch/out" && printf '' >"$scratch/err" && [ -s "$scratch/out" ]; } 2>/dev/null && break
    clean_up
  fi
done
[ -n "$scratch" ] || fail 3 "there is no room for a scratch file." "Free some disk space, or set TMPDIR to a folder that has room."

now
run_began=$seconds
step_began=$seconds
run=$name_stamp-$$
who=$(id -un 2>/dev/null)
who=$who@$(uname -n 2>/dev/null)
script_sha256=$(sum_of "$0")
git_folder=$(git rev-parse --git-common-dir 2>/dev/null) && git_folder=$(cd "$git_folder" 2>/dev/null && pwd) || git_folder=
[ "$(printable "$git_folder.")" = "$git_folder." ] || git_folder=
if [ -z "$dry_run" ]; then
  # Whether a run counts as a drill depends on what it was run against.
  hosts=
  add_host "${parameter_address}"
  add_host "${VERCEL_API_URL:-https://api.vercel.com}"
  set -- who "${who%%@*}" host "${who#*@}" folder "$PWD" arguments "$*" stamp sha256:da3428d1f684fa558efdde7c19d406d6efa0b8c73cc111136f7452be868eba5b service partpulse hosts "$hosts"
  [ -z "${ROLLBOOK_REHEARSAL:-}" ] || set -- "$@" rehearsal yes
  holding=1
  # The last folder gets a name that nobody can have taken before, since others may write beside it.
  open_log "${ROLLBOOK_LOG_DIR:-}" "$@" || open_log "${git_folder:+$git_folder/rollback-log}" "$@" ||
    open_log "$(mktemp -d "$place/rollback-log.XXXXXX" 2>/dev/null)" "$@" ||
    warn "No log can be written; the rollback goes on without one."
  release
fi

if [ -z "$dry_run" ]; then
  wrap say "" 'Emergency Rollback Script (PartPulse, Section 4.3)'
  say "Touches only:"
  wrap say "  - " 'adds objects to the clone'"'"'s object store if the clone is behind'
  wrap say "  - " 'one new branch on the remote'
  wrap say "  - " 'which deployment production serves, on Vercel; what it served before is noted beside the log'
  wrap say "  - " 'a message to the team, where ROLLBOOK_NOTIFY_URL is set'
  wrap say "  - " 'a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)'
fi
[ -n "${only_looks:-}" ] || wrap warn 'WARNING: ' 'Production that moves loses all warranty claims: they live only in the memory of the running application. Read them out first, see Section 4.4.'

# confirm QUESTION: goes on only after a clear yes.
confirm() {
  [ -n "$yes" ] && return 0
  printf '%s [yes/no] ' "$1" 2>/dev/null || :
  answer=
  read -r answer || answer=
  case $answer in
  y | Y | yes | Yes | YES) return 0 ;;
  esac
  warn ""
  wrap warn "Not confirmed. " "$truth"
  finish 2 'not confirmed'
}

# flatten: JSON on its input becomes lines 'path<TAB>value', such as '.deployments.0.uid<TAB>dpl_1'.
# Text is split at its quotes, so that what stands inside a string can never pass for structure.
flatten() {
  awk '
    BEGIN { RS = "\""; kind[0] = "value" }
    function emit(value, path, i) {
      for (i = 1; i <= depth; i++) path = path "." (kind[i] == "list" ? count[i] : key[i])
      print path "\t" value
    }
    function end_bare() {
      if (bare != "") emit(bare)
      bare = ""
    }
    inside {
      text = text $0
      if (match($0, /\\+$/) && RLENGTH % 2) {
        text = text "\""
        next
      }
      inside = 0
      gsub(/[\t\r\n]/, " ", text)
      if (kind[depth] == "object" && wants_key[depth]) {
        key[depth] = text
        wants_key[depth] = 0
      } else emit(text)
      text = ""
      next
    }
    {
      for (i = 1; i <= length($0); i++) {
        c = substr($0, i, 1)
        if (c == "{") {
          kind[++depth] = "object"
          wants_key[depth] = 1
        } else if (c == "[") {
          kind[++depth] = "list"
          count[depth] = 0
        } else if (c == "}" || c == "]") {
          end_bare()
          depth--
        } else if (c == ",") {
          end_bare()
          if (kind[depth] == "list") count[depth]++
          else wants_key[depth] = 1
        } else if (c ~ /[-+.0-9A-Za-z]/) bare = bare c
      }
      end_bare()
      inside = 1
    }
  '
}

# --- The address of production, as people type it.

# read_address ADDRESS: sets production_url (scheme and host), production_host, address_note (what of
# ADDRESS is not used) and address_problem (what is wrong with it). Without ADDRESS all are empty.
read_address() {
  production_url=
  production_host=
  address_note=
  address_problem=
  [ -n "$1" ] || return 0
  case $1 in
  *[!A-Za-z0-9.:/_~?=\&%@+#-]*)
    address_problem="holds characters that no address has"
    return 0
    ;;
  esac
  address_scheme=https
  address_rest=$1
  case $1 in
  *://*)
    lowered "${1%%://*}"
    address_scheme=$low
    address_rest=${1#*://}
    ;;
  esac
  case $address_scheme in
  http | https) ;;
  *)
    address_problem="begins with $address_scheme://, which is neither https:// nor http://"
    return 0
    ;;
  esac
  address_host=${address_rest%%[/?#]*}
  address_rest=${address_rest#"$address_host"}
  lowered "$address_host"
  address_host=$low
  case $address_host in
  *@*) address_problem="holds a user name or a password" ;;
  '' | [.:-]* | *[!a-z0-9.:-]*) address_problem="names no host" ;;
  *.* | localhost | localhost:*) ;;
  *) [ "$1" != "${1#*://}" ] || address_problem="names no host: '$address_host' could be anything" ;;
  esac
  [ -z "$address_problem" ] || return 0
  production_host=$address_host
  production_url=$address_scheme://$address_host
  case $address_rest in
  '' | /) ;;
  *) address_note="its path '$address_rest' is not used" ;;
  esac
}

# --- Vercel's API, by curl, or by `vercel api` where there is no curl. The token stands in no
# argument list, no file and no log: curl reads it on its standard input, the tool in the environment.
vercel_api=${VERCEL_API_URL:-https://api.vercel.com}
vercel_api=${vercel_api%/}
# An account of one person has an id without team_, and its requests name no team.
# shellcheck disable=SC2034 # not every script makes requests of both kinds
case ${VERCEL_ORG_ID:-} in
team_*)
  vercel_team="&teamId=$VERCEL_ORG_ID"
  vercel_only_team="?teamId=$VERCEL_ORG_ID"
  ;;
*)
  vercel_team=
  vercel_only_team=
  ;;
esac
waited=0

# at_production ADDRESS: reads the address; says what of it is not used.
at_production() {
  read_address "$1"
  production_given=$1
  [ -z "$address_note" ] || wrap say "  " "PRODUCTION_URL: $address_note; $production_url is asked."
}

# missing_access: the names of the variables without which production cannot be moved and verified.
missing_access() {
  command -v curl >/dev/null 2>&1 || (unset -f vercel && command -v vercel) >/dev/null 2>&1 || printf ' curl'
  command -v awk >/dev/null 2>&1 || printf ' awk'
  [ -n "${VERCEL_TOKEN:-}" ] || printf ' VERCEL_TOKEN'
  [ -n "${VERCEL_ORG_ID:-}" ] || printf ' VERCEL_ORG_ID'
  [ -n "${VERCEL_PROJECT_ID:-}" ] || printf ' VERCEL_PROJECT_ID'
  # One that cannot be used is not missing.
  [ -n "$production_given" ] || printf ' PRODUCTION_URL'
}

# check_access: refuses values that could not be sent as they are, and a tool that cannot send them.
check_access() {
  case $VERCEL_TOKEN in
  *[!A-Za-z0-9_]*) fail 3 "VERCEL_TOKEN holds characters that no token has." "Copy the token again; nothing else may stand in the variable." ;;
  esac
  case $VERCEL_ORG_ID$VERCEL_PROJECT_ID in
  *[!A-Za-z0-9_-]*) fail 3 "VERCEL_ORG_ID or VERCEL_PROJECT_ID holds characters that no id has." "Copy them again from the settings of team and project." ;;
  esac
  [ -z "$address_problem" ] || fail 3 "PRODUCTION_URL $address_problem." "Set it to an address such as https://example.com."
  # Without https:// curl would send the token for all to read; what stays on this machine nobody reads.
  here=${vercel_api#http://}
  here=${here%%[:/]*}
  case $vercel_api in
  *[!A-Za-z0-9._:/~-]*) vercel_api= ;;
  https://?*) ;;
  http://*)
    case $here in
    localhost) ;;
    127.*[!0-9.]*) vercel_api= ;;
    127.*) ;;
    *) vercel_api= ;;
    esac
    ;;
  *) vercel_api= ;;
  esac
  [ -n "$vercel_api" ] || fail 3 "VERCEL_API_URL is no address that begins with https://." "Correct it, or unset it: then Vercel itself is asked."
  command -v curl >/dev/null 2>&1 && return 0
  # An older tool would take the request for a folder to deploy; its help does no harm.
  tool --help
  case $(cat "$scratch/out" "$scratch/err") in
  *--include*) ;;
  *) fail 3 "there is no curl, and the vercel tool here cannot make requests ('vercel api')." "Install curl or a newer vercel tool and run the same command again, or finish in the dashboard." ;;
  esac
}

# vercel COMMAND...: one request. Sets http_status (000: no answer); `answer` reads what came, and
# $scratch/text is what came as it was.
vercel() {
  if command -v curl >/dev/null 2>&1; then by_curl "$@"; else by_tool "$@"; fi
  # Where no answer comes, the looks take longer than the pauses between them.
  [ "$lasted" -lt 5 ] || waited=$((waited + lasted))
  case $http_status in
  2??) return 0 ;;
  esac
  return 1
}

by_curl() {
  feed="header = \"Authorization: Bearer $VERCEL_TOKEN\"
output = \"$scratch/text\""
  : >"$scratch/text"
  # Half an answer can have a good status: a list cut short is no shorter list.
  limited 25 "$@" || : >"$scratch/out"
  feed=
  # The status stands alone on its second line.
  http_status=
  {
    read -r http_status
    read -r http_status
  } <"$scratch/out" || :
  case $http_status in
  [1-9][0-9][0-9]) ;;
  *) http_status=000 ;;
  esac
  flatten <"$scratch/text" >"$scratch/answer"
}

# tool WORD...: the command-line tool in an empty folder with settings of its own, so that neither
# the project's files nor those of whoever is logged in change what it asks, and whom. (It reads
# the vercel.json of where it is started, whatever --cwd says.)
tool() {
  mkdir -p "$scratch/tool" 2>/dev/null
  limited 25 start_tool "$@" --api "$vercel_api"
}

# shellcheck disable=SC2317,SC2329 # called by `limited`, in a process of its own
start_tool() {
  cd "$scratch/tool" || exit 1
  exec env VERCEL_TELEMETRY_DISABLED=1 NO_UPDATE_NOTIFIER=1 NO_COLOR=1 FORCE_COLOR=0 VERCEL_CLI_DEBUG= \
    vercel api "$@" --global-config "$PWD/settings"
}

# by_tool COMMAND...: makes the request of a curl command with `vercel api`. After a 5xx, and where the
# connection breaks, it asks again by itself, four times in all, and nothing turns that off. So it is
# only for requests that do no more when they are made twice; see check_build.
by_tool() {
  method=GET
  body=
  while [ "$#" -gt 1 ]; do
    case $1 in
    --request) method=$2 ;;
    --data)
      body=$scratch/body
      { printf '%s' "$2" >"$body" && [ -s "$body" ]; } 2>/dev/null || fail 3 "there is no room for a scratch file." "Free some disk space, then run the same command again."
      ;;
    --data-binary) body=${2#@} ;;
    esac
    shift
  done
  endpoint=${1#*://}
  endpoint=/${endpoint#*/}
  set -- "$endpoint" --include --raw --method "$method"
  # Its name for asking no question; the script has asked already.
  [ "$method" != DELETE ] || set -- "$@" --dangerously-skip-permissions
  # It is started in a folder beside the file.
  [ -z "$body" ] || set -- "$@" --input "../${body##*/}"
  http_status=000
  : >"$scratch/text"
  : >"$scratch/answer"
  # It shows a good status before it reads the answer, and fails when only half of that comes.
  if tool "$@"; then
    http_status=$(sed -n '1s/^HTTP \([1-5][0-9][0-9]\) .*/\1/p' "$scratch/out")
    sed '1,/^$/d' "$scratch/out" >"$scratch/text"
    flatten <"$scratch/text" >"$scratch/answer"
  else
    # A refusal comes as words: 'Error: Project not found (404)'.
    refusal=$(sed -n 's/^Error: \(.*\) (\([45][0-9][0-9]\))$/\2 \1/p' "$scratch/err" | tail -n 1)
    http_status=${refusal%% *}
    printf '.error.message\t%s\n' "${refusal#* }" >"$scratch/answer"
  fi
  http_status=${http_status:-000}
}

# check_build: refuses to ask for a build through the tool: one that answers late, or with an error
# after it has begun, would be begun again, and each applies database migrations.
# shellcheck disable=SC2317,SC2329 # not every script starts a build
check_build() {
  command -v curl >/dev/null 2>&1 && return 0
  fail 3 "this needs a new build, and there is no curl; the vercel tool could start several builds." "Install curl and run the same command again, or finish in the dashboard."
}

# answer PATH [FILE]: the value at PATH in the last answer; nothing where there is none. Of a name that
# stands twice the last counts, as to every reader of JSON. Somebody's words can be longer than what
# a program takes as an argument; nothing that counts is.
answer() {
  awk -F '\t' -v path="$1" '$1 == path { found = $2 } END { print substr(found, 1, 2000) }' "$scratch/${2:-answer}"
}

# values FILE WANTED...: a line each: the value at the path WANTED in an answer, or at the first of several
# paths (`a,b`) that has one; an empty line where there is none. One program reads them all.
# shellcheck disable=SC2317,SC2329 # not every script looks at a project
values() {
  file=$1
  shift
  awk -F '\t' -v all="$*" '
    { value[$1] = $2 }
    END {
      count = split(all, wanted, " ")
      for (n = 1; n <= count; n++) {
        found = ""
        paths = split(wanted[n], path, ",")
        for (k = 1; k <= paths && (found == "" || found == "null"); k++) found = value[path[k]]
        print found == "null" ? "" : substr(found, 1, 2000)
      }
    }' "$scratch/$file"
}

# The commit of a deployment, whichever Git provider or tool names it.
# shellcheck disable=SC2034 # not every script reads it
commit_paths=.meta.githubCommitSha,.meta.gitlabCommitSha,.meta.bitbucketCommitSha,.meta.gitCommitSha

# is_commit TEXT: whether TEXT can be the name of a commit.
# shellcheck disable=SC2317,SC2329
is_commit() {
  case $1 in
  '' | *[!0-9a-f]*) return 1 ;;
  esac
}

# title_of [FILE [PATH]]: the title of the commit of a deployment.
# shellcheck disable=SC2317,SC2329
title_of() {
  values "${1:-answer}" "${2:-}.meta.githubCommitMessage,${2:-}.meta.gitlabCommitMessage,${2:-}.meta.bitbucketCommitMessage,${2:-}.meta.gitCommitMessage"
}

# deployments: the last answer as lines 'commit id state target candidate created branch', newest first;
# '-' stands for what is not there.
# shellcheck disable=SC2317,SC2329 # not every script lists deployments
deployments() {
  awk -F '\t' '
    /^\.deployments\.[0-9]+\./ {
      split($1, at, ".")
      n = at[3] + 0
      if (n > last) last = n
      name = substr($1, length(".deployments." at[3] ".") + 1)
      gsub(/[^A-Za-z0-9_.\/-]/, "?", $2)
      if (name ~ /^meta\.(github|gitlab|bitbucket|git)Commit(Sha|Ref)$/) name = substr(name, length(name) - 2)
      if (value[n, name] == "") value[n, name] = $2
    }
    function field(n, name) { return value[n, name] == "" ? "-" : value[n, name] }
    END {
      for (n = 0; n <= last; n++)
        print field(n, "Sha"), field(n, "uid"), field(n, "readyState"), field(n, "target"), field(n, "isRollbackCandidate"), field(n, "createdAt"), field(n, "Ref")
    }' "$scratch/answer"
}

# is_deployment ID: whether ID has the form of a deployment's id.
is_deployment() {
  case $1 in
  dpl_*[!A-Za-z0-9_]* | dpl_) return 1 ;;
  dpl_*) return 0 ;;
  esac
  return 1
}

# vercel_failed WHAT [TRUTH [DID]]: stops after a request that must not fail, in the words that fit its
# status. TRUTH and DID are what is true when Vercel has refused it: then it was not carried out. A request
# that took too long (408) may have been.
vercel_failed() {
  case $http_status in
  408) ;;
  4??)
    truth=${2:-$truth}
    did=${3:-$did}
    ;;
  esac
  words=$(printable "$(answer .error.message)")
  case $http_status in
  401 | 403) fail 5 "Vercel refused to $1 ($http_status): ${words:-no reason given}" "Check VERCEL_TOKEN (has it expired?), VERCEL_ORG_ID and VERCEL_PROJECT_ID; or finish in the dashboard." ;;
  404) fail 5 "Vercel could not $1 (404): ${words:-not found}" "Check VERCEL_ORG_ID, VERCEL_PROJECT_ID and the production address; or finish in the dashboard." ;;
  429) fail 5 "Vercel has had too many requests (429)." "Wait a minute, then run the same command again; or finish in the dashboard." ;;
  000) fail 6 "Vercel did not answer when asked to $1." "Check the network, then run the same command again; or finish in the dashboard." ;;
  *) fail 5 "Vercel failed to $1 ($http_status): ${words:-no reason given}" "Look at https://www.vercel-status.com, then run the same command again; or finish in the dashboard." ;;
  esac
}

# --- Which production this is: what Vercel says of the project, compared with the address, the account
# and the repository that this machine means. Production is moved only where all of that fits.
proven=
project_name=
live=
live_commit=
production_branch=
link_host=
link_owner=
link_repository=

# read_live: reads what production serves out of the last answer into live, live_commit and what is_live
# and prove_production ask of it.
# shellcheck disable=SC2034 # not every script reads all that it sets
read_live() {
  cat "$scratch/answer" >"$scratch/live"
  values live .id .projectId .url .target "$commit_paths" >"$scratch/values"
  live=
  {
    IFS= read -r live
    IFS= read -r live_project
    IFS= read -r live_address
    IFS= read -r live_kind
    IFS= read -r live_commit
  } <"$scratch/values"
  is_commit "$live_commit" || live_commit=
}

# is_live: whether what read_live has read is a deployment of this project: 1 where it is that of another
# one, and 3 where it is no deployment at all, with unproven. Of a deployment of somebody else's Vercel
# answers with its public view, which names no project: that is no match.
is_live() {
  if ! is_deployment "$live"; then
    unproven="Vercel's answer names no live deployment."
    return 3
  fi
  case $live_project in
  "$VERCEL_PROJECT_ID") return 0 ;;
  '') unproven="$production_host is served by another project than VERCEL_PROJECT_ID ($VERCEL_PROJECT_ID): Vercel does not name it, as for projects of other teams." ;;
  *) unproven="$production_host is served by another project than VERCEL_PROJECT_ID: by $(printable "$live_project"), not $VERCEL_PROJECT_ID." ;;
  esac
  return 1
}

# one_deployment: whether the address of production is that of the live deployment: that shows the same for
# ever, whatever production serves.
one_deployment() {
  lowered "$live_address"
  live_address=$low
  lowered "${production_host%.}"
  [ "$low" = "$live_address" ]
}

# read_project: reads what the last answer says of the project.
# shellcheck disable=SC2034 # not every script reads all that it sets
read_project() {
  cat "$scratch/answer" >"$scratch/project"
  values project .name .accountId .autoAssignCustomDomains .targets.production.id .link.type \
    .link.org,.link.projectNamespace,.link.owner .link.repo,.link.projectName,.link.slug .link.productionBranch >"$scratch/values"
  project_name=
  {
    IFS= read -r project_name
    IFS= read -r account
    IFS= read -r assigns
    IFS= read -r current
    IFS= read -r link_type
    IFS= read -r link_owner
    IFS= read -r link_repository
    IFS= read -r branch
  } <"$scratch/values"
}

# named_in FILE PATH: whether the answer in FILE has the address of production at PATH.N, or at PATH.N.name
# where that is the domain of no branch and no other environment.
named_in() {
  awk -F '\t' -v host="$production_host" -v path="$2" '
    function same(name) { name = tolower(name); return name == host || name == bare }
    BEGIN {
      host = tolower(host)
      sub(/[.]$/, "", host)
      bare = host
      sub(/:[0-9]+$/, "", bare)
    }
    index($1, path ".") == 1 {
      rest = substr($1, length(path) + 2)
      n = rest
      sub(/[.].*/, "", n)
      field = substr(rest, length(n) + 2)
      if ((field == "" || field == "name") && same($2)) here[n] = 1
      if ((field == "gitBranch" || field == "customEnvironmentId") && $2 != "" && $2 != "null") elsewhere[n] = 1
    }
    END {
      for (n in here) if (!(n in elsewhere)) found = 1
      exit !found
    }' "$scratch/$1"
}

# prove_production: asks Vercel which production the project has. Answers 0 where the address, the account
# and what is live fit together; 1 where not, with unproven and way_out; 2 where Vercel does not answer
# what $asked_for says, and 3 where it answers something else than a deployment.
# shellcheck disable=SC2034 # not every script reads all that it sets
prove_production() {
  way_out="Check VERCEL_PROJECT_ID and PRODUCTION_URL."
  for _ in 1 2 3; do
    asked_for="show the project"
    vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}""${vercel_only_team}" || return 2
    read_project
    asked_for="say what production serves"
    if ! vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${production_host}""${vercel_only_team}"; then
      case $http_status in
      404 | 410) ;;
      *) return 2 ;;
      esac
      unproven="Vercel knows no deployment at $production_host: it is no address of this project, or of no project that this token may see."
      return 1
    fi
    # Somebody may move production between the two answers.
    read_live
    [ "$current" != "$live" ] || break
    sleep 1 2>/dev/null || :
  done
  case $project_name in
  '' | *[!A-Za-z0-9._-]*)
    unproven="Vercel's answer names no project."
    return 3
    ;;
  esac
  case $VERCEL_ORG_ID in
  team_*)
    if [ "$account" != "$VERCEL_ORG_ID" ]; then
      unproven="the project $project_name belongs to the account '$(printable "$account")', not to VERCEL_ORG_ID ($VERCEL_ORG_ID)."
      way_out="Check VERCEL_ORG_ID and VERCEL_PROJECT_ID."
      return 1
    fi
    ;;
  esac
  is_live || return "$?"
  way_out="Set PRODUCTION_URL to the address at which users reach production."
  if one_deployment; then
    unproven="$production_host is the address of one deployment, and always shows that one."
    return 1
  fi
  if [ "$live_kind" != production ]; then
    unproven="$production_host serves $live, which is no production deployment."
    return 1
  fi
  if [ "$current" != "$live" ]; then
    unproven="$production_host serves $live, and the production of $project_name is $(printable "${current:-not named by Vercel}")."
    return 1
  fi
  case $production_host in
  *-git-*.vercel.app)
    unproven="$production_host is the address of a branch: it does not follow production."
    return 1
    ;;
  esac
  if ! named_in project .targets.production.alias; then
    asked_for="list the domains of the project"
    vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}"/domains"${vercel_only_team}" || return 2
    if ! named_in answer .domains; then
      unproven="$production_host serves the production deployment now, and is no production domain of $project_name: it need not follow when production moves."
      return 1
    fi
  fi
  case $link_type in
  github) link_host=github.com ;;
  gitlab) link_host=gitlab.com ;;
  bitbucket) link_host=bitbucket.org ;;
  esac
  case $branch in
  '' | *[!A-Za-z0-9._/-]*) ;;
  *) production_branch=refs/heads/$branch ;;
  esac
  proven=1
}

# require_proof STATUS: stops where prove_production has not answered 0.
# shellcheck disable=SC2317,SC2329 # not every script stops there
require_proof() {
  case $1 in
  0) return 0 ;;
  2) vercel_failed "$asked_for" ;;
  3) fail 5 "$unproven" "Run the same command again, or finish in the dashboard." ;;
  esac
  fail 4 "$unproven" "$way_out"
}

# pause SECONDS: waits between two looks, and counts it in $waited.
waited=0
pause() {
  sleep "$1" 2>/dev/null || :
  waited=$((waited + $1))
}

# A pause in which something else is asked: begin_pause SECONDS, and end_pause, which waits for the rest.
# shellcheck disable=SC2317,SC2329 # not every script waits so
begin_pause() {
  holding=1
  sleep "$1" >/dev/null 2>&1 3>&- &
  beside=$!
  release
  waited=$((waited + $1))
}

# shellcheck disable=SC2317,SC2329
end_pause() {
  wait "$beside" 2>/dev/null
  beside=
}

# still_waiting WHAT SECONDS: says once a minute what is waited for, and how long that can last.
# shellcheck disable=SC2317,SC2329 # not every script waits so long
still_waiting() {
  [ "$waited" -ge 60 ] || minutes_told=0
  [ "$((waited / 60))" -gt "$minutes_told" ] || return 0
  minutes_told=$((waited / 60))
  wrap say "  " "Still waiting for $1, for at most $((($2 - waited + 59) / 60)) more minutes."
}

# --- Which repository this clone belongs to, compared with the one that Vercel builds from.

# repository_at ADDRESS: reads host, owner and name of the repository at a Git address into git_host,
# git_owner and git_name. git_host is empty for a folder of this machine.
repository_at() {
  git_path=${1%/}
  git_path=${git_path%.git}
  git_host=
  case $git_path in
  file://*) git_path=${git_path#file://} ;;
  *://*)
    git_path=${git_path#*://}
    git_host=${git_path%%/*}
    git_host=${git_host##*@}
    git_host=${git_host%:*}
    git_path=${git_path#*/}
    ;;
  /* | .*) ;;
  *:*)
    git_host=${git_path%%:*}
    git_host=${git_host##*@}
    git_path=${git_path#*:}
    ;;
  esac
  lowered "$git_path"
  git_path=$low
  git_name=${git_path##*/}
  git_owner=${git_path%/*}
  [ "$git_owner" != "$git_path" ] || git_owner=
  [ -n "$git_host" ] || git_owner=${git_owner##*/}
}

# is_linked ADDRESS...: whether one of these Git addresses is the repository that Vercel builds from.
# Answers 1 where not, with unproven, and 2 where that cannot be told.
is_linked() {
  lowered "$link_owner"
  wanted_owner=$low
  lowered "$link_repository"
  wanted_name=$low
  if [ -z "$wanted_owner" ] || [ -z "$wanted_name" ]; then
    unproven="Vercel names no Git repository from which it builds $project_name."
    return 2
  fi
  built_from=$(printable "$link_owner/$link_repository")
  unlike=
  for git_address in "$@"; do
    repository_at "$git_address"
    case $git_host in
    "$link_host" | *."$link_host" | '') elsewhere= ;;
    # A name without a dot is one of the user's own, for ssh.
    *.*) elsewhere=${link_host:+$git_host/} ;;
    *) elsewhere= ;;
    esac
    [ "$elsewhere$git_owner/$git_name" != "$wanted_owner/$wanted_name" ] || return 0
    # A folder has no owner: it can be a mirror of any repository, but of one with its own name.
    if [ -n "$git_host" ] || [ "$git_name" = "$wanted_name" ]; then
      unlike=${unlike:-$elsewhere$git_owner/$git_name}
    fi
  done
  if [ -z "$unlike" ]; then
    unproven="the remote '$remote' is a folder, and Vercel builds $project_name from $built_from."
    return 2
  fi
  unproven="the remote '$remote' of this clone is $(printable "$unlike"), and Vercel builds $project_name from $built_from."
  return 1
}

# save_undo TARGET: notes beside the run log what is live before TARGET, for --undo. Whole or not
# at all, and for nobody else to read; without it, or without `mv`, the rollback goes on.
save_undo() {
  now
  note="{\"time\":\"$stamp\",\"project\":\"$VERCEL_PROJECT_ID\",\"live_before\":\"$live\",\"target\":\"$1\"}"
  undo_file=${log%/*}/undo-$VERCEL_PROJECT_ID.json
  holding=1
  rm -f "$undo_file.$$" 2>/dev/null
  if [ -n "$log" ] && (umask 077 && set -C && printf '%s\n' "$note" >"$undo_file.$$") 2>/dev/null &&
    [ "$(cat "$undo_file.$$" 2>/dev/null)" = "$note" ] && [ ! -d "$undo_file" ] && command mv -f "$undo_file.$$" "$undo_file" 2>/dev/null; then
    if [ -z "${ROLLBOOK_LOG_DIR:-}$git_folder" ]; then
      wrap say "  " "This is no clone: --undo needs ROLLBOOK_LOG_DIR, set to the folder of the run log named at the end."
    fi
  else
    rm -f "$undo_file.$$" 2>/dev/null
    wrap warn "  WARNING: " "what was live before cannot be saved; --undo will not know it. Note it yourself: $live"
  fi
  release
}

# --- What the application answers. A login page, a challenge or a cache that answers in its place says
# nothing about it.
http_count=0
bypass=${VERCEL_AUTOMATION_BYPASS_SECRET:-}

# header NAME...: a line each: the value of a header of the last answer, without its upper case.
header() {
  awk -v all="$*" '
    BEGIN { count = split(all, name, " ") }
    {
      gsub(/\r/, "")
      line = tolower($0)
      at = index(line, ":")
      if (at) { found = substr(line, at + 1); sub(/^ */, "", found); value[substr(line, 1, at - 1)] = found }
    }
    END { for (n = 1; n <= count; n++) print value[name[n]] }' "$scratch/headers" 2>/dev/null
}

# one_get COMMAND...: one request. Sets http_status, http_next (where it is sent on) and adds to
# http_micros; the body is in $scratch/page. Answers 1, with found, where no proper answer came.
one_get() {
  : >"$scratch/headers"
  : >"$scratch/body"
  # The secret goes to the address of production alone, and on no command line.
  feed="output = \"$scratch/body\""
  [ -z "$bypass" ] || feed="$feed
header = \"x-vercel-protection-bypass: $bypass\""
  limited 25 "$@"
  got=$?
  feed=
  case $got in
  0) ;;
  6) found="$asked: no such host" ;;
  7) found="$asked: nobody answers there" ;;
  28 | 124) found="$asked: no answer within 20 seconds" ;;
  35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91) found="$asked: the certificate or the encryption failed (TLS)" ;;
  *) found="$asked: no proper answer (curl $got)" ;;
  esac
  [ "$got" -eq 0 ] || return 1
  # What curl says of the answer stands on the second line: status, seconds, where it sends on.
  answered=
  {
    read -r answered
    read -r answered
  } <"$scratch/out" || :
  case $answered in
  *[!\ -~]*) answered=$(printf '%s' "$answered" | tr -cd '\040-\176') ;;
  esac
  http_status=${answered%% *}
  answered=${answered#* }
  http_next=${answered#* }
  fraction=${answered%% *}
  case $fraction in
  *[!0-9.]* | *.*.* | '') ;;
  *.*)
    digits=${fraction#*.}000000
    digits=${digits%"${digits#??????}"}
    http_micros=$((http_micros + ${fraction%%.*} * 1000000 + 1$digits - 1000000))
    ;;
  esac
  tr -d '\000' <"$scratch/body" >"$scratch/page"
}

# is_walled: whether something else answers in the place of the application; sets found.
is_walled() {
  wall=
  case $http_status in
  401)
    case $(header content-type) in
    text/html*) wall="a login page (Vercel Authentication)" ;;
    *)
      case $(header set-cookie) in
      *_vercel_sso_nonce*) wall="a login page (Vercel Authentication)" ;;
      esac
      ;;
    esac
    ;;
  30?)
    case $http_next in
    https://vercel.com/sso-api* | https://vercel.com/login*) wall="a login page (Vercel Authentication)" ;;
    esac
    ;;
  403 | 429 | 503)
    [ -z "$(header x-vercel-mitigated)" ] || wall="a bot challenge (Vercel)"
    [ -z "$(header cf-mitigated)" ] || wall="a bot challenge (Cloudflare)"
    ;;
  esac
  [ -n "$wall" ] || return 1
  if [ -n "$bypass" ]; then
    found="$asked: $wall answers in the place of the application ($http_status), though VERCEL_AUTOMATION_BYPASS_SECRET is set"
  else
    found="$asked: $wall answers in the place of the application ($http_status); set VERCEL_AUTOMATION_BYPASS_SECRET, or look with a browser"
  fi
}

# is_old: whether a cache gave the last answer, and that is older than the move of production, or of
# unknown age; sets found. Where nothing was moved, it must not be older than this run.
is_old() {
  header age x-vercel-cache cf-cache-status >"$scratch/values"
  age=
  vercel_cache=
  cf_cache=
  {
    read -r age
    read -r vercel_cache
    read -r cf_cache
  } <"$scratch/values"
  cached=
  case $vercel_cache in
  hit | stale) cached=1 ;;
  esac
  case $cf_cache in
  hit | stale | updating) cached=1 ;;
  esac
  case $age in
  '' | *[!0-9]*) age= ;;
  0 | ??????????*) ;;
  *) cached=1 ;;
  esac
  [ -n "$cached" ] || return 1
  now
  since=${moved_seconds:-$run_began}
  if [ -n "$age" ] && [ "$since" -gt 0 ] && [ "$age" -le "$((seconds - since))" ]; then return 1; fi
  found="$asked: a cache answered, with what is ${age:-an unknown number of} seconds old; that is no evidence of what production serves now"
}

# http_get ADDRESS PATH FOLLOW: asks for PATH, and follows at most five redirects on the same host where
# FOLLOW is yes. Answers 0 with an answer (http_status, http_path, $took, $scratch/page), 1 where the
# application gives none, and 2 where it cannot be asked; then found says why.
http_get() {
  asked="GET $2"
  read_address "$1"
  if [ -n "$address_problem" ]; then
    found="the address of production $address_problem"
    return 2
  elif [ -z "$production_host" ]; then
    found="the address of production is not known"
    return 2
  fi
  command -v curl >/dev/null 2>&1 || {
    found="the program 'curl' is not on this machine"
    return 2
  }
  case $bypass in
  *[!A-Za-z0-9_-]*)
    found="VERCEL_AUTOMATION_BYPASS_SECRET holds characters that no such secret has"
    return 2
    ;;
  esac
  http_count=$((http_count + 1))
  http_micros=0
  headers=$scratch/headers
  # A query that no cache has seen.
  case $2 in
  *\?*) unseen_query="&rollbook=$run-$http_count" ;;
  *) unseen_query="?rollbook=$run-$http_count" ;;
  esac
  url=$production_url$2$unseen_query
  http_path=${2%%\?*}
  one_get curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --header 'Cache-Control: no-cache' --dump-header "${headers}" --write-out '\n%{http_code} %{time_total} %{redirect_url}' --config - "${url}" || return 1
  hops=0
  while ! is_walled; do
    case $3:$http_status in
    yes:30[12378]) ;;
    *)
      took=$(printf '%d.%03d' "$((http_micros / 1000000))" "$((http_micros % 1000000 / 1000))")
      return 0
      ;;
    esac
    hops=$((hops + 1))
    if [ "$hops" -gt 5 ]; then
      found="$asked: redirects without end"
      return 1
    fi
    # Where somebody else answers (to log in, to park a domain), nothing is known of the application.
    next=$http_next
    next_host=${next#*://}
    next_host=${next_host%%[/?#]*}
    lowered "${next_host##*@}"
    next_host=$low
    case ${next%%://*}:$next_host in
    "${production_url%%://*}:$production_host" | "https:${production_host%:80}" | "https:$production_host") ;;
    *)
      found="$asked: ends at $(printable "$next_host"), not at $production_host; if that is the application, make it the address of production"
      return 1
      ;;
    esac
    http_path=/${next#*://*/}
    http_path=${http_path%%[?#]*}
    one_get curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --header 'Cache-Control: no-cache' --dump-header "${headers}" --write-out '\n%{http_code} %{time_total} %{redirect_url}' --config - "${next}" || return 1
  done
  return 2
}

# webhook COMMAND...: posts to the team's webhook. Answers 0 when it took the message, 1 when not,
# 2 when ROLLBOOK_NOTIFY_URL is no address.
webhook() {
  case $ROLLBOOK_NOTIFY_URL in
  *[!A-Za-z0-9._~:/?#@!$\&*+,\;=%-]*) return 2 ;;
  http://?* | https://?*) ;;
  *) return 2 ;;
  esac
  # The address of a webhook is a secret too.
  feed="url = \"$ROLLBOOK_NOTIFY_URL\""
  limited 25 "$@"
  feed=
  case $(tail -n 1 "$scratch/out") in
  2??) return 0 ;;
  esac
  return 1
}

# --- Telling the team. What the run did and what is true decide the words, not how it ended.
team_told=
at_end=tell_of_trouble

# tell_team MESSAGE: sends it, with what is true, to the team's webhook; else says what to send.
tell_team() {
  team_told=1
  payload="{\"text\":\"$(json "$1 $truth")\"}"
  if [ -n "${ROLLBOOK_NOTIFY_URL:-}" ] && webhook curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request POST --header 'Content-Type: application/json' --data "${payload}"; then
    say "  The team's webhook took the message."
    record "$step" ok 0
    return
  fi
  [ -z "${ROLLBOOK_NOTIFY_URL:-}" ] || say "  The message could not be sent to ROLLBOOK_NOTIFY_URL."
  wrap say "  TELL THE TEAM YOURSELF, NOW: " "$1 $truth"
  wrap say "   - " 'Tell the team now: ''not yet known (the team'"'"'s channel (Slack, Teams or Discord)) (@mention @channel)'
  record "$step" 'by hand' 0
}

# tell_of_trouble: a run that ends early tells the team all the same once production may have moved.
# shellcheck disable=SC2317,SC2329 # called at the end
tell_of_trouble() {
  [ -z "$team_told$dry_run" ] || return 0
  case $did in
  moved | undone | promoted | restored | changed) what="production was moved or changed, and that is NOT verified." ;;
  moving | undoing | promoting | restoring | changing) what="a change of production was begun; whether it was carried out is NOT known." ;;
  *) return 0 ;;
  esac
  ended_in=$step
  step=notify
  say ""
  tell_team 'PartPulse: '"$what"
  step=$ended_in
}

# holds SECONDS TIMES: looks until what `look` looks at holds TIMES times in a row, for about so
# many seconds. Answers 0 (it holds), 1 (it does not) or 2 (it cannot be looked at).
holds() {
  found=
  waited=0
  in_a_row=0
  while :; do
    look
    case $? in
    0) in_a_row=$((in_a_row + 1)) ;;
    1)
      in_a_row=0
      [ "$waited" -lt "$1" ] || return 1
      ;;
    *) return 2 ;;
    esac
    [ "$in_a_row" -lt "$2" ] || return 0
    # Often at first, then less often: a host may count how often it is asked.
    if [ "$in_a_row" -eq 0 ] && [ "$waited" -ge 10 ]; then pause 5; else pause 2; fi
  done
}

# by_hand NUMBER: hands the steps from NUMBER on to a person, and ends.
by_hand() {
  if [ -n "$dry_run" ]; then
    say ""
    say "Left for a person in a real run:"
  else
    step=by-hand
    say ""
    say "A PERSON MUST FINISH THIS NOW."
    wrap say "  Done: " "$truth"
    say "  Left to do:"
  fi
  if [ "$1" -le 1 ]; then
    say ""
    wrap say '' 'Step 1: Make sure which production this is'
    wrap say '   - ' 'Compare in 'https://vercel.com/apgi-cmy/partpulse': the project, its production domains, its Git repository and its production branch'
  fi
  if [ "$1" -le 4 ]; then
    say ""
    wrap say '' 'Step 4: Move production'
    wrap say '   - ' 'Open 'https://vercel.com/apgi-cmy/partpulse', tab "Deployments"'
    wrap say '   - ' 'Find the production deployment of the commit above and choose "Instant Rollback"'
    wrap say '   - ' 'If there is none, wait until the preview of the rollback branch is ready and choose "Promote to Production"; that builds again and runs ''prisma migrate deploy'
  fi
  if [ "$1" -le 5 ]; then
    say ""
    wrap say '' 'Step 5: Verify Rollback'
    wrap say '   - ' 'Visit production URL: '"${fact_production_url}"
  fi
  if [ "$1" -le 6 ]; then
    say ""
    wrap say '' 'Step 6: Look at the health endpoint'
    wrap say '   - ' 'Work through ''Section 7.1 of the document'
  fi
  if [ "$1" -le 7 ]; then
    say ""
    wrap say '' 'Step 7: Notify the team'
    wrap say '   - ' 'Tell the team now: ''not yet known (the team'"'"'s channel (Slack, Teams or Discord)) (@mention @channel)'
  fi
  say ""
  if [ -n "$dry_run" ]; then
    say "Dry run: nothing was changed."
    finish 0 ok
  fi
  say "Exit 8: not finished until the steps above are done."
  finish 8 'a person must finish'
}

# --- Step 1: Make sure which production this is
begin_step prove 'Step 1: Make sure which production this is'

# prove_repository: stops where the branch or the repository that this run means is not the one that
# Vercel builds production from.
prove_repository() {
  remote="${parameter_remote}"
  production_ref="${parameter_production}"
  case $production_branch:$production_ref in
  :* | *:HEAD) ;;
  "$production_ref:$production_ref") ;;
  *) fail 4 "the procedure names ${production_ref#refs/heads/} as the production branch, and Vercel builds $project_name from ${production_branch#refs/heads/}." "Correct 'production' in the procedure, or the branch in the project's settings; then make the script anew." ;;
  esac
  # Never into a file, never into the log: an address can hold a password.
  remote_url=$(git remote get-url --push "${remote}" 2>/dev/null) || return
  # As it is written down, too: here a mirror may stand in for it.
  written_url=$(git config --get remote."${remote}".url 2>/dev/null) || written_url=$remote_url
  is_linked "$written_url" "$remote_url"
  case $? in
  0) wrap say "  built from  " "$(printable "$link_owner/$link_repository"), branch ${production_branch#refs/heads/}" ;;
  1) fail 4 "$unproven" "Run it in a clone whose remote '$remote' is the repository that Vercel builds from." ;;
  *) wrap say "  NOT PROVEN: " "$unproven" ;;
  esac
}

at_production "${parameter_address}"
missing=$(missing_access)
if [ -n "$option_push_only" ]; then
  say "  Not asked: this run leaves production alone."
  record "$step" skipped 0
elif [ -n "$missing" ]; then
  wrap say "  NOT PROVEN: " "no access to Vercel from here; missing:$missing."
  record "$step" 'by hand' 0 missing "$missing"
else
  check_access
  prove_production
  require_proof "$?"
  say "  project     $project_name"
  say "  production  $production_host"
  say "  live now    $live"
  prove_repository
  record "$step" ok 0 project "$project_name" live "$live" branch "${production_branch#refs/heads/}"
fi

# --- Step 2: Identify the last good commit
begin_step resolve 'Step 2: Identify the last good commit'
remote="${parameter_remote}"
commit_digits="${parameter_commit}"
production_ref="${parameter_production}"
[ -z "$production_branch" ] || production_ref=$production_branch

git rev-parse --git-dir >"$scratch/out" 2>"$scratch/err" || {
  complaint
  fail 3 "this is not a Git repository that can be used: $PWD" "Go into a clone of the repository and run the script there."
}
# Never into a file, never into the log: an address can hold a password.
remote_url=$(git remote get-url --push "${remote}" 2>"$scratch/err") || {
  complaint
  fail 3 "this clone has no remote '$remote'." "Look at 'git remote -v'; add the remote, or use a clone that has it."
}
case $remote_url in
'' | -*) fail 3 "the remote '$remote' has no usable address." "Set it with 'git remote set-url $remote ADDRESS'." ;;
esac

unreached=
unpublished=

# remote_failed CODE WHAT NEXT: stops, unless Vercel can restore production without the remote.
remote_failed() {
  [ -n "$proven" ] || fail "$@"
  unreached=$2
  wrap warn "  WARNING: " "$2 Vercel alone says what production had; no branch is published."
  wrap warn "  " "$3"
}

# read_tip: sets tip to what the production branch holds.
read_tip() {
  tip=
  limited 30 git ls-remote "${remote_url}" "${production_ref}"
  status=$?
  if [ "$status" -eq 124 ]; then
    complaint
    remote_failed 6 "the remote did not answer within 30 seconds." "Check the network, then run the same command again."
  elif [ "$status" -ne 0 ]; then
    complaint
    # Here `ssh` asks nothing: what it needs must be there already.
    case $(cat "$scratch/err") in
    *'Host key verification failed'*) remote_failed 5 "the remote's host key is not known here, or is another one than before." "Compare it with what the remote's owner publishes; only then accept it in 'git ls-remote $remote', and run the same command again." ;;
    *'Permission denied'*) remote_failed 5 "the remote takes no key of this machine." "Load one into the agent with 'ssh-add', check it with 'git ls-remote $remote', then run the same command again." ;;
    *) remote_failed 5 "the remote cannot be read." "Check network and access ('git ls-remote $remote'), then run the same command again." ;;
    esac
  else
    while read -r sha ref; do
      [ "$ref" = "$production_ref" ] && tip=$sha
    done <"$scratch/out"
    case $tip in
    '' | *[!0-9a-f]*) fail 5 "the remote has no production branch '$production_ref'." "Check which branch production is built from." ;;
    esac
  fi
}
read_tip
tip_short=$(printf '%.12s' "$tip")

# Looks only at what is here; in a partial clone `git cat-file` would fetch.
has_tip() { [ "$(git rev-parse --disambiguate="$tip" 2>/dev/null)" = "$tip" ]; }
if [ -n "$tip" ] && ! has_tip; then
  if [ -n "$dry_run" ]; then
    say "  This clone is behind; a real run would fetch the production branch."
    say "  Fetch it yourself to see the rest of the dry run: git fetch $remote"
    say ""
    say "Dry run: nothing was changed."
    finish 0 ok
  fi
  limited 120 git fetch --quiet --no-tags --no-write-fetch-head --no-auto-gc --recurse-submodules=no "${remote_url}" "${production_ref}" || {
    status=$?
    complaint
    [ "$status" -eq 124 ] && fail 6 "fetching the production branch took longer than 120 seconds." "Check the network, then run the same command again."
    [ "$status" -eq 129 ] && fail 3 "this Git is too old." "Use Git 2.29 or newer."
    fail 5 "the production branch cannot be fetched." "Check network, access and disk space; a clone without trees needs 'git fetch $remote' first. Then run the same command again."
  }
  has_tip || fail 5 "the production branch moved while it was read." "Run the same command again."
fi

git rev-parse --disambiguate="${commit_digits}" >"$scratch/out" 2>"$scratch/err" || : >"$scratch/out"
commit=
count=0
while read -r sha; do
  kind=$(git cat-file -t "$sha" 2>/dev/null) ||
    fail 3 "Git cannot read the object $sha." "Use another, undamaged clone."
  [ "$kind" = commit ] || continue
  commit=$sha
  count=$((count + 1))
done <"$scratch/out"
# Vercel knows a commit by its full name, also one that this clone has not.
[ -z "$unreached" ] || [ -n "$commit" ] || [ "${#commit_digits}" -lt 40 ] || commit=$commit_digits
[ "$count" -le 1 ] || fail 4 "$count commits begin with $commit_digits." "Give more digits."
[ -n "$commit" ] || fail 4 "no commit here begins with $commit_digits." "Look at 'git log --oneline $tip_short'; in a shallow clone, use a full one."
case $commit in
"$commit_digits"*) ;;
*) fail 4 "Git found another commit than $commit_digits." "Give the full SHA." ;;
esac
[ "$commit" != "$tip" ] ||
  fail 4 "$commit_digits is what the production branch holds now; publishing it rolls nothing back." "Give an older commit: 'git log --oneline $tip_short'."
if [ -n "$unreached" ]; then
  ancestor=0
else
  git merge-base --is-ancestor "${commit}" "${tip}" 2>"$scratch/err"
  ancestor=$?
fi
case $ancestor in
0) ;;
1)
  if [ -n "$option_any_commit" ]; then
    warn "  WARNING: nothing shows that production ever had this commit."
    warn "           You asked for it with --any-commit."
  elif [ "$(git rev-parse --is-shallow-repository 2>/dev/null)" = true ]; then
    fail 4 "this clone is shallow: it cannot tell whether $commit_digits is in the history of the production branch." "Use a full clone, or run 'git fetch --unshallow' first. If you are sure, add --any-commit."
  else
    fail 4 "$commit_digits is not in the history of the production branch." "Look at 'git log --oneline $tip_short'. If you are sure, add --any-commit."
  fi
  ;;
*)
  complaint
  fail 3 "Git cannot compare $commit_digits with production." "Use a full, undamaged clone."
  ;;
esac
short=$(printf '%.12s' "$commit")
[ -n "$short" ] || short=$commit

# told COMMIT: day and title of a commit, safe to show. Git shortens the title, because it knows
# how wide a letter is.
told() {
  printable "$(git --no-pager log -1 --no-color --no-show-signature --encoding=UTF-8 --format='%cs  %<(42,trunc)%s' "$1" 2>/dev/null)" |
    sed 's/ *$//'
}
# tell_range: from what to what, and what that leaves out.
tell_range() {
  behind=$(git rev-list --count "$commit..$tip" 2>/dev/null) || behind='?'
  say "  from  $tip_short  $(told "$tip")"
  say "  to    $short  $(told "$commit")"
  if [ "$behind" = 1 ]; then
    say "  This leaves out 1 commit of the production branch."
  else
    say "  This leaves out $behind commits of the production branch."
  fi
  record "$step" ok 0 commit "$commit" production_tip "$tip"
}
if [ -n "$unreached" ]; then
  say "  to    $short  $(told "$commit")"
  wrap say "  " "Whether it is in the history of the production branch is not known; only what production had already is gone back to."
  [ -n "$dry_run" ] || record "$step" ok 0 commit "$commit" production_tip unknown
else
  tell_range
fi

# --- Step 3: Publish it as a rollback branch
begin_step publish 'Step 3: Publish it as a rollback branch'
published=

# not_published CODE WHAT NEXT: stops where nothing but the branch is wanted; otherwise production comes
# first, and a person publishes the branch later.
not_published() {
  [ -n "$proven" ] || fail "$@"
  unpublished=$2
  warn ""
  wrap warn "  NOT PUBLISHED: " "$2 $truth"
  wrap warn "  " "$3"
  wrap warn "  " "Production comes first; this run goes on with it."
  record "$step" failed "$1"
}

# publish_branch: pushes the commit to a new branch, and reads that back.
publish_branch() {
  now
  branch=rollback/$name_stamp-$short
  say "  branch  $branch"
  if [ -n "$unreached" ]; then
    wrap say "  " "Not pushed: the remote did not answer."
    unpublished=$unreached
    [ -n "$dry_run" ] || record "$step" skipped 0
    return
  fi
  if [ -n "$dry_run" ]; then
    say "  A real run would push $short to it, without force, and read it back."
    return
  fi
  [ -n "$yes" ] || say ""
  confirm "  Push this branch?"
  did=publishing
  truth="The push of $branch had begun; the branch may or may not be on the remote. Nothing else was changed, and production did not move."
  push_limit=120
  # Production must not wait for a remote that hangs.
  [ -z "$proven" ] || push_limit=30
  limited "$push_limit" git push --quiet --no-verify --no-signed --no-follow-tags --recurse-submodules=no "${remote_url}" "${commit}"'^0:refs/heads/'"${branch}"
  pushed=$?
  [ "$pushed" -eq 0 ] || complaint
  # What the remote holds decides, not what the push said.
  limited 30 git ls-remote "${remote_url}" refs/heads/"${branch}"
  read_back=$?
  found=
  if [ "$read_back" -eq 0 ]; then
    while read -r sha ref; do
      [ "$ref" = "refs/heads/$branch" ] && found=$sha
    done <"$scratch/out"
  else
    complaint
  fi
  case $read_back:$pushed:$found in
  0:*:"$commit")
    did=published
    published=1
    truth="The branch $branch is on the remote and holds $short. Production has not moved."
    [ "$pushed" -eq 0 ] || say "  The push reported an error, but the branch is there."
    say "  The remote confirms it."
    record "$step" ok 0 branch "$branch" commit "$commit"
    ;;
  0:0:?*)
    truth="The remote holds another commit in $branch. Production has not moved."
    not_published 7 "the push reported success, but the branch holds another commit." "Do not use that branch. Ask who runs the remote; something there changes branches."
    ;;
  0:*:?*)
    truth="The remote holds another commit in $branch. Production has not moved."
    not_published 5 "the branch on the remote holds another commit." "Run the same command again; it takes a new branch."
    ;;
  0:0:)
    did=nothing
    truth="The branch $branch is not on the remote. Production has not moved."
    not_published 7 "the push reported success, but the branch is not there." "Ask who runs the remote; something there removes branches."
    ;;
  0:124:)
    truth="The branch $branch was not on the remote a moment ago; it may still arrive. Production has not moved."
    not_published 6 "the push took longer than $push_limit seconds." "Check the network, then run the same command again."
    ;;
  0:*)
    did=nothing
    truth="The branch $branch is not on the remote. Nothing was changed there, and production did not move."
    not_published 5 "the remote refused the push." "Read its words above: access, a protected branch, a full disk? Then run the same command again."
    ;;
  *:0:)
    truth="The push of $branch reported success, and nothing has confirmed it. Production has not moved."
    not_published 7 "the branch was pushed, but it cannot be read back." "Look for it with 'git ls-remote $remote $branch', or run the same command again."
    ;;
  124:*) not_published 6 "the remote no longer answers." "Check the network, then run the same command again." ;;
  *) not_published 5 "neither the push nor the look at the remote worked." "Check network and access, then run the same command again." ;;
  esac
}
publish_branch

if [ -n "$option_push_only" ]; then
  say ""
  if [ -n "$dry_run" ]; then
    say "Dry run: nothing was changed."
  else
    verified=yes
    wrap say "DONE. " "$truth"
    wrap say "Left to do: " 'Move production, Verify Rollback, Look at the health endpoint, Notify the team.'
  fi
  finish 0 ok
fi

# --- Step 4: Move production
begin_step move 'Step 4: Move production'
if [ -z "$proven" ]; then
  wrap say "  " "No access to Vercel from here; missing:$missing."
  record "$step" 'by hand' 0 missing "$missing"
  by_hand 4
fi
migrations="${parameter_migrations}"

# migrations_of COMMIT: sets migrations_are to the name of the tree that holds them there, or to
# nothing where this is no clone that has the commit.
migrations_of() {
  at=$1
  migrations_are=
  case $at in
  '' | *[!0-9a-f]*) return ;;
  esac
  # Looks only at what is here; a partial clone would fetch.
  [ "$(git rev-parse --disambiguate="$at" 2>/dev/null)" = "$at" ] || return
  limited 30 git rev-parse --verify --quiet "${at}":"${migrations}"
  case $? in
  0) read -r migrations_are <"$scratch/out" || migrations_are= ;;
  1) migrations_are=none ;;
  esac
}

# tell_migrations: whether database migrations lie between $live_commit and $commit, and which.
tell_migrations() {
  migrations_of "$live_commit"
  migrations_live=$migrations_are
  migrations_of "$commit"
  if [ -z "$migrations_live" ] || [ -z "$migrations_are" ]; then
    wrap say "  " "Not checked: whether database migrations lie between the two ($migrations). Only a clone that has both commits can tell."
  elif [ "$migrations_live" = "$migrations_are" ]; then
    say "  No database migrations lie between the two ($migrations)."
  else
    wrap warn "  WARNING: " "the database migrations of the two differ ($migrations). The database stays as it is: make sure that the other version works with it."
    case $migrations_live/$migrations_are in
    none/* | */none) return ;;
    esac
    limited 30 git --no-pager diff-tree --name-only "${migrations_live}" "${migrations_are}" || return
    while read -r name; do
      warn "           $(printable "$name")"
    done <"$scratch/out"
  fi
}

# crons_in FILE: the cron jobs of the deployment that an answer is about, as 'schedule path; ...'.
crons_in() {
  awk -F '\t' '
    $1 ~ /^\.crons\.[0-9]+\.(path|schedule)$/ {
      split($1, at, ".")
      value[at[3], at[4]] = $2
      if (at[3] + 0 >= count) count = at[3] + 1
    }
    END { for (n = 0; n < count; n++) print value[n, "schedule"], value[n, "path"] }' "$scratch/$1" | sort | tr '\n' ';' | tr -d '\000-\037\177'
}

# tell_differences: what the deployment of the answer in $scratch/target brings back or meets when it
# goes live in the place of that in $scratch/live. It warns, and never stops anybody.
tell_differences() {
  tell_migrations
  built=$(answer .createdAt target)
  if vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}"/env"${vercel_only_team}"; then
    changed=$(awk -F '\t' -v built="$built" '
      $1 ~ /^\.envs\.[0-9]+\./ {
        split($1, at, ".")
        if (at[4] == "key") key[at[3]] = $2
        if (at[4] == "target" && $2 == "production") here[at[3]] = 1
        if (at[4] == "updatedAt" && $2 + 0 > built + 0) later[at[3]] = 1
      }
      END {
        for (n in later) if (n in here) {
          if (++count <= 10) printf "%s%s", (count > 1 ? ", " : ""), key[n]
        }
        if (count > 10) printf " and %d more", count - 10
      }' "$scratch/answer")
    if [ -n "$changed" ]; then
      wrap warn "  WARNING: " "environment variables were changed since the target was built: $(printable "$changed"). It brings the values of its own build."
    else
      say "  No environment variable was changed since the target was built."
    fi
  else
    wrap say "  " "Not checked: whether environment variables were changed since the target was built (answer $http_status)."
  fi
  crons_now=
  crons_then=
  if grep -q '^\.crons\.' "$scratch/live" "$scratch/target"; then
    crons_now=$(crons_in live)
    crons_then=$(crons_in target)
  fi
  if [ "$crons_now" != "$crons_then" ]; then
    wrap warn "  WARNING: " "the cron jobs differ. Now: ${crons_now:-none}. With the target: ${crons_then:-none}."
  fi
  if vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v1/projects/"${VERCEL_PROJECT_ID}"/rolling-release"${vercel_only_team}"; then
    case $(values answer .rollingRelease.state) in
    '' | COMPLETE | ABORTED) ;;
    *) wrap warn "  WARNING: " "a ROLLING RELEASE is under way: part of the users get another version. What a rollback does to it is not documented; complete or abort it in the dashboard." ;;
    esac
  fi
}

# The list first, then what is live: whoever else moves production between the two is seen.
vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"'/v6/deployments?projectId='"${VERCEL_PROJECT_ID}"'&limit=100'"${vercel_team}"'&target=production&state=READY' || vercel_failed "list the production deployments"
candidates=$(deployments)
# Further back page by page, until one fits; a page that is no older than the one before is no new one.
pages=1
among=
until=
while ! printf '%s\n' "$candidates" | awk -v commit="$commit" '$1 == commit && $5 != "false" { found = 1 } END { exit !found }'; do
  older=$(answer .pagination.next)
  case $older in
  '' | *[!0-9]* | ????????????????*) break ;;
  esac
  [ "$older" -lt "${until:-9999999999999999}" ] || break
  if [ "$pages" -ge 10 ]; then
    among=" among the newest $(printf '%s\n' "$candidates" | awk 'END { print NR }')"
    break
  fi
  pages=$((pages + 1))
  until=$older
  vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"'/v6/deployments?projectId='"${VERCEL_PROJECT_ID}"'&limit=100'"${vercel_team}"'&target=production&state=READY&until='"${until}" || vercel_failed "list the production deployments"
  candidates="$candidates
$(deployments)"
done
vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${production_host}""${vercel_only_team}" || vercel_failed "say what production serves"
read_live
is_live
require_proof "$?"
# Of the commit's production deployments: the live one, else the newest that can go live at once,
# else the newest; whether Vercel takes that one back, its answer to the request will say.
target=$(printf '%s\n' "$candidates" | awk -v commit="$commit" -v live="$live" '
  $1 != commit { next }
  $2 == live { is_live = $2 }
  $5 != "false" && can == "" { can = $2 }
  newest == "" { newest = $2 }
  END { print is_live != "" ? is_live : can != "" ? can : newest }')
say "  live now    $live"
[ -n "$live_commit" ] || wrap say "  " "Vercel does not name the commit that is live."

# request_move: asks Vercel to move production from $live to $target. Sets asked to what Vercel
# took ($way, or queued), or refused to the status with which it refused. $word_begun and $word_seen are the
# words of the log for a move that was requested and for one that was seen.
request_move() {
  save_undo "$target"
  record "$step" before 0 live_before "$live" target "$target"
  # What a cache keeps from before this is no evidence of what comes after.
  # shellcheck disable=SC2034 # not every script asks the application
  moved_seconds=$seconds
  # What is refused before anything can have happened leaves the truth as it was.
  unmoved=$truth
  undid=$did
  did=$word_begun
  truth="$truth The request to move production to $target was being made; it may have been carried out."
  refused=
  for _ in 1 2 3; do
    vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request POST --header 'Content-Type: application/json' --data '{}' "${vercel_api}"/v1/projects/"${VERCEL_PROJECT_ID}"/rollback/"${target}""${vercel_only_team}" || :
    case $http_status in
    202)
      asked=queued
      return
      ;;
    2??)
      asked=$way
      return
      ;;
    400 | 401 | 402 | 403 | 404 | 422)
      refused=$http_status
      truth=$unmoved
      did=$undid
      return
      ;;
    esac
    # Busy, too many requests, an error or no answer: it may have worked. Look before asking again.
    unmoved=$truth
    for _ in 1 2 3; do
      vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${production_host}""${vercel_only_team}" && [ "$(answer .id)" = "$target" ] && asked=$way && return
      pause 2
    done
    say "  Vercel has not done it yet (answer $http_status); asking again."
  done
}

# roll_back: re-points production to the target. Sets slow where that one cannot be reached at once.
roll_back() {
  say "  roll back to $target"
  if vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${target}""${vercel_only_team}"; then
    cat "$scratch/answer" >"$scratch/target"
    tell_differences
  else
    case $http_status in
    404 | 410)
      wrap say "  " "Vercel has deleted $target."
      target=
      slow=1
      return
      ;;
    esac
    vercel_failed "show the deployment"
  fi
  if [ -n "$dry_run" ]; then
    say "  A real run would re-point production to it."
    return
  fi
  confirm "  Move production?"
  request_move
  case $refused in
  400 | 402 | 422)
    # The state stays as it was: this deployment cannot be reached at once.
    wrap say "  " "Vercel cannot roll back to it at once ($refused): $(printable "$(answer .error.message)")"
    slow=1
    ;;
  40?) vercel_failed "roll back" ;;
  *) say "  To undo it later: vercel-rollback.sh --undo" ;;
  esac
}

# find_source: sets source to a deployment of the commit that can be built again, and waits for one where
# Vercel is to make one of the rollback branch. Of a commit that it knows it makes no new one.
find_source() {
  source=$target
  [ -z "$source" ] || return 0
  waited=0
  while :; do
    if vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"'/v6/deployments?projectId='"${VERCEL_PROJECT_ID}"'&limit=100'"${vercel_team}"'&sha='"${commit}"; then
      # Ready; being built; of the rollback branch, and failed; of another branch, and failed.
      source=$(deployments | awk -v commit="$commit" -v branch="$branch" '
        $1 != commit { next }
        $3 == "READY" { rank = 4 }
        $3 ~ /^(BUILDING|QUEUED|INITIALIZING)$/ { rank = 3 }
        $3 ~ /^(ERROR|CANCELED)$/ { rank = $7 == branch ? 2 : 1 }
        $3 == "DELETED" { next }
        rank > best { best = rank; found = rank " " $2 }
        END { print found }')
    else
      case $http_status in
      401 | 403 | 404) vercel_failed "list the deployments of the commit" ;;
      esac
      source=
    fi
    case $source in
    4*) break ;;
    2*) fail 5 "the build of the rollback branch failed on Vercel (${source#* })." "Look at its log in the dashboard, and roll back by hand there." ;;
    3*) awaited="the build of ${source#* }" limit=900 ;;
    *)
      awaited="Vercel to make a deployment of the branch $branch" limit=180
      # Nothing comes of a branch that nobody has published.
      [ -n "$published$dry_run" ] || limit=0
      ;;
    esac
    if [ "$waited" -ge "$limit" ]; then
      case $source in
      3*) fail 6 "no deployment of $short was ready within 15 minutes." "Look for it in the dashboard, and promote it there." ;;
      1*) break ;;
      esac
      [ -n "$published" ] || fail 5 "Vercel has no deployment of $short, and the branch that it would build is not published." "Choose another commit, or make the branch reach the remote; then run the same command again."
      fail 6 "Vercel has made no deployment of the branch $branch within 3 minutes." "Look in the dashboard whether the project builds that branch. An older deployment can go live by hand."
    fi
    [ -z "$dry_run" ] || return 0
    [ "$waited" -gt 0 ] || wrap say "  " "Waiting for $awaited, for at most $((limit / 60)) minutes."
    still_waiting "$awaited" "$limit"
    pause 3
  done
  source=${source#* }
}

# build_again: builds the source for production, and waits until that is ready.
build_again() {
  say "  build again $source"
  wrap say "  " "Building it uses production's settings, and may apply database migrations."
  if [ -n "$dry_run" ]; then
    say "  A real run would build it for production, and wait until that is ready."
    return
  fi
  confirm "  Build it for production?"
  save_undo unknown
  unmoved=$truth
  truth="$truth The request to build $source for production was being made; it may have been carried out."
  undid=$did
  did=moving
  # shellcheck disable=SC2034 # not every script asks the application
  moved_seconds=$seconds
  # Not repeated: each request would start a build of its own.
  build_again="{\"deploymentId\":\"$source\",\"name\":\"$project_name\",\"target\":\"production\",\"meta\":{\"action\":\"promote\"}}"
  vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request POST --header 'Content-Type: application/json' --data "${build_again}" "${vercel_api}"/v13/deployments"${vercel_only_team}" || vercel_failed "build it for production" "$unmoved" "$undid"
  target=$(answer .id)
  is_deployment "$target" || fail 7 "Vercel's answer names no new deployment." "Look in the dashboard whether production is being built."
  save_undo "$target"
  asked=1
  say "  building    $target (at most 15 minutes)"
  built=
  waited=0
  while [ "$waited" -lt 900 ]; do
    if vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${target}""${vercel_only_team}"; then
      built=$(answer .readyState)
      case $built in
      READY) break ;;
      ERROR | CANCELED) fail 5 "the production build of the rollback failed on Vercel ($target)." "Look at its log in the dashboard; production still serves what it served before." ;;
      esac
    fi
    still_waiting "the build of $target" 900
    pause 3
  done
  [ "$built" = READY ] || fail 6 "the production build was not ready within 15 minutes." "Follow $target in the dashboard."
  # Where production is pinned, what is built does not go live by itself.
  waited=0
  while [ "$waited" -lt 20 ]; do
    serves=
    vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${production_host}""${vercel_only_team}" && serves=$(answer .id)
    case $serves in
    '' | "$live") ;;
    *) return ;;
    esac
    pause 2
  done
  say "  It does not go live by itself; promoting it builds nothing."
  vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request POST --header 'Content-Type: application/json' --data '{}' "${vercel_api}"/v10/projects/"${VERCEL_PROJECT_ID}"/promote/"${target}""${vercel_only_team}" || say "  Vercel did not take that (answer $http_status)."
}

slow=
asked=
way=rollback
word_begun=moving
word_seen=moved
if [ -n "$target" ] && [ "$target" = "$live" ]; then
  say "  The deployment of $short is live already."
elif is_deployment "$target"; then
  roll_back
else
  slow=1
fi
if [ -n "$slow" ]; then
  wrap say "  " "There is no production deployment of $short$among that can go live at once."
  [ -z "$unreached" ] || [ -n "$target" ] ||
    fail 5 "production never had a deployment of $short that Vercel still has, and the remote did not answer." "Make the remote reachable and run the same command again, or choose another commit."
  check_build
  find_source
  if is_deployment "$source"; then
    build_again
  else
    wrap say "  " "A real run would wait for $awaited, and build that for production."
  fi
fi
[ -n "$dry_run" ] || record "$step" ok 0 live_before "$live" target "$target"

# --- Step 5: Verify Rollback
begin_step verify 'Step 5: Verify Rollback'

# look_pinned: sets assigns to whether what is built goes live by itself; nothing where that is not known.
look_pinned() {
  assigns=
  ! vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}""${vercel_only_team}" || assigns=$(answer .autoAssignCustomDomains)
}

if [ -n "$dry_run" ]; then
  say "  A real run would look until $production_host serves the target."
else
  seen=0
  serves=
  waited=0
  # What was seen once is looked at again, however late it is.
  while [ "$waited" -lt 90 ] || [ "$seen" -gt 0 ]; do
    if vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${production_host}""${vercel_only_team}"; then
      serves=$(answer .id)
      # Twice in a row: something else may go live at the same moment.
      if [ "$serves" = "$target" ]; then
        seen=$((seen + 1))
        [ "$seen" -lt 2 ] || break
        begin_pause 1
        look_pinned
        end_pause
        continue
      fi
      [ "$seen" -eq 0 ] || break
    else
      # What it said before may be true no longer.
      serves=
    fi
    seen=0
    pause 2
  done
  if [ "$serves" != "$target" ] || [ "$seen" -lt 2 ]; then
    if ! is_deployment "$serves"; then
      truth="Nobody can tell whether production at $production_host serves $target: Vercel does not say what it serves."
      [ -n "$asked" ] || fail 6 "Vercel does not say what production serves." "Check the network, then run the same command again; or look in the dashboard."
      fail 7 "Vercel took the request, and does not say what production serves." "Look at $production_url and in the dashboard; then run the same command again."
    fi
    truth="Production at $production_host serves $serves, not $target."
    if [ "$asked" = queued ]; then
      truth="$truth Vercel has the promotion in its queue; it may still happen."
      fail 6 "Vercel has not carried out the promotion." "Look what production serves before you ask again; or finish in the dashboard."
    fi
    [ -z "$asked" ] || fail 7 "Vercel took the request, and production serves something else." "Look in the dashboard to see who else deploys now; then run the same command again."
    fail 5 "Vercel did not move production." "Run the same command again, or finish in the dashboard."
  fi
  if [ -n "$asked" ]; then
    did=$word_seen
  elif [ "$did" != restored ]; then
    did=already
  fi
  truth="Production at $production_host serves $target, made from $short."
  say "  $production_host serves $target"
  for _ in 1 2 3 4; do
    # A promotion unpins, which may take a moment.
    case $assigns:$asked in
    true:* | false: | false:1 | false:rollback) break ;;
    esac
    pause 2
    look_pinned
  done
  case $assigns:$asked in
  true:*) ;;
  *:promote | *:queued)
    truth="$truth Whether it is still pinned is not known."
    [ "$assigns" != false ] || truth="Production at $production_host serves $target, made from $short, and is STILL PINNED."
    fail 7 "the promotion has not unpinned production: pushes may not go live." "Run the same command again, or promote the deployment in the dashboard."
    ;;
  false:*)
    say ""
    say "  PRODUCTION IS PINNED: pushes to the production branch do not go live."
    say "  Once the fix is deployed, unpin it with the fixed deployment:"
    say "    vercel-rollback.sh --promote <deployment-id>"
    truth="$truth PRODUCTION IS PINNED: no push goes live before a deployment is promoted."
    ;;
  *) wrap say "  " "Vercel does not say whether production is pinned; an instant rollback pins it." ;;
  esac
  record "$step" ok 0 live "$target" assigns "$assigns"
fi

# --- Step 6: Look at the health endpoint
look() {
  http_get "${parameter_address}" /api/health yes || return "$?"
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  ! is_old || return 2
  # In files: a page can be longer than what a variable may hold on its way to a program.
  tr -d ' \n\r\t' <"$scratch/page" >"$scratch/body"
  expected='"status":"ok"'
  case $expected in
  *[!!-~]*) expected=$(printf '%s' "$expected" | tr -d ' \t') ;;
  esac
  if ! grep -qF -e "$expected" "$scratch/body"; then
    found="$asked: the answer does not say $expected"
    return 1
  fi
  found="$asked: $http_status in $took s"
  return 0
}
begin_step health 'Step 6: Look at the health endpoint'
# What a dry run sees is what is live before the change.
if [ -n "$dry_run" ]; then
  say "  A real run would look at it then."
else
  holds 60 1
  case $? in
  0)
    truth="$truth Checked: $found."
    wrap say "  " "$found"
    record "$step" ok 0 found "$found"
    ;;
  1)
    complaint
    truth="$truth The check does not hold: $found."
    fail 7 "the check does not hold: $found." 'The application does not answer as it should. Look at it in a browser and at its logs before you say that it works.'
    ;;
  *)
    wrap say "  " "This could not be checked from here: $found."
    record "$step" 'by hand' 0 found "$found"
    by_hand 6
    ;;
  esac
fi

# --- Step 7: Notify the team
begin_step notify 'Step 7: Notify the team'
if [ -n "$dry_run" ]; then
  case ${ROLLBOOK_NOTIFY_URL:+set} in
  set) say "  A real run would tell the team by its webhook." ;;
  *) say "  A real run would ask you to tell the team." ;;
  esac
else
  case $did in
  undone) tell_team 'PartPulse: the rollback was undone.' ;;
  promoted) tell_team 'PartPulse: a deployment was promoted; production is no longer pinned.' ;;
  already) tell_team 'PartPulse: nothing was moved.' ;;
  *) tell_team 'PartPulse was rolled back.' ;;
  esac
fi
team_told=1

# --- The end.
say ""
if [ -n "$dry_run" ]; then
  say "Dry run: nothing was changed."
  finish 0 ok
fi
verified=yes
if [ -n "$unpublished" ]; then
  truth="$truth The rollback branch is NOT published: $unpublished"
  say "A PERSON MUST FINISH THIS."
  wrap say "  Done: " "$truth"
  say "  Left to do:"
  wrap say "   - " "Publish the branch once the remote takes it: $script --push-only $commit"
  wrap say '   - ' 'The defect stays open. Go on with ''Section 8 of the document'.
  say ""
  say "Exit 8: not finished until the steps above are done."
  finish 8 'a person must finish'
fi
wrap say 'DONE. ' "$truth"
wrap say '  ' 'The defect stays open. Go on with ''Section 8 of the document'.
finish 0 ok
