#!/bin/sh
# env-restore.sh: Environment Variables (PartPulse, Section 6.1)
#
# The script saves production's environment variables before a change, shows
# afterwards which ones were changed, and puts the named ones back. It never
# shows a value. Values reach production only with a new deployment, so it
# builds the live one again and verifies that the new one is live.
#
# Usage: env-restore.sh [--yes] [--dry-run] snapshot|diff|restore [<name>...]
# Run it with --help for options, exit codes and what it touches.
#
# Touches only:
#   - a new file with the values, readable by you only, beside the run log
#   - the named environment variables of production, on Vercel
#   - a new production deployment on Vercel; its build may apply database migrations
#   - a message to the team, where ROLLBOOK_NOTIFY_URL is set
#   - a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)
#
# Made by Rollbook from content/partpulse/procedures/environment-variables.yaml. Do not edit: edit that file.
# Content sha256:dc69a29e627da342802377119636212579780d0924b33dbcdb25ddc1d3688ac6

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
for name in [ cd command echo kill printf read test umask wait cat date find fold id mkdir mktemp mv od rm sed sleep tail tr uname \
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

procedure=environment-variables
script=env-restore.sh
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
Environment Variables (PartPulse)

The script saves production's environment variables before a change, shows
afterwards which ones were changed, and puts the named ones back. It never
shows a value. Values reach production only with a new deployment, so it
builds the live one again and verifies that the new one is live.

Usage:
  env-restore.sh [--yes] [--dry-run] snapshot|diff|restore [<name>...]

  snapshot|diff|restore snapshot saves the values, diff compares, restore puts
                        back
  [<name>...]           the variables to put back
  --yes                 ask no questions
  --dry-run             say what would be done, and touch nothing
  --help                show this text

It touches only:
  -  a new file with the values, readable by you only, beside the run log
  -  the named environment variables of production, on Vercel
  -  a new production deployment on Vercel; its build may apply database
     migrations
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
  ROLLBOOK_SNAPSHOT     a snapshot to use instead of the newest
  VERCEL_AUTOMATION_BYPASS_SECRET
                        passes Vercel's login page at the production address;
                        a secret
  ROLLBOOK_NOTIFY_URL   the team's incoming webhook (as Slack's); a secret
  ROLLBOOK_LOG_DIR      folder for the run log
END_OF_USAGE
}

refuse() {
  wrap warn "$script: " "$1"
  wrap warn "Usage: " 'env-restore.sh [--yes] [--dry-run] snapshot|diff|restore [<name>...]'
  warn "Nothing was done. '$script --help' says more."
  exit 2
}

# check_word KIND WORD: refuses what could be an option, or more than one word.
check_word() {
  case $2 in
  '' | -* | *[!A-Za-z0-9._:/@+-]*) refuse "not a $1: '$(printable "$2")'" ;;
  esac
}

yes=
dry_run=
parameter_mode=''
parameter_name=''
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
    --)
      options_end=1
      continue
      ;;
    -*) refuse "unknown option: $(printable "$argument")" ;;
    esac
  fi
  given=$((given + 1))
  case $given in
  1) parameter_mode=$argument ;;
  *)
    check_word name "$argument"
    parameter_name="$parameter_name $argument"
    ;;
  esac
done
[ "$given" -ge 1 ] || refuse 'expected snapshot|diff|restore [<name>...]'

case $parameter_mode in
snapshot | diff | restore) ;;
*) refuse "not one of snapshot|diff|restore: '$(printable "$parameter_mode")'" ;;
esac
parameter_address=${PRODUCTION_URL:-''}
# It asks no question then.
[ "$parameter_mode" != diff ] || only_looks=1
if [ -z "$yes" ] && [ -z "$dry_run" ] && [ -z "${only_looks:-}" ] && [ ! -t 0 ]; then
  warn "$script: there is no terminal to ask on."
  wrap warn "" "Nothing was done. Give --yes to go ahead without a question, or --dry-run to look first."
  exit 2
fi

# --- This machine: programs, room for a scratch file, a log.
for name in cat date find fold id mkdir mktemp mv od rm sed sleep tail tr uname; do
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
  set -- who "${who%%@*}" host "${who#*@}" folder "$PWD" arguments "$*" stamp sha256:dc69a29e627da342802377119636212579780d0924b33dbcdb25ddc1d3688ac6 service partpulse hosts "$hosts"
  [ -z "${ROLLBOOK_REHEARSAL:-}" ] || set -- "$@" rehearsal yes
  holding=1
  # The last folder gets a name that nobody can have taken before, since others may write beside it.
  open_log "${ROLLBOOK_LOG_DIR:-}" "$@" || open_log "${git_folder:+$git_folder/rollback-log}" "$@" ||
    open_log "$(mktemp -d "$place/rollback-log.XXXXXX" 2>/dev/null)" "$@" ||
    warn "No log can be written; the rollback goes on without one."
  release
fi

if [ -z "$dry_run" ]; then
  wrap say "" 'Environment Variables (PartPulse, Section 6.1)'
  say "Touches only:"
  wrap say "  - " 'a new file with the values, readable by you only, beside the run log'
  wrap say "  - " 'the named environment variables of production, on Vercel'
  wrap say "  - " 'a new production deployment on Vercel; its build may apply database migrations'
  wrap say "  - " 'a message to the team, where ROLLBOOK_NOTIFY_URL is set'
  wrap say "  - " 'a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)'
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
    wrap say '' 'Step 1: Access Vercel Dashboard'
    wrap say '   - ' 'Go to Project Settings ('https://vercel.com/apgi-cmy/partpulse')'
    wrap say '   - ' 'Navigate to Environment Variables'
  fi
  if [ "$1" -le 2 ]; then
    say ""
    wrap say '' 'Step 2: Save or Compare the Values'
    wrap say '   - ' 'Look for the previous value in the newest snapshot (a file ''environment-*.snapshot'' beside the run logs), else in the place where credentials are kept'
  fi
  if [ "$1" -le 3 ]; then
    say ""
    wrap say '' 'Step 3: Restore Previous Values'
    wrap say '   - ' 'Identify changed variable'
    wrap say '   - ' 'Restore previous value, from the place where credentials are kept (see ''Section 10.2 of the document'')'
  fi
  if [ "$1" -le 4 ]; then
    say ""
    wrap say '' 'Step 4: Redeploy'
    wrap say '   - ' 'Redeploy the deployment that is live'
  fi
  if [ "$1" -le 5 ]; then
    say ""
    wrap say '' 'Step 5: Verify Configuration'
    wrap say '   - ' 'Check application logs'
    wrap say '   - ' 'Verify functionality'
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

# --- Step 1: Access Vercel Dashboard
begin_step open-dashboard 'Step 1: Access Vercel Dashboard'
env_mode="${parameter_mode}"
env_names="${parameter_name}"
case $env_mode in
restore) [ -n "$env_names" ] || fail 2 "restore needs the names of the variables to put back." "Give them behind 'restore'; 'diff' says which were changed." ;;
snapshot | diff) [ -z "$env_names" ] || fail 2 "$env_mode takes no names: it looks at all variables." "Leave the names out." ;;
*) fail 2 "nothing is known of '$env_mode'." "Use snapshot, diff or restore." ;;
esac
at_production "${parameter_address}"
missing=$(missing_access)
# Only a redeploy has to know where production is.
[ "$env_mode" = restore ] || missing=${missing% PRODUCTION_URL}
if [ -n "$missing" ]; then
  [ "$env_mode" = restore ] || fail 3 "no access to Vercel from here; missing:$missing." "Set what is missing and run the same command again."
  wrap say "  " "No access to Vercel from here; missing:$missing."
  record "$step" 'by hand' 0 missing "$missing"
  by_hand 1
fi
check_access
# From here on scratch files hold values.
umask 077

# Where nothing is changed, production's address need not be known.
if [ "$env_mode" = restore ] || [ -n "$production_host" ]; then
  prove_production
  require_proof "$?"
else
  vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}""${vercel_only_team}" || vercel_failed "show the project"
  project_name=$(answer .name)
  case $project_name in
  '' | *[!A-Za-z0-9._-]*) fail 5 "Vercel's answer names no project." "Finish in the dashboard." ;;
  esac
fi
say "  project     $project_name"
record "$step" ok 0 mode "$env_mode"

# --- Step 2: Save or Compare the Values
begin_step snapshot 'Step 2: Save or Compare the Values'
# Values are secrets, and stay the text that stood between the quotes of the JSON. They go from
# file to file, through awk: not every shell prints by itself, and an argument list can be read.

# ask COMMAND...: a request that only reads; that may be repeated.
ask() {
  for _ in 1 2 3; do
    vercel "$@" && return 0
    case $http_status in
    000 | 429 | 5??) pause 2 ;;
    *) break ;;
    esac
  done
  return 1
}

# read_variables NAMES: production's variables now, into $scratch/now; only NAMES, where given:
# lines 'state key type targets changed value'. The value is there where the state is 'saved'.
read_variables() {
  ask curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v10/projects/"${VERCEL_PROJECT_ID}"/env"${vercel_only_team}" || vercel_failed "list the environment variables"
  # What is no list must not pass for an empty one.
  awk '
    { body = body $0 }
    END {
      gsub(/^[ \r]+|[ \r]+$/, "", body)
      exit !(body ~ /^\{/ && body ~ /"envs" *: *\[/ && body ~ /\}$/)
    }' "$scratch/text" || fail 5 "Vercel's answer is no list of variables." "Run the same command again, or finish in the dashboard."
  case $(answer .pagination.next) in
  '' | null) ;;
  *) fail 5 "the project has more variables than Vercel lists at once." "Finish in the dashboard." ;;
  esac
  awk -F '\t' -v OFS='\t' '
    /^\.envs\.[0-9]+\./ {
      split($1, at, ".")
      n = at[3] + 0
      if (n >= count) count = n + 1
      name = substr($1, length(".envs." at[3] ".") + 1)
      if (name ~ /^target(\.[0-9]+)?$/) targets[n] = targets[n] (targets[n] == "" ? "" : ",") $2
      else if (name ~ /^customEnvironmentIds\.[0-9]+$/) custom[n] = ",custom"
      else if (name != "value") is[n, name] = $2
    }
    function field(n, name) {
      gsub(/[^A-Za-z0-9_.-]/, "?", is[n, name])
      return is[n, name] == "" ? "-" : is[n, name]
    }
    END {
      for (n = 0; n < count; n++)
        print field(n, "key"), field(n, "id"), field(n, "type"), targets[n] custom[n], field(n, "updatedAt"), field(n, "gitBranch")
    }' "$scratch/answer" >"$scratch/listed"
  awk -F '\t' -v names="$1" '
    ("," $4 ",") ~ /,production,/ && (names == "" || index(" " names " ", " " $1 " "))' "$scratch/listed" >"$scratch/rows"
  env_name=$(awk -F '\t' 'seen[$1]++ { print $1; exit }' "$scratch/rows")
  [ -z "$env_name" ] || fail 5 "Vercel lists $env_name twice for production." "Look in the dashboard which of them holds, and remove the other."
  awk -F '\t' '$3 != "sensitive" && $3 != "secret" && $3 != "system" { print $2, $1 }' "$scratch/rows" >"$scratch/readable"
  printf '' >"$scratch/values"
  while read -r env_id env_name; do
    case $env_id in
    *[!A-Za-z0-9_-]*) fail 5 "Vercel's list gives $env_name no usable id." "Finish in the dashboard." ;;
    esac
    ask curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v1/projects/"${VERCEL_PROJECT_ID}"/env/"${env_id}""${vercel_only_team}" || vercel_failed "read $env_name"
    # A value that is null is none, and must not come back as the word. (`flatten` shows both alike.)
    awk '
      { body = body $0 }
      END { exit !(body ~ /(^|[^\\])"value"[ \t\r]*:[ \t\r]*null/) }' "$scratch/text" && continue
    # A value that Vercel did not decrypt is none.
    awk -F '\t' -v OFS='\t' -v id="$env_id" -v key="$env_name" '
      { is[$1] = $2 }
      END {
        if (is[".id"] == id && is[".key"] == key && (".value" in is) && (is[".decrypted"] == "true" || is[".type"] == "plain"))
          print id, is[".updatedAt"] == "" ? "-" : is[".updatedAt"], is[".value"]
      }' "$scratch/answer" >>"$scratch/values"
  done <"$scratch/readable"
  awk -F '\t' -v OFS='\t' '
    FILENAME == ARGV[1] {
      changed[$1] = $2
      value[$1] = $3
      next
    }
    {
      if ($2 in changed) print "saved", $1, $3, $4, changed[$2], value[$2]
      else print $3 == "system" ? "system" : $3 == "sensitive" || $3 == "secret" ? "secret" : "unreadable", $1, $3, $4, $5, ""
    }' "$scratch/values" "$scratch/rows" >"$scratch/now"
}

# compare_variables: $scratch/saved beside $scratch/now, without values, into $scratch/compared:
# lines 'verdict key type targets changed', as it is now, then the same of the snapshot, with its state.
compare_variables() {
  awk -F '\t' '
    function utf8(n) {
      if (n < 128) return sprintf("%c", n)
      if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
      if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
      return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
    }
    function hex(digits, i, n) {
      for (i = 1; i <= 4; i++) n = n * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
      return n
    }
    # One spelling for the inside of a JSON string: curl shows it as the server wrote it, the tool as
    # it writes it itself, and each has its own choice of what to escape.
    function spelled(text, out, c, n) {
      while (match(text, /\\./)) {
        c = substr(text, RSTART + 1, 1)
        out = out substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + 2)
        n = c == "u" ? hex(text) : c == "n" ? 10 : c == "t" ? 9 : c == "r" ? 13 : c == "b" ? 8 : c == "f" ? 12 : -1
        if (c == "u") text = substr(text, 5)
        if (n >= 55296 && n < 56320 && text ~ /^\\u[Dd][C-Fc-f]/) {
          n = 65536 + (n - 55296) * 1024 + hex(substr(text, 3)) - 56320
          text = substr(text, 7)
        }
        # What is no character by itself stays a number; nothing else looks like one.
        if (n < 0) out = out (c == "\\" ? "\\\\" : c)
        else if (n == 92) out = out "\\\\"
        else out = out (n < 32 || (n >= 55296 && n < 57344) ? "\\" n ";" : utf8(n))
      }
      return out text
    }
    FILENAME == ARGV[1] {
      order[++count] = $2
      state[$2] = $1
      was[$2] = $3 " " $4 " " $5
      value[$2] = $6
      next
    }
    {
      if (!($2 in state)) verdict = "added"
      else if ($1 != "saved" || state[$2] != "saved") verdict = "secret"
      # As text: to awk, 1e3 and 1000 are the same number.
      else verdict = spelled(value[$2]) "" == spelled($6) "" ? "same" : "changed"
      print verdict, $2, $3, $4, $5, ($2 in state) ? was[$2] " " state[$2] : "- - - -"
      seen[$2] = 1
    }
    END {
      for (n = 1; n <= count; n++)
        if (!(order[n] in seen)) print "removed", order[n], "- - -", was[order[n]], state[order[n]]
    }' "$scratch/saved" "$scratch/now" >"$scratch/compared"
}

# utc MILLISECONDS: the moment as people read it.
utc() {
  awk -v ms="$1" 'BEGIN {
    if (ms !~ /^[0-9]+$/) {
      print "an unknown time"
      exit
    }
    s = int(ms / 1000)
    d = int(s / 86400)
    s -= d * 86400
    # Days since 0000-03-01; years that begin in March end with the leap day.
    d += 719468
    era = int(d / 146097)
    doe = d - era * 146097
    yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
    doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
    mp = int((5 * doy + 2) / 153)
    m = mp < 10 ? mp + 3 : mp - 9
    printf "%04d-%02d-%02dT%02d:%02d:%02dZ\n", yoe + era * 400 + (m <= 2), m, doy - int((153 * mp + 2) / 5) + 1, int(s / 3600), int(s % 3600 / 60), s % 60
  }'
}

# snapshot_folders: where snapshots may lie, one a line, the best first.
snapshot_folders() {
  [ -z "$ROLLBOOK_LOG_DIR" ] || printf '%s\n' "$ROLLBOOK_LOG_DIR"
  [ -z "$git_folder" ] || printf '%s\n' "$git_folder/rollback-log"
  printf '%s\n' "${TMPDIR:-/tmp}/rollbook-$(id -u)"
}

# save_variables KIND: $scratch/now, whole or not at all, in a new file that nobody else can read;
# sets $env_file.
save_variables() {
  env_count=$(awk 'END { print NR }' "$scratch/now")
  now
  # The newest snapshot is found by the time in its name.
  [ "$stamp" != unknown ] || fail 3 "the clock of this machine does not work." "Run the script on another machine."
  { printf 'rollbook-environment\t1\t%s\t%s\t%s\n' "$VERCEL_PROJECT_ID" "$stamp" "$env_count" && cat "$scratch/now"; } >"$scratch/file" 2>/dev/null
  env_file=
  snapshot_folders >"$scratch/folders"
  # A signal waits, so that it leaves no half of a file.
  holding=1
  while IFS= read -r folder; do
    mkdir -p "$folder" 2>/dev/null || continue
    part=$(mktemp "$folder/.environment.XXXXXX" 2>/dev/null) || continue
    env_file=$folder/environment-$VERCEL_PROJECT_ID-$run.$1
    if [ ! -e "$env_file" ] && { cat "$scratch/file" >"$part"; } 2>/dev/null && mv "$part" "$env_file" 2>/dev/null &&
      kept=$(cat "$env_file" 2>/dev/null) && [ "$kept" = "$(cat "$scratch/file")" ] && [ -s "$env_file" ] &&
      [ -n "$(find "$env_file" -type f -perm 600 2>/dev/null)" ]; then
      break
    fi
    rm -f "$part" 2>/dev/null
    env_file=
  done <"$scratch/folders"
  release
  [ -n "$env_file" ] || fail 3 "the values cannot be saved: there is no folder to write to." "Set ROLLBOOK_LOG_DIR to a folder that has room, and run the same command again."
}

# load_snapshot: sets $env_snapshot, or answers 1 where there is none.
load_snapshot() {
  env_snapshot=${ROLLBOOK_SNAPSHOT:-}
  if [ -z "$env_snapshot" ]; then
    # Only what this user has written for himself: anyone can put a file into a shared folder.
    env_snapshot=$(snapshot_folders | while IFS= read -r folder; do
      find "$folder/." ! -name . -prune -type f -user "$(id -u)" -perm 600 -name "environment-$VERCEL_PROJECT_ID-*.snapshot" 2>/dev/null
    done | sed 's,/\./,/,' | awk -F / '$NF "" > newest { newest = $NF ""; path = $0 } END { print path }')
    [ -n "$env_snapshot" ] || return 1
  fi
  case $env_snapshot in
  /*) ;;
  *) env_snapshot=$PWD/$env_snapshot ;;
  esac
  # A pipe or a device may have no end.
  if [ ! -f "$env_snapshot" ] || ! awk -F '\t' -v project="$VERCEL_PROJECT_ID" '
    NR == 1 {
      good = $1 == "rollbook-environment" && $2 == 1 && $3 == project
      count = $5
    }
    NR > 1 && NF != 6 { good = 0 }
    END { exit !(good && NR - 1 == count) }' "$env_snapshot" 2>/dev/null; then
    fail 3 "this is no whole snapshot of the project: $(printable "$env_snapshot")" "Choose another one: set ROLLBOOK_SNAPSHOT to its path."
  fi
  sed 1d "$env_snapshot" >"$scratch/saved"
  env_taken=$(awk -F '\t' '{ print $4; exit }' "$env_snapshot")
  say "  snapshot    taken $(printable "$env_taken")"
  wrap say "              " "$(printable "$env_snapshot")"
}

# end_here: the end of what changes nothing on Vercel.
end_here() {
  say ""
  if [ -n "$dry_run" ]; then
    say "Dry run: nothing was changed."
  else
    wrap say "DONE. " "$truth"
  fi
  finish 0 ok
}

case $env_mode in
snapshot)
  read_variables ''
  awk -F '\t' '{ print $1, $2, $4 }' "$scratch/now" >"$scratch/told"
  saved=0
  unsaved=0
  while read -r state env_key targets; do
    case $state in
    saved)
      wrap say "  saved       " "$env_key ($targets)"
      saved=$((saved + 1))
      ;;
    system) wrap say "  not saved   " "$env_key: Vercel sets it itself" ;;
    *)
      [ "$state" = secret ] && wrap say "  NOT SAVED   " "$env_key: secret, Vercel shows it to nobody"
      [ "$state" = secret ] || wrap say "  NOT SAVED   " "$env_key: Vercel did not give its value"
      unsaved=$((unsaved + 1))
      ;;
    esac
  done <"$scratch/told"
  if [ -n "$dry_run" ]; then
    say "  A real run would save $saved values."
  else
    save_variables snapshot
    record "$step" ok 0 snapshot "$env_file" saved "$saved" not_saved "$unsaved"
    say ""
    say "Snapshot: $(printable "$env_file")"
    did=saved
    verified=yes
    truth="The snapshot holds $saved of the variables' values and can be read by you only; they may be secrets, so keep it so."
    [ "$unsaved" -eq 0 ] || truth="$truth NOT SAVED: $unsaved; those come from the place where credentials are kept."
    truth="$truth Shared variables of the team are not in it. Nothing was changed on Vercel."
  fi
  end_here
  ;;
diff)
  load_snapshot || fail 3 "there is no snapshot of this project here." "'$script snapshot' takes one; it must be taken before something is changed."
  read_variables ''
  compare_variables
  same=0
  differ=0
  secret=0
  while read -r verdict env_key type targets changed old_type old_targets old_changed _; do
    case $verdict in
    added) wrap say "  added       " "$env_key (changed at $(utc "$changed"))" ;;
    removed) wrap say "  removed     " "$env_key" ;;
    changed) wrap say "  changed     " "$env_key: another value (changed at $(utc "$changed"))" ;;
    secret)
      since='not since the snapshot'
      [ "$changed" = "$old_changed" ] || since='SINCE THE SNAPSHOT'
      wrap say "  secret      " "$env_key: cannot be compared (changed at $(utc "$changed"), $since)"
      secret=$((secret + 1))
      ;;
    esac
    moved=
    case $verdict in
    same | changed | secret)
      [ "$type" = "$old_type" ] || moved=" type $old_type, now $type;"
      [ "$targets" = "$old_targets" ] || moved="$moved for $old_targets, now $targets;"
      [ -z "$moved" ] || wrap say "  changed     " "$env_key:${moved%;}"
      ;;
    esac
    case $verdict$moved in
    same) same=$((same + 1)) ;;
    secret) ;;
    *) differ=$((differ + 1)) ;;
    esac
  done <"$scratch/compared"
  record "$step" ok 0 snapshot "$env_snapshot" differ "$differ" same "$same" not_comparable "$secret"
  did=checked
  verified=yes
  truth="$differ variables differ from the snapshot, $same are the same, $secret cannot be compared. Nothing was changed."
  end_here
  ;;
esac
if ! load_snapshot; then
  wrap say "  " "There is no snapshot of this project here: the values must come from the place where credentials are kept."
  record "$step" 'by hand' 0 missing snapshot
  by_hand 2
fi
record "$step" ok 0 snapshot "$env_snapshot"

# --- Step 3: Restore Previous Values
begin_step restore 'Step 3: Restore Previous Values'

# look_at NAME: sets $verdict and what is known of it; 'none' where neither side has it.
look_at() {
  awk -v key="$1" '$2 == key' "$scratch/compared" >"$scratch/told"
  read -r verdict _ type targets _ _ old_targets _ state <"$scratch/told" || verdict=none
}

# shared_with TARGETS: those beside production.
shared_with() { printf '%s' ",$1," | sed 's/,production,/,/; s/^,*//; s/,*$//; s/,/, /g; s/custom/custom environments/'; }

# removed_before NAME: whether an earlier run has begun to remove it.
removed_before() {
  snapshot_folders | while IFS= read -r folder; do
    [ ! -f "$folder/environment-$VERCEL_PROJECT_ID.removed" ] || sed -n "s/^$1\$/found/p" "$folder/environment-$VERCEL_PROJECT_ID.removed" 2>/dev/null
  done
}

# quiet: of a refusal only its code stays, because its words could repeat a value.
quiet() {
  code=$(answer .error.code | tr -cd 'A-Za-z0-9_-')
  printf '.error.message\t%s\n' "$code" >"$scratch/answer"
}

# put_back NAME: makes production hold the snapshot's value, or nothing where that has none.
put_back() {
  accepted=
  env_body=$scratch/body
  for attempt in 1 2 3 4; do
    # Whatever was answered before: what is there now decides.
    read_variables "$1"
    compare_variables
    look_at "$1"
    case $verdict in
    same | none) return 0 ;;
    secret) fail 5 "$1 has become secret: its value cannot be read back." "Look in the dashboard to see who else changes variables now." ;;
    esac
    if [ -n "$accepted" ] || [ "$attempt" -eq 4 ]; then
      pause 2
      continue
    fi
    [ "$attempt" -eq 1 ] || say "  Vercel has not done it yet (answer $http_was); asking again."
    env_id=$(awk -F '\t' '{ print $2; exit }' "$scratch/rows")
    case $verdict in
    changed)
      awk -F '\t' -v key="$1" '$2 == key { print "{\"value\":\"" $6 "\"}" }' "$scratch/saved" >"$env_body"
      vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request PATCH --header 'Content-Type: application/json' --data-binary @"${env_body}" "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}"/env/"${env_id}""${vercel_only_team}" || :
      ;;
    removed)
      # Not for what another variable of that name stands for by now.
      awk -F '\t' -v key="$1" '
        FILENAME == ARGV[1] {
          if ($1 == key && $6 == "-") taken = taken "," $4 ","
          next
        }
        $2 == key {
          n = split($4, target, ",")
          for (i = 1; i <= n; i++)
            if (target[i] != "custom" && !index(taken, "," target[i] ","))
              list = list (list == "" ? "" : ",") "\"" target[i] "\""
          print "{\"key\":\"" key "\",\"value\":\"" $6 "\",\"type\":\"" $3 "\",\"target\":[" list "]}"
        }' "$scratch/listed" "$scratch/saved" >"$env_body"
      vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request POST --header 'Content-Type: application/json' --data-binary @"${env_body}" "${vercel_api}"/v10/projects/"${VERCEL_PROJECT_ID}"/env"${vercel_only_team}" || :
      ;;
    added)
      others=$(printf '%s' ",$targets," | sed 's/,production,/,/; s/^,*//; s/,*$//; s/,/","/g')
      if [ -n "$others" ]; then
        printf '{"target":["%s"]}\n' "$others" >"$env_body"
        vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request PATCH --header 'Content-Type: application/json' --data-binary @"${env_body}" "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}"/env/"${env_id}""${vercel_only_team}" || :
      else
        vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request DELETE "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}"/env/"${env_id}""${vercel_only_team}" || :
      fi
      ;;
    esac
    http_was=$http_status
    case $http_was in
    2??) accepted=1 ;;
    # Busy, gone, too many requests, an error or no answer: it may have worked.
    000 | 404 | 409 | 429 | 5??) pause 2 ;;
    *)
      quiet
      vercel_failed "change $1"
      ;;
    esac
  done
  [ -z "$accepted" ] || fail 7 "Vercel took the change of $1, and reading it back shows another state." "Look at it in the dashboard: does somebody else change it? Then run the same command again."
  [ "$http_was" != 000 ] || fail 6 "Vercel did not answer when asked to change $1." "Check the network, then run the same command again; or finish in the dashboard."
  fail 5 "Vercel did not change $1 ($http_was)." "Run the same command again, or finish in the dashboard."
}

read_variables "$env_names"
compare_variables
built_after=
work=
planned=
removals=
shared=
asking=
again=
for env_key in $env_names; do
  case " $planned " in
  *" $env_key "*) continue ;;
  esac
  planned="$planned $env_key"
  look_at "$env_key"
  case $verdict in
  none)
    [ -n "$(removed_before "$env_key")" ] ||
      fail 4 "neither production nor the snapshot has a variable $env_key." "Check the name; '$script diff' shows what was changed."
    again=1
    say "  removed already     $env_key"
    continue
    ;;
  same)
    say "  as in the snapshot  $env_key"
    continue
    ;;
  secret | removed)
    case $state in
    saved)
      [ "$verdict" = removed ] || fail 4 "$env_key is secret by now: nobody could verify what is put there." "Set it in the dashboard, to the value in the snapshot file; then redeploy."
      ;;
    system) fail 4 "$env_key is set by Vercel itself." "Leave its name out." ;;
    *) fail 4 "$env_key was secret when the snapshot was taken: its value was not saved." "Set it in the dashboard, to the value from the place where credentials are kept; then redeploy. For the others, run the same command without it." ;;
    esac
    ;;
  esac
  case $verdict in
  changed) say "  put back            $env_key" ;;
  removed)
    say "  create again        $env_key"
    case ,$old_targets, in
    *,custom,*) wrap say "    " "It stood for custom environments too: add those in the dashboard." ;;
    esac
    ;;
  added)
    case ,$targets, in
    *,custom,*) fail 4 "$env_key was added since, and is shared with custom environments." "Take it off production in the dashboard; then redeploy." ;;
    esac
    say "  REMOVE              $env_key (the snapshot does not have it)"
    removals="$removals $env_key"
    ;;
  esac
  if [ "$verdict" != removed ] && [ "$targets" != production ]; then
    if [ "$verdict" = added ]; then
      wrap say "    " "It stays for $(shared_with "$targets")."
    else
      wrap say "    " "It is shared with $(shared_with "$targets"): they get the value too."
      shared="$shared $env_key"
    fi
  elif [ "$verdict" != added ]; then
    asking=1
  fi
  work="$work $env_key"
done

if [ -n "$dry_run" ]; then
  say "  A real run would do this, and read every value back."
elif [ -n "$work" ]; then
  wrap say "  " "Production gets the values with a new build only, and that may apply database migrations. An instant rollback to a deployment that was built with the old values brings them back without a build."
  [ -z "$asking" ] || confirm "  Put these back?"
  for env_key in $shared; do confirm "  Put $env_key back where it is shared, too?"; done
  for env_key in $removals; do confirm "  REMOVE $env_key from production?"; done
  save_variables before
  wrap say "  " "What these hold now is kept for an undo with ROLLBOOK_SNAPSHOT:"
  say "Before: $(printable "$env_file")"
  if [ -n "$removals" ]; then
    # A second run after a fault must know a name that nothing has any longer.
    note=${env_file%/*}/environment-$VERCEL_PROJECT_ID.removed
    # Into a pipe that somebody has put there this would write for ever.
    if [ -L "$note" ] || { [ -e "$note" ] && [ ! -f "$note" ]; }; then fail 3 "something else lies where the names of removed variables are kept: $(printable "$note")" "Move it away, then run the same command again."; fi
    for env_key in $removals; do printf '%s\n' "$env_key"; done >>"$note" ||
      fail 3 "there is no room to write down what is being removed." "Free some disk space, then run the same command again."
  fi
  record "$step" before 0 names "${work# }" snapshot "$env_snapshot" undo "$env_file"
  did=restoring
  truth="Some of these variables may be changed on Vercel:$work. Production still runs with the values that its deployment was built with."
  for env_key in $work; do
    put_back "$env_key"
    say "  read back           $env_key"
  done
fi
if [ -z "$dry_run" ]; then
  read_variables "$env_names"
  compare_variables
  for env_key in $planned; do
    look_at "$env_key"
    case $verdict in
    same | none) ;;
    *) fail 7 "$env_key was changed again while the others were put back." "Look in the dashboard to see who else changes variables now; then run the same command again." ;;
    esac
  done
  # A removal leaves no time behind: what is live may be older than that.
  [ -n "$again$removals" ] || built_after=$(awk -F '\t' '
    $5 !~ /^[0-9]+$/ { unknown = 1 }
    length($5) > length(last) || (length($5) == length(last) && $5 "" > last) { last = $5 "" }
    END { if (!unknown) print last }' "$scratch/now")
  if [ -n "$work" ]; then did=restored; else did=already; fi
  truth="On Vercel these variables are as in the snapshot:$planned. Production may still run with the values that its deployment was built with."
  record "$step" ok 0 names "${planned# }"
fi

# --- Step 4: Redeploy
begin_step redeploy 'Step 4: Redeploy'

# newer WHAT: the newest production deployment made from the same commit as the live one that has
# not failed, of those made after the last change (WHAT is 'made') or not listed before ('listed').
newer() {
  deployments | awk -v what="$1" -v commit="$live_commit" -v live="$live" -v after="$built_after" -v before="$scratch/before" '
    BEGIN { while ((getline line < before) > 0) { split(line, at, " "); known[at[2]] = 1 } }
    $1 != commit || $2 == live || $4 != "production" { next }
    $3 !~ /^(READY|BUILDING|QUEUED|INITIALIZING)$/ { next }
    what == "made" ? $6 + 0 > after + 0 : !($2 in known) {
      print $2
      exit
    }'
}

vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${production_host}""${vercel_only_team}" || vercel_failed "say what production serves"
read_live
is_live
require_proof "$?"
short=$(printf '%.12s' "$live_commit" | tr -cd '0-9a-f')
short=${short:-'an unknown commit'}
live_made=$(answer .createdAt)
say "  live now    $live"
target=
asked=
promoted=
word_seen=restored
fresh=$(awk -v made="$live_made" -v after="$built_after" 'BEGIN { if (after != "" && made + 0 > after + 0) print "yes" }')
if [ -n "$fresh" ]; then
  say "  It was built after the last change: it has these values."
  target=$live
elif [ -n "$dry_run" ]; then
  check_build
  say "  A real run would build it again, wait until that is live and look."
else
  vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"'/v6/deployments?projectId='"${VERCEL_PROJECT_ID}"'&limit=100'"${vercel_team}"'&target=production' || vercel_failed "list the production deployments"
  awk -F '\t' '$1 ~ /^\.deployments\.[0-9]+\.uid$/ { found = 1 } END { exit !found }' "$scratch/answer" ||
    fail 5 "Vercel's answer is no list of deployments." "Run the same command again, or redeploy in the dashboard."
  deployments >"$scratch/before"
  unmoved=$truth
  # An earlier run may have asked already.
  [ -z "$built_after" ] || [ -z "$live_commit" ] || target=$(newer made)
  if is_deployment "$target"; then
    say "  It is being built again already."
  else
    check_build
    confirm "  Build it again now? The build may apply database migrations."
    truth="$truth The request to build $live again was being made; a build may be under way."
    # Not repeated: each request would start a build of its own.
    redeployment="{\"deploymentId\":\"$live\",\"name\":\"$project_name\",\"target\":\"production\",\"meta\":{\"action\":\"redeploy\"}}"
    vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request POST --header 'Content-Type: application/json' --data "${redeployment}" "${vercel_api}"/v13/deployments"${vercel_only_team}" && target=$(answer .id)
    case $http_status in
    2??) is_deployment "$target" || fail 7 "Vercel's answer names no new deployment." "Look in the dashboard whether production is being built." ;;
    000 | 5??)
      asked_status=$http_status
      target=
      for _ in 1 2 3; do
        [ -z "$live_commit" ] || { vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"'/v6/deployments?projectId='"${VERCEL_PROJECT_ID}"'&limit=100'"${vercel_team}"'&target=production' && target=$(newer listed); }
        [ -z "$target" ] || break
        pause 2
      done
      if ! is_deployment "$target"; then
        [ "$asked_status" != 000 ] || fail 6 "Vercel did not answer when asked to build." "Look in the dashboard whether a build has begun; if not, run the same command again."
        fail 5 "Vercel failed to start the build ($asked_status)." "Look in the dashboard whether a build has begun; if not, run the same command again."
      fi
      ;;
    *) vercel_failed "build the live deployment again" "$unmoved" ;;
    esac
  fi
  asked=1
  record "$step" before 0 live_before "$live" target "$target"
  truth="$unmoved The new deployment is $target."
  say "  building    $target (up to 15 minutes)"
  built=
  waited=0
  while [ "$waited" -lt 900 ]; do
    if vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${target}""${vercel_only_team}"; then
      built=$(answer .readyState)
      case $built in
      READY) break ;;
      ERROR | CANCELED) fail 5 "the new build failed on Vercel ($target)." "Look at its log in the dashboard. Production runs with the old values until a build succeeds; an instant rollback needs none." ;;
      esac
    fi
    pause 3
  done
  [ "$built" = READY ] || fail 6 "the new build was not ready within 15 minutes." "Follow $target in the dashboard."
  # Where automatic assignment is off, as after an instant rollback, nothing goes live by itself.
  vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v9/projects/"${VERCEL_PROJECT_ID}""${vercel_only_team}" || vercel_failed "show the project"
  if [ "$(answer .autoAssignCustomDomains)" = false ]; then
    wrap say "  " "Production is pinned: the new deployment must be promoted, and that unpins production."
    confirm "  Promote it?"
    unmoved=$truth
    promoting="$truth The request to promote it was being made; it may have been carried out."
    for _ in 1 2 3; do
      vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - "${vercel_api}"/v13/deployments/"${production_host}""${vercel_only_team}" || vercel_failed "say what production serves"
      serves=$(answer .id)
      [ "$serves" != "$target" ] || break
      [ "$serves" = "$live" ] || fail 7 "somebody else has moved production meanwhile, to $(printable "$serves")." "Look in the dashboard to see who else deploys now. $target is ready, and can be promoted there."
      truth=$promoting
      vercel curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request POST --header 'Content-Type: application/json' --data '{}' "${vercel_api}"/v10/projects/"${VERCEL_PROJECT_ID}"/promote/"${target}""${vercel_only_team}" || :
      promoted=1
      case $http_status in
      2??) break ;;
      000 | 409 | 429 | 5??)
        # What is refused later does not take back what may have worked now.
        unmoved=$truth
        pause 2
        ;;
      *) vercel_failed "promote $target" "$unmoved" ;;
      esac
    done
  fi
fi
[ -n "$dry_run" ] || record "$step" ok 0 live_before "$live" target "$target" promoted "${promoted:-0}"

# --- Step 5: Verify Configuration
begin_step verify 'Step 5: Verify Configuration'

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
  *) tell_team 'PartPulse'"'"'s environment variables were put back.' ;;
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
wrap say 'DONE. ' "$truth"
wrap say '  ' 'Check application logs, and verify functionality. See ''Section 7.1 of the document'.
finish 0 ok
