#!/bin/sh
# verify.sh: Rollback Verification (PartPulse, Section 7.1)
#
# After a rollback, verify every line and write down what you saw. A line that
# nobody checked stays "Not checked".
#
# Usage: verify.sh [--yes] [--dry-run] [--resume] [--phase immediate|short|medium|long] [--watch]
# Run it with --help for options, exit codes and what it touches.
#
# Touches only:
#   - a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)
#   - the completed list, as Markdown and JSON beside the log
#
# Made by Rollbook from content/partpulse/checklists/verification.yaml. Do not edit: edit that file.
# Content sha256:c76dce593272cdf219eb014f49d7eb5d074c6d53a560804131638f2302fb0176

# Checks are called by name.
# shellcheck disable=SC2317,SC2329

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
for name in [ cd command echo kill printf read test umask wait cat date fold grep id mkdir mktemp od rm sed sleep tail tr uname \
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

procedure=verification
script=verify.sh
fact_production_url=${PRODUCTION_URL:-}
[ -n "$fact_production_url" ] || fact_production_url='not yet known (the address at which users reach production)'
fact_normal_response_time=${NORMAL_RESPONSE_MS:-}
[ -n "$fact_normal_response_time" ] || fact_normal_response_time='not yet known (how many milliseconds the home page takes when all is well)'

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
Rollback Verification (PartPulse)

After a rollback, verify every line and write down what you saw. A line that
nobody checked stays "Not checked".

Usage:
  verify.sh [--yes] [--dry-run] [--resume] [--phase
    immediate|short|medium|long] [--watch]

  --yes                 ask no questions
  --dry-run             say what would be done, and touch nothing
  --resume              go on with the last run: what a person answered within
                        a day stands
  --phase immediate|short|medium|long
                        only the checks that have begun by then
  --watch               look again until the phase is over; end at the first
                        failure
  --help                show this text

It touches only:
  -  a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)
  -  the completed list, as Markdown and JSON beside the log

Exit codes:
  0              every item passed (with --dry-run: nothing was done)
  2              wrong usage, or not confirmed
  3              this machine or this repository
  4              the target was refused
  5              the other side refused
  6              timed out
  7              an item failed
  8              nothing failed, and a person must check the rest; it is
                 printed
  129, 130, 143  interrupted

Environment:
  PRODUCTION_URL        URL; the document does not know it yet
  NORMAL_RESPONSE_MS    Normal response time of the home page (ms); the
                        document does not know it yet
  VERCEL_TOKEN          access to Vercel; a secret
  VERCEL_ORG_ID         the team's id, team_...
  VERCEL_PROJECT_ID     the project's id, prj_...
  VERCEL_API_URL        another address of Vercel's API, with https or on this
                        machine
  VERCEL_AUTOMATION_BYPASS_SECRET
                        passes Vercel's login page at the production address;
                        a secret
  DIRECT_URL            the database, postgresql://...; a secret
  DATABASE_URL          the same, where DIRECT_URL is not set; a secret
  ROLLBOOK_LOG_DIR      folder for the run log
END_OF_USAGE
}

refuse() {
  wrap warn "$script: " "$1"
  wrap warn "Usage: " 'verify.sh [--yes] [--dry-run] [--resume] [--phase immediate|short|medium|long] [--watch]'
  warn "Nothing was done. '$script --help' says more."
  exit 2
}

yes=
dry_run=
option_resume=
option_phase=
option_watch=
given=0
options_end=
expected=
for argument in "$@"; do
  case $expected in
  phase)
    case $argument in
    immediate | short | medium | long) option_phase=$argument ;;
    *) refuse "--phase is one of immediate|short|medium|long, not '$(printable "$argument")'" ;;
    esac
    expected=
    continue
    ;;
  esac
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
    --resume)
      option_resume=1
      continue
      ;;
    --phase)
      expected=phase
      continue
      ;;
    --watch)
      option_watch=1
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
  *) refuse "too many arguments: $(printable "$argument")" ;;
  esac
done
[ -z "$expected" ] || refuse "--$expected needs a value"
[ "$given" -ge 0 ] || refuse 'expected no arguments'

parameter_address=${PRODUCTION_URL:-''}
parameter_normal=${NORMAL_RESPONSE_MS:-''}
parameter_slow=2
if [ -z "$yes" ] && [ -z "$dry_run" ] && [ ! -t 0 ]; then
  warn "$script: there is no terminal to ask on."
  wrap warn "" "Nothing was done. Give --yes to go ahead without a question, or --dry-run to look first."
  exit 2
fi

phase_number=0
phase_seconds=0
case $option_phase in
immediate)
  phase_number=1
  phase_seconds=300
  ;;
short)
  phase_number=2
  phase_seconds=1500
  ;;
medium)
  phase_number=3
  phase_seconds=5400
  ;;
long)
  phase_number=4
  phase_seconds=79200
  ;;
esac
if [ -n "$option_watch" ] && [ -z "$option_phase" ]; then
  refuse "--watch needs --phase, which says for how long"
fi

# --- This machine: programs, room for a scratch file, a log.
for name in cat date fold grep id mkdir mktemp od rm sed sleep tail tr uname; do
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
  set -- who "${who%%@*}" host "${who#*@}" folder "$PWD" arguments "$*" stamp sha256:c76dce593272cdf219eb014f49d7eb5d074c6d53a560804131638f2302fb0176 service partpulse hosts "$hosts"
  [ -z "${ROLLBOOK_REHEARSAL:-}" ] || set -- "$@" rehearsal yes
  holding=1
  # The last folder gets a name that nobody can have taken before, since others may write beside it.
  open_log "${ROLLBOOK_LOG_DIR:-}" "$@" || open_log "${git_folder:+$git_folder/rollback-log}" "$@" ||
    open_log "$(mktemp -d "$place/rollback-log.XXXXXX" 2>/dev/null)" "$@" ||
    warn "No log can be written; the rollback goes on without one."
  release
fi

if [ -z "$dry_run" ]; then
  wrap say "" 'Rollback Verification (PartPulse, Section 7.1)'
  say "Touches only:"
  wrap say "  - " 'a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)'
  wrap say "  - " 'the completed list, as Markdown and JSON beside the log'
fi

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

# postgresql_address URL: puts the parts of postgresql://USER:PASSWORD@HOST:PORT/NAME?PARAMETERS into
# the variables that psql reads. What only Prisma understands among the parameters is left out.
postgresql_address() {
  rest=${1#*://}
  case $1 in
  postgres://?* | postgresql://?*) ;;
  *) return 1 ;;
  esac
  case $rest in
  *\?*) query=${rest#*\?} ;;
  *) query= ;;
  esac
  rest=${rest%%\?*}
  # What ought to be escaped and is not would end up where it is shown: half a password as a name.
  case ${rest#*/} in
  "$rest" | '' | *@*) return 1 ;;
  esac
  unescape "${rest#*/}"
  PGDATABASE=$unescaped
  rest=${rest%%/*}
  PGUSER=
  PGPASSWORD=
  case $rest in
  *@*)
    unescape "${rest%%[:@]*}"
    PGUSER=$unescaped
    PGPASSWORD=${rest%@*}
    case $PGPASSWORD in
    *:*) unescape "${PGPASSWORD#*:}" ;;
    *) unescaped= ;;
    esac
    PGPASSWORD=$unescaped
    rest=${rest##*@}
    ;;
  esac
  PGPORT=5432
  case $rest in
  *:*) PGPORT=${rest##*:} ;;
  esac
  PGHOST=${rest%:*}
  PGSSLMODE=prefer
  case "&$query&" in
  *'&sslmode='*)
    PGSSLMODE="&$query&"
    PGSSLMODE=${PGSSLMODE#*&sslmode=}
    PGSSLMODE=${PGSSLMODE%%&*}
    ;;
  esac
  case $PGHOST$PGSSLMODE in
  *[!A-Za-z0-9._-]*) return 1 ;;
  esac
  case $PGPORT in
  *[!0-9]* | '') return 1 ;;
  esac
  [ -n "$PGHOST" ] || return 1
  # These would send psql elsewhere than the address says.
  unset PGHOSTADDR PGOPTIONS PGSERVICE PGSERVICEFILE PGTARGETSESSIONATTRS
  PGCONNECT_TIMEOUT=10
  export PGDATABASE PGUSER PGPASSWORD PGPORT PGHOST PGSSLMODE PGCONNECT_TIMEOUT
}

# unescape TEXT: puts TEXT with '%41' as 'A' into $unescaped. Not by `printf`: that is a program in
# some shells, and everybody can see a program's arguments.
unescape() {
  text_left=$1
  unescaped=
  while :; do
    case $text_left in
    *%*) ;;
    *) break ;;
    esac
    unescaped=$unescaped${text_left%%%*}
    text_left=${text_left#*%}
    case $text_left in
    [0-9A-Fa-f][0-9A-Fa-f]*)
      digits=${text_left%"${text_left#??}"}
      # shellcheck disable=SC2059 # the format is what turns the number into its letter
      unescaped=$unescaped$(printf "\\$(printf '%03o' "0x$digits")")
      text_left=${text_left#??}
      ;;
    *) unescaped=$unescaped% ;;
    esac
  done
  unescaped=$unescaped$text_left
}

# clock STAMP SECONDS: the UTC time so many seconds after STAMP (2026-01-31T23:59:59Z); nothing
# where STAMP is none. Counted by hand, because `date` differs from system to system.
clock() {
  printf '%s\n' "$1" | awk -F '[-T:Z]' -v after="$2" '
    function days(y, m, d) {
      if (m <= 2) { y--; m += 12 }
      return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + d
    }
    NF >= 6 {
      seconds = $4 * 3600 + $5 * 60 + $6 + after
      day = days($1, $2, $3) + int(seconds / 86400)
      seconds = seconds % 86400
      y = $1
      while (days(y + 1, 1, 1) <= day) y++
      m = 1
      while (m < 12 && days(y, m + 1, 1) <= day) m++
      printf "%04d-%02d-%02dT%02d:%02d:%02dZ", y, m, day - days(y, m, 1) + 1, int(seconds / 3600), int(seconds % 3600 / 60), seconds % 60
    }'
}

# --- The items. Each gets one result: Pass, Fail, Not applicable or Not checked. What was not
# looked at is never a Pass.
results=$scratch/results
: >"$results"
items=0
failing=0
first_failure=
watching=
hold_now=0
unseen=0
as_seen=' '
tab=$(printf '\t')

begin_group() {
  group=$1
  [ -z "$watching" ] || return 0
  say ""
  wrap say "" "$1"
  [ -z "$2" ] || wrap say "  " "$2"
}

begin_item() {
  item=$1
  text=$2
  parts=
  verdict=0
  looked_at=
  evidence=
  [ -n "$watching" ] || items=$((items + 1))
}

# part TEXT: something that belongs to the item.
part() {
  parts="$parts$1
"
}

# try CHECK SECONDS [does]: looks, and for so many seconds looks again while it does not hold. A dry run
# makes every look but that of a check which does something.
try() {
  looked_at=1
  if [ -n "$dry_run" ] && [ -n "$3" ]; then
    verdict=2
    evidence="a real run would do it"
    return 0
  fi
  [ "$verdict" -eq 0 ] || return 0
  waited=0
  while :; do
    found=
    "$1"
    verdict=$?
    if [ "$verdict" -ne 1 ] || [ "$waited" -ge "$2" ]; then break; fi
    pause 2
  done
  evidence="${evidence:+$evidence; }$found"
}

end_item() {
  if [ -n "$looked_at" ] && [ "$verdict" -eq 0 ]; then
    hold_now=$((hold_now + 1))
    case $watching$as_seen in
    1*" lost/$item "*) back_to Pass ;;
    1*) ;;
    *) back_to Pass ;;
    esac
  elif [ -n "$looked_at" ] && [ "$verdict" -eq 1 ]; then
    judged Fail machine
  elif [ -z "$watching" ]; then
    ask
  elif [ -n "$looked_at" ]; then
    unseen=$((unseen + 1))
    case $as_seen in
    *" $item "*) back_to 'Not checked' ;;
    esac
  fi
}

# back_to RESULT: what the script saw of the item, Pass or Not checked; it holds until the next look.
back_to() {
  before_item=${as_seen%%" lost/$item "*}
  [ "$before_item" = "$as_seen" ] || as_seen="$before_item ${as_seen#*" lost/$item "}"
  before_item=${as_seen%%" $item "*}
  [ "$before_item" = "$as_seen" ] || as_seen="$before_item ${as_seen#*" $item "}"
  if [ "$1" = Pass ]; then
    as_seen="$as_seen$item "
    judged Pass machine
  else
    as_seen="${as_seen}lost/$item "
    judged 'Not checked' nobody
  fi
}

# ask: what a person says of the item.
ask() {
  if [ -n "$dry_run" ]; then
    wrap say "  would ask    " "$text"
    [ -z "$evidence" ] || wrap say "               " "$evidence"
    return 0
  fi
  answered_before && return 0
  if [ -n "$yes" ]; then
    judged 'Not checked' nobody
    return 0
  fi
  say ""
  wrap say "  ? " "$text"
  printf '%s' "$parts" | while IFS= read -r line; do wrap say "     - " "$line"; done
  [ -z "$evidence" ] || wrap say "    Known: " "$evidence"
  for _ in 1 2 3; do
    printf '    [pass/fail/na/skip] ' 2>/dev/null || :
    read -r answer || {
      answer=skip
      say ""
    }
    case $answer in
    [Pp] | [Pp][Aa][Ss][Ss] | [Yy] | [Yy][Ee][Ss]) answer=Pass ;;
    [Ff] | [Ff][Aa][Ii][Ll] | [Nn] | [Nn][Oo]) answer=Fail ;;
    [Nn][Aa] | [Nn]/[Aa]) answer='Not applicable' ;;
    [Ss] | [Ss][Kk][Ii][Pp] | '') answer='Not checked' ;;
    *) continue ;;
    esac
    break
  done
  case $answer in
  Pass | Fail | 'Not applicable') ;;
  *)
    judged 'Not checked' nobody
    return 0
    ;;
  esac
  # What the script knew proves nothing of what a person says.
  [ -z "$evidence" ] || evidence="a person says so; the script saw only: $evidence"
  if [ "$answer" = Fail ]; then
    printf '    What was seen? ' 2>/dev/null || :
    seen=
    read -r seen || say ""
    evidence="${evidence:+$evidence; }$(printable "$seen")"
  fi
  judged "$answer" person
}

# a_row RESULT BY: the item as a line of the results.
a_row() {
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$group" "$item" "$text" "$1" "$2" "$stamp" "$evidence"
}

# judged RESULT BY: writes the result of the item down; a later one replaces an earlier one.
judged() {
  now
  if [ "$1" = Fail ]; then
    failing=1
    first_failure=${first_failure:-$stamp}
  fi
  if [ -n "$watching" ]; then
    # A signal waits: what it says would land in the file.
    holding=1
    while IFS= read -r row; do
      case $row in
      "$group$tab$item$tab"*) a_row "$1" "$2" ;;
      *) printf '%s\n' "$row" ;;
      esac
    done <"$results" >"$results.new" && results=$results.new
    release
  else
    a_row "$1" "$2" >>"$results"
  fi
  case $1 in
  Pass) shown_result='PASS         ' ;;
  Fail) shown_result='FAIL         ' ;;
  'Not checked') shown_result='not checked  ' ;;
  *) shown_result='n/a          ' ;;
  esac
  wrap say "  $shown_result" "$text"
  [ -z "$evidence" ] || wrap say "               " "$evidence"
  record "$item" "$1" 0 by "$2" found "$evidence"
}

# watch_on: goes on looking, without questions, until the phase is over or something fails.
watch_on() {
  [ -z "$dry_run" ] || return 0
  count_results
  if [ "$failed" -gt 0 ] || [ "$hold_now" -eq 0 ]; then
    watched='Not watched: something failed at once.'
    [ "$failed" -gt 0 ] || watched='Not watched: nothing could be looked at from here.'
    return 0
  fi
  watching=1
  rounds=0
  spent=0
  interval=$((phase_seconds / 20))
  [ "$interval" -ge 30 ] || interval=30
  [ "$interval" -le 900 ] || interval=900
  say ""
  wrap say "" "Watching for $((phase_seconds / 60)) minutes, every $interval seconds. Ctrl-C ends it; what was seen is kept."
  while [ "$spent" -lt "$phase_seconds" ]; do
    # A signal ends this wait at once; it would not end a plain `sleep`.
    limited "$((interval + 60))" sleep "$interval" || :
    spent=$((spent + interval))
    rounds=$((rounds + 1))
    hold_now=0
    unseen=0
    go_through
    count_results
    now
    if [ "$failed" -gt 0 ]; then break; fi
    case $unseen in
    0) say "  $stamp  $hold_now hold" ;;
    *) say "  $stamp  $hold_now hold, $unseen could not be looked at" ;;
    esac
  done
  watched="Watched for $spent seconds, $rounds times."
  [ "$failed" -eq 0 ] || watched="$watched The first failure came at $first_failure."
}

# --- Going on with a list that was begun before: what a person answered there is not asked again.

# keep_answers: what the log of this script's last run says that people answered, for as long as
# that is no day ago. A list of another content asks other questions: it is not gone on with.
keep_answers() {
  : >"$scratch/kept"
  for name in awk find id sort; do
    command -v "$name" >/dev/null 2>&1 || fail 3 "the program '$name' is not on this machine." "Run the script without --resume."
  done
  earlier=
  for place in "${ROLLBOOK_LOG_DIR:-}" "${git_folder:+$git_folder/rollback-log}"; do
    [ -n "$place" ] || continue
    # Their names begin with the time, so the last one is the newest.
    for file in "$place/${script%.sh}"-[0-9]*T[0-9]*Z-*.jsonl; do
      # Only what this user has written for himself: anyone can put a file into a shared folder.
      if [ "$file" != "$log" ] && [ -n "$(find "$file" -type f -user "$(id -u)" -perm 600 2>/dev/null)" ]; then earlier=$file; fi
    done
    [ -z "$earlier" ] || break
  done
  [ -n "$earlier" ] || fail 4 "there is no log of an earlier run to go on with." "Run the script without --resume."
  # One line an item: its id, the result, when a person gave it, first of all where it was kept before.
  flatten <"$earlier" | awk -F '\t' '
    function put() {
      if (v[".stamp"] != "") stamp = v[".stamp"]
      if (v[".by"] == "person" && v[".status"] ~ /^(Pass|Not applicable)$/) {
        at = v[".time"]
        if (v[".found"] ~ /^answered at [-0-9]*T[0-9:]*Z/) at = substr(v[".found"], 13, 20)
        row[v[".step"]] = v[".step"] "\t" v[".status"] "\t" at
      } else delete row[v[".step"]]
      split("", v)
    }
    $1 == ".time" { put() }
    { v[$1] = $2 }
    END {
      put()
      print stamp
      for (id in row) print row[id]
    }' >"$scratch/earlier"
  read -r of_content <"$scratch/earlier" || of_content=
  [ "$of_content" = sha256:c76dce593272cdf219eb014f49d7eb5d074c6d53a560804131638f2302fb0176 ] ||
    fail 4 "the checklist has changed since the run of $earlier." "Run the script without --resume."
  now
  sed 1d "$scratch/earlier" | while IFS=$tab read -r id result at; do
    until=$(clock "$at" 86400)
    # In order: when it was answered, now, a day later.
    [ "$(printf '%s\n' "$at" "$stamp" "$until" | sort -c 2>&1)" = '' ] && [ -n "$until" ] &&
      printf '%s\t%s\t%s\n' "$id" "$result" "$at"
  done >"$scratch/kept"
  say ""
  wrap say "" "Going on with: $earlier"
}

# answered_before: whether a person answered the item already; then that counts.
answered_before() {
  [ -s "$scratch/kept" ] || return 1
  answer=
  while IFS=$tab read -r id result at; do
    [ "$id" != "$item" ] || answer=$result/$at
  done <"$scratch/kept"
  [ -n "$answer" ] || return 1
  evidence="answered at ${answer##*/}${evidence:+; the script saw only: $evidence}"
  judged "${answer%/*}" person
}

# --- The completed checklist: Markdown for people, JSON for programs, beside the run log.
began=$stamp
watched=
completed=

count_results() {
  passed=0
  failed=0
  while IFS=$tab read -r _ _ _ result _; do
    case $result in
    Pass | 'Not applicable') passed=$((passed + 1)) ;;
    Fail) failed=$((failed + 1)) ;;
    esac
  done <"$results"
  # What could not be written down, on a full disk, is missing there; it must not be missed here.
  [ "$failed" -gt 0 ] || failed=$failing
  left=$((items - passed - failed))
  [ "$left" -ge 0 ] || left=0
  if [ "$failed" -gt 0 ]; then
    outcome=Failed
  elif [ "$left" -gt 0 ] || [ "$passed" -eq 0 ]; then
    outcome='Not complete'
  else
    outcome=Passed
  fi
}

# markdown TEXT: TEXT as it stands in a table of Markdown.
markdown() {
  case $1 in
  *[!A-Za-z0-9\ .,:\;/=-]*)
    inside=$(printable "$1" | sed 's/[][\\`*_<>|#&~]/\\&/g')
    if [ -n "$inside" ]; then printf '%s' "$inside"; else plain "$1" markdown; fi
    ;;
  *) printf '%s' "$1" ;;
  esac
}

# row CELL...: a line of a table of Markdown.
row() {
  for cell in "$@"; do
    printf '| '
    markdown "$cell"
    printf ' '
  done
  printf '|\n'
}

# pairs NAME VALUE...: the inside of a JSON object.
pairs() {
  while :; do
    printf '"%s":"' "$1"
    json "$2"
    printf '"'
    shift 2
    [ "$#" -gt 0 ] || return 0
    printf ,
  done
}

as_markdown() {
  printf '# %s\n\n' 'Rollback Verification - PartPulse'
  printf 'Completed by %s from %s on %s.\n\n' verify.sh 'version 1.3.0 of the document' "$began"
  printf '| Field | Entry |\n| --- | --- |\n'
  row 'Incident or drill' ''
  row 'Procedure used' ''
  row 'Version before' ''
  row 'Version after' ''
  row 'Verified by' "$who"
  row 'Start (UTC)' "$began"
  row 'Overall result' "$outcome"
  row 'Next check due (UTC)' ''
  [ -z "$watched" ] || row Watch "$watched"
  printf '\n'
  last=
  while IFS=$tab read -r group _ text result by at evidence; do
    if [ "$group" != "$last" ]; then
      printf '\n## %s\n\n| Item | Result | By | At (UTC) | Evidence |\n| --- | --- | --- | --- | --- |\n' "$(markdown "$group")"
      last=$group
    fi
    row "$text" "$result" "$by" "$at" "$evidence"
  done <"$results"
}

as_json() {
  printf '{'
  pairs checklist verification service partpulse version 1.3.0 content sha256:c76dce593272cdf219eb014f49d7eb5d074c6d53a560804131638f2302fb0176 \
    script "$script" script_sha256 "$script_sha256" run "$run" began "$began" ended "$stamp" who "$who" \
    phase "${option_phase:-}" watched "$watched" outcome "$outcome"
  printf ',"items":['
  comma=
  while IFS=$tab read -r group item text result by at evidence; do
    printf '%s\n  {' "$comma"
    pairs group "$group" item "$item" text "$text" result "$result" by "$by" at "$at" evidence "$evidence"
    printf '}'
    comma=,
  done <"$results"
  printf '\n]}\n'
}

# whole FILE WRITER: what WRITER prints becomes FILE, for nobody else to read; a run that is killed
# leaves no half of it, and a signal waits.
whole() {
  holding=1
  (umask 077 && "$2" >"$1.part") 2>/dev/null && [ -s "$1.part" ] && command mv -f "$1.part" "$1" 2>/dev/null
  made=$?
  [ "$made" -eq 0 ] || rm -f "$1.part" 2>/dev/null
  release
  return "$made"
}

# write_completed: writes both down, also when the script is interrupted.
write_completed() {
  [ -z "$dry_run" ] || return 0
  count_results
  now
  if [ -n "$log" ]; then
    completed=${log%.jsonl}
    if whole "$completed.md" as_markdown && whole "$completed.json" as_json; then
      say ""
      say "Completed checklist: $completed.md"
      say "As JSON:             $completed.json"
      return 0
    fi
  fi
  warn ""
  wrap warn "" "The completed checklist cannot be written to a file. Keep what follows:"
  as_markdown >&3
}

# conclude: says what came out, and ends.
conclude() {
  say ""
  count_results
  if [ -n "$dry_run" ]; then
    say "Dry run: $passed hold, $failed do not. Nobody was asked, and nothing was written."
    [ "$failed" -eq 0 ] || finish 7 failed
    finish 0 ok
  fi
  did=checked
  truth="$outcome: $passed passed, $failed failed, $left not checked.${watched:+ $watched}"
  wrap say "" "$truth"
  for wanted in Fail 'Not checked'; do
    said=
    while IFS=$tab read -r _ _ text result _; do
      [ "$result" = "$wanted" ] || continue
      if [ -z "$said" ]; then
        case $wanted in
        Fail) say "Failed:" ;;
        *) say "Left for a person:" ;;
        esac
        said=1
      fi
      wrap say "  - " "$text"
    done <"$results"
  done
  step=items
  [ "$failed" -eq 0 ] || finish 7 failed
  if [ "$left" -gt 0 ] || [ "$passed" -eq 0 ]; then finish 8 'a person must finish'; fi
  verified=yes
  finish 0 ok
}

# --- What is looked at.
check_1() {
  at_production "${parameter_address}"
  missing=$(missing_access)
  if [ -n "$missing" ]; then
    found="no access to Vercel from here; missing:$missing"
    return 2
  fi
  if [ -n "$address_problem" ]; then
    found="PRODUCTION_URL $address_problem"
    return 2
  fi
  check_access
  prove_production
  case $? in
  0) ;;
  1)
    # What serves there is not production's.
    live_commit=
    found=$unproven
    return 1
    ;;
  3)
    found=$unproven
    return 2
    ;;
  *)
    found="Vercel does not $asked_for (answer $http_status)"
    return 2
    ;;
  esac
  found="$production_host is production of $project_name, and serves $live, made from $(printf '%.12s' "${live_commit:-a commit that Vercel does not name}")"
  return 0
}

check_2() {
  http_get "${parameter_address}" / yes || return "$?"
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  if [ "$http_path" != /auth/signin ]; then
    found="$asked: ends at $(printable "$http_path"), not at "/auth/signin
    return 1
  fi
  tr -d ' \n\r\t' <"$scratch/page" | sed 's/<[^>]*>//g' | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  found="$asked: $http_status in $took s"
  return 0
}

check_3() {
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

check_4() {
  http_get "${parameter_address}" / yes || return "$?"
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  ! is_old || return 2
  tr -d ' \n\r\t' <"$scratch/page" | sed 's/<[^>]*>//g' | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  grep -qiF -e 'Application error: a' "$scratch/page"
  case $? in
  0)
    found="$asked: the answer shows what it must not: "'Application error: a'
    return 1
    ;;
  1) ;;
  *)
    found="the program 'grep' does not work here"
    return 2
    ;;
  esac
  found="$asked: $http_status in $took s"
  return 0
}

check_5() {
  http_get "${parameter_address}" / yes || return "$?"
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  ! is_old || return 2
  tr -d ' \n\r\t' <"$scratch/page" | sed 's/<[^>]*>//g' | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  grep -qiF -e 'Internal Server Error' "$scratch/page"
  case $? in
  0)
    found="$asked: the answer shows what it must not: "'Internal Server Error'
    return 1
    ;;
  1) ;;
  *)
    found="the program 'grep' does not work here"
    return 2
    ;;
  esac
  found="$asked: $http_status in $took s"
  return 0
}

check_6() {
  http_get "${parameter_address}" / yes || return "$?"
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  ! is_old || return 2
  tr -d ' \n\r\t' <"$scratch/page" | sed 's/<[^>]*>//g' | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  grep -qiF -e 'Welcome to PartPulse' "$scratch/page"
  case $? in
  0)
    found="$asked: the answer shows what it must not: "'Welcome to PartPulse'
    return 1
    ;;
  1) ;;
  *)
    found="the program 'grep' does not work here"
    return 2
    ;;
  esac
  found="$asked: $http_status in $took s"
  return 0
}

check_7() {
  http_get "${parameter_address}" /api/auth/session yes || return "$?"
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  ! is_old || return 2
  expected=null
  answered=$(head -c 4000 "$scratch/page" | tr '\r\n\t' '   ' | sed 's/^ *//; s/ *$//')
  if [ "$answered" != "$expected" ]; then
    found="$asked: answers $(printf '%.100s' "$(printable "$answered")"), not $expected"
    return 1
  fi
  found="$asked: $http_status in $took s"
  return 0
}

check_8() {
  http_get "${parameter_address}" /api/auth/csrf yes || return "$?"
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  ! is_old || return 2
  # In files: a page can be longer than what a variable may hold on its way to a program.
  tr -d ' \n\r\t' <"$scratch/page" >"$scratch/body"
  expected='"csrfToken"'
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

check_9() {
  http_get "${parameter_address}" /api/users yes || return "$?"
  if [ "$http_status" != 401 ]; then
    found="$asked: status ${http_status:-unknown}, not 401"
    return 1
  fi
  ! is_old || return 2
  found="$asked: $http_status in $took s"
  return 0
}

check_10() {
  http_get "${parameter_address}" /api/auth/can-create-first-admin yes || return "$?"
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  ! is_old || return 2
  expected='{"canCreate":false}'
  answered=$(head -c 4000 "$scratch/page" | tr '\r\n\t' '   ' | sed 's/^ *//; s/ *$//')
  if [ "$answered" != "$expected" ]; then
    found="$asked: answers $(printf '%.100s' "$(printable "$answered")"), not $expected"
    return 1
  fi
  found="$asked: $http_status in $took s"
  return 0
}

check_11() {
  http_get "${parameter_address}" '/api/auth/verify-invitation?token=none' yes || return "$?"
  if [ "$http_status" != 404 ]; then
    found="$asked: status ${http_status:-unknown}, not 404"
    return 1
  fi
  ! is_old || return 2
  found="$asked: $http_status in $took s"
  return 0
}

check_12() {
  command -v psql >/dev/null 2>&1 || {
    found="the program 'psql' is not on this machine"
    return 2
  }
  database=${DIRECT_URL:-${DATABASE_URL:-}}
  if [ -z "$database" ]; then
    found="neither DIRECT_URL nor DATABASE_URL is set"
    return 2
  fi
  postgresql_address "$database" || {
    found="DIRECT_URL or DATABASE_URL is no address of PostgreSQL that can be used as it stands"
    return 2
  }
  limited 25 psql --no-psqlrc --no-password --tuples-only --no-align --command 'select 1'
  looked=$?
  unset PGPASSWORD
  case $looked-$(tr -d ' \n\r' <"$scratch/out") in
  0-1)
    found="PostgreSQL at $PGHOST answers this machine"
    return 0
    ;;
  124-*)
    found="PostgreSQL at $PGHOST: no answer within 25 seconds"
    return 1
    ;;
  esac
  found="PostgreSQL at $PGHOST does not answer this machine: $(printable "$(sed 1q "$scratch/err")")"
  return 1
}

check_13() {
  normal="${parameter_normal}"
  times="${parameter_slow}"
  case $normal in
  '' | *[!0-9]*)
    found="the normal response time is not known"
    return 2
    ;;
  esac
  command -v awk >/dev/null 2>&1 || {
    found="the program 'awk' is not on this machine"
    return 2
  }
  all=
  for _ in 1 2 3; do
    http_get "${parameter_address}" / yes || return "$?"
    if [ "$http_status" != 200 ]; then
      found="$asked: status ${http_status:-unknown}"
      return 1
    fi
    all="$all $took"
  done
  # The one in the middle: a single slow answer says little.
  found=$(printf '%s\n' "$all" | awk -v normal="$normal" -v times="$times" '{
    a = $1; b = $2; c = $3
    middle = (a < b) ? ((b < c) ? b : (a < c ? c : a)) : ((a < c) ? a : (b < c ? c : b))
    limit = normal * times / 1000
    printf "%s %.3f s, at most %s times the normal %s ms", (middle <= limit ? "ok" : "slow"), middle, times, normal
  }' 2>/dev/null)
  case $found in
  'ok '*)
    found="$asked: ${found#ok }"
    return 0
    ;;
  'slow '*)
    found="$asked: ${found#slow }"
    return 1
    ;;
  esac
  found="the program 'awk' does not work here"
  return 2
}

# --- The checklist, in the order of the document.
go_through() {
  if [ "$phase_number" -eq 0 ] || [ "$phase_number" -ge 1 ]; then
    begin_group 'Application Health' 'Immediate (0-5 minutes)'
    begin_item address 'What is looked at is production'
    try check_1 2 ''
    end_item
    begin_item loads 'Application loads successfully'
    try check_2 2 ''
    try check_3 2 ''
    end_item
    begin_item no-errors 'No error messages on homepage'
    try check_4 2 ''
    try check_5 2 ''
    try check_6 2 ''
    end_item
    begin_item authentication 'Authentication works'
    try check_7 2 ''
    try check_8 2 ''
    try check_9 2 ''
    end_item
    begin_item database 'Database connection successful'
    try check_10 2 ''
    try check_11 2 ''
    try check_12 2 ''
    end_item
  fi
  if [ "$phase_number" -eq 0 ] || [ "$phase_number" -ge 2 ]; then
    begin_group 'Critical Functionality' 'Short-term (5-30 minutes)'
    begin_item login 'User can log in'
    end_item
    begin_item dashboard 'Dashboard loads'
    end_item
    begin_item parts-list 'Parts list accessible'
    end_item
    begin_item user-management 'User management works'
    end_item
    begin_item pdf 'PDF generation works (if applicable)'
    end_item
  fi
  if [ "$phase_number" -eq 0 ] || [ "$phase_number" -ge 2 ]; then
    begin_group 'Data Integrity' 'Short-term (5-30 minutes)'
    begin_item no-loss 'No data loss observed'
    end_item
    begin_item transactions 'Recent transactions intact'
    end_item
    begin_item user-data 'User data accessible'
    end_item
  fi
  if [ "$phase_number" -eq 0 ] || [ "$phase_number" -ge 3 ]; then
    begin_group Performance 'Medium-term (30 minutes - 2 hours)'
    begin_item response-times 'Response times normal'
    try check_13 2 ''
    end_item
    begin_item error-spikes 'No error spikes in logs'
    end_item
    begin_item resources 'No resource exhaustion'
    end_item
  fi
}

if [ -n "$option_resume" ] && [ -z "$dry_run" ]; then keep_answers; fi
at_end=write_completed
go_through
[ -z "$option_watch" ] || watch_on
conclude
