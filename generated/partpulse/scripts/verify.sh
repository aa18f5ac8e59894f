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
# Content sha256:c0680ced9515fa42275d4206970fdc7227d25456fce0eb9970d997b06f7a64d1

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
  now
  step_began=$seconds
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

# shellcheck disable=SC2317 # reached through the trap below
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

# interrupted CODE SIGNAL: ends what runs, then the script.
interrupted() {
  if [ -n "$holding" ]; then
    held="$1 $2"
    return
  fi
  trap '' INT TERM HUP
  [ -n "$watch" ] && kill -TERM "$watch" 2>/dev/null
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
# shellcheck disable=SC2317 # what it ends with is reached through the traps too
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
  PRODUCTION_URL      URL; the document does not know it yet
  NORMAL_RESPONSE_MS  Normal response time of the home page (ms); the document
                      does not know it yet
  DIRECT_URL          the database, postgresql://...; a secret
  DATABASE_URL        the same, where DIRECT_URL is not set; a secret
  ROLLBOOK_LOG_DIR    folder for the run log
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
  set -- who "${who%%@*}" host "${who#*@}" folder "$PWD" arguments "$*" stamp sha256:c0680ced9515fa42275d4206970fdc7227d25456fce0eb9970d997b06f7a64d1 hosts "$hosts"
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

# pause SECONDS: waits between two looks, and counts it in $waited.
waited=0
pause() {
  sleep "$1" 2>/dev/null || :
  waited=$((waited + $1))
}

# still_waiting WHAT SECONDS: says once a minute what is waited for, and how long that can last.
# shellcheck disable=SC2317 # not every script waits so long
still_waiting() {
  [ "$waited" -ge 60 ] || minutes_told=0
  [ "$((waited / 60))" -gt "$minutes_told" ] || return 0
  minutes_told=$((waited / 60))
  wrap say "  " "Still waiting for $1, for at most $((($2 - waited + 59) / 60)) more minutes."
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

# try CHECK SECONDS SHOWN: looks, and for so many seconds looks again while it does not hold.
try() {
  looked_at=1
  if [ -n "$dry_run" ]; then
    wrap say "  would look   " "$text${3:+: $3}"
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
  if [ -n "$dry_run" ]; then
    [ -n "$looked_at" ] || wrap say "  would ask    " "$text"
  elif [ -n "$looked_at" ] && [ "$verdict" -eq 0 ]; then
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
  [ "$of_content" = sha256:c0680ced9515fa42275d4206970fdc7227d25456fce0eb9970d997b06f7a64d1 ] ||
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
  printf 'Completed by %s from %s on %s.\n\n' verify.sh 'version 1.2.0 of the document' "$began"
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
  pairs checklist verification service partpulse version 1.2.0 content sha256:c0680ced9515fa42275d4206970fdc7227d25456fce0eb9970d997b06f7a64d1 \
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
  if [ -n "$dry_run" ]; then
    say "Dry run: nothing was looked at."
    finish 0 ok
  fi
  count_results
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
  address="${parameter_address}"
  address=${address%/}
  path=/
  asked="GET $path"
  case $address in
  *[!A-Za-z0-9.:/_~-]*)
    found="the address of production cannot be used"
    return 2
    ;;
  http://?* | https://?*) ;;
  *)
    found="the address of production is not known"
    return 2
    ;;
  esac
  command -v curl >/dev/null 2>&1 || {
    found="the program 'curl' is not on this machine"
    return 2
  }
  limited 25 curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '\n%{http_code} %{time_total} %{url_effective}' "${address}""${path}"
  looked=$?
  answered=$(tail -n 1 "$scratch/out" | tr -cd '\040-\176')
  http_status=${answered%% *}
  answered=${answered#* }
  took=$(printf '%.3f' "${answered%% *}" 2>/dev/null)
  reached=${answered#* }
  case $looked in
  0) ;;
  6) found="$asked: no such host" ;;
  7) found="$asked: nobody answers there" ;;
  28 | 124) found="$asked: no answer within 20 seconds" ;;
  35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91) found="$asked: the certificate or the encryption failed (TLS)" ;;
  47) found="$asked: redirects without end" ;;
  *) found="$asked: no proper answer (curl $looked)" ;;
  esac
  [ "$looked" -eq 0 ] || return 1
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  # Where somebody else answers (to log in, to park a domain), nothing is known of the application.
  here=${address#*://}
  here=${here%%/*}
  case $reached/ in
  "${address%%://*}://$here/"* | "https://$here/"*) ;;
  *)
    reached=${reached#*://}
    reached=${reached%%[/?#]*}
    found="$asked: ends at ${reached##*@}, not at $here; if that is the application, make it the address of production"
    return 1
    ;;
  esac

  # In files: a page can be longer than what a variable may hold on its way to a program.
  sed '$d' "$scratch/out" | tr -d '\000' >"$scratch/page"
  tr -d ' \n\r\t' <"$scratch/page" >"$scratch/body"
  sed 's/<[^>]*>//g' "$scratch/body" | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  found="$asked: $http_status in $took s"
  return 0
}

check_2() {
  address="${parameter_address}"
  address=${address%/}
  path=/api/health
  asked="GET $path"
  case $address in
  *[!A-Za-z0-9.:/_~-]*)
    found="the address of production cannot be used"
    return 2
    ;;
  http://?* | https://?*) ;;
  *)
    found="the address of production is not known"
    return 2
    ;;
  esac
  command -v curl >/dev/null 2>&1 || {
    found="the program 'curl' is not on this machine"
    return 2
  }
  limited 25 curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '\n%{http_code} %{time_total} %{url_effective}' "${address}""${path}"
  looked=$?
  answered=$(tail -n 1 "$scratch/out" | tr -cd '\040-\176')
  http_status=${answered%% *}
  answered=${answered#* }
  took=$(printf '%.3f' "${answered%% *}" 2>/dev/null)
  reached=${answered#* }
  case $looked in
  0) ;;
  6) found="$asked: no such host" ;;
  7) found="$asked: nobody answers there" ;;
  28 | 124) found="$asked: no answer within 20 seconds" ;;
  35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91) found="$asked: the certificate or the encryption failed (TLS)" ;;
  47) found="$asked: redirects without end" ;;
  *) found="$asked: no proper answer (curl $looked)" ;;
  esac
  [ "$looked" -eq 0 ] || return 1
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  # Where somebody else answers (to log in, to park a domain), nothing is known of the application.
  here=${address#*://}
  here=${here%%/*}
  case $reached/ in
  "${address%%://*}://$here/"* | "https://$here/"*) ;;
  *)
    reached=${reached#*://}
    reached=${reached%%[/?#]*}
    found="$asked: ends at ${reached##*@}, not at $here; if that is the application, make it the address of production"
    return 1
    ;;
  esac

  # In files: a page can be longer than what a variable may hold on its way to a program.
  sed '$d' "$scratch/out" | tr -d '\000' >"$scratch/page"
  tr -d ' \n\r\t' <"$scratch/page" >"$scratch/body"
  sed 's/<[^>]*>//g' "$scratch/body" | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  expected=$(printf '%s' '"status":"ok"' | tr -d ' \t')
  if ! grep -qF -e "$expected" "$scratch/body"; then
    found="$asked: the answer does not say $expected"
    return 1
  fi
  found="$asked: $http_status in $took s"
  return 0
}

check_3() {
  address="${parameter_address}"
  address=${address%/}
  path=/
  asked="GET $path"
  case $address in
  *[!A-Za-z0-9.:/_~-]*)
    found="the address of production cannot be used"
    return 2
    ;;
  http://?* | https://?*) ;;
  *)
    found="the address of production is not known"
    return 2
    ;;
  esac
  command -v curl >/dev/null 2>&1 || {
    found="the program 'curl' is not on this machine"
    return 2
  }
  limited 25 curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '\n%{http_code} %{time_total} %{url_effective}' "${address}""${path}"
  looked=$?
  answered=$(tail -n 1 "$scratch/out" | tr -cd '\040-\176')
  http_status=${answered%% *}
  answered=${answered#* }
  took=$(printf '%.3f' "${answered%% *}" 2>/dev/null)
  reached=${answered#* }
  case $looked in
  0) ;;
  6) found="$asked: no such host" ;;
  7) found="$asked: nobody answers there" ;;
  28 | 124) found="$asked: no answer within 20 seconds" ;;
  35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91) found="$asked: the certificate or the encryption failed (TLS)" ;;
  47) found="$asked: redirects without end" ;;
  *) found="$asked: no proper answer (curl $looked)" ;;
  esac
  [ "$looked" -eq 0 ] || return 1
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  # Where somebody else answers (to log in, to park a domain), nothing is known of the application.
  here=${address#*://}
  here=${here%%/*}
  case $reached/ in
  "${address%%://*}://$here/"* | "https://$here/"*) ;;
  *)
    reached=${reached#*://}
    reached=${reached%%[/?#]*}
    found="$asked: ends at ${reached##*@}, not at $here; if that is the application, make it the address of production"
    return 1
    ;;
  esac

  # In files: a page can be longer than what a variable may hold on its way to a program.
  sed '$d' "$scratch/out" | tr -d '\000' >"$scratch/page"
  tr -d ' \n\r\t' <"$scratch/page" >"$scratch/body"
  sed 's/<[^>]*>//g' "$scratch/body" | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  grep -qiF -e 'Application error: a' "$scratch/page"
  case $? in
  0)
    found="$asked: the answer shows an error message"
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

check_4() {
  address="${parameter_address}"
  address=${address%/}
  path=/
  asked="GET $path"
  case $address in
  *[!A-Za-z0-9.:/_~-]*)
    found="the address of production cannot be used"
    return 2
    ;;
  http://?* | https://?*) ;;
  *)
    found="the address of production is not known"
    return 2
    ;;
  esac
  command -v curl >/dev/null 2>&1 || {
    found="the program 'curl' is not on this machine"
    return 2
  }
  limited 25 curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '\n%{http_code} %{time_total} %{url_effective}' "${address}""${path}"
  looked=$?
  answered=$(tail -n 1 "$scratch/out" | tr -cd '\040-\176')
  http_status=${answered%% *}
  answered=${answered#* }
  took=$(printf '%.3f' "${answered%% *}" 2>/dev/null)
  reached=${answered#* }
  case $looked in
  0) ;;
  6) found="$asked: no such host" ;;
  7) found="$asked: nobody answers there" ;;
  28 | 124) found="$asked: no answer within 20 seconds" ;;
  35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91) found="$asked: the certificate or the encryption failed (TLS)" ;;
  47) found="$asked: redirects without end" ;;
  *) found="$asked: no proper answer (curl $looked)" ;;
  esac
  [ "$looked" -eq 0 ] || return 1
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  # Where somebody else answers (to log in, to park a domain), nothing is known of the application.
  here=${address#*://}
  here=${here%%/*}
  case $reached/ in
  "${address%%://*}://$here/"* | "https://$here/"*) ;;
  *)
    reached=${reached#*://}
    reached=${reached%%[/?#]*}
    found="$asked: ends at ${reached##*@}, not at $here; if that is the application, make it the address of production"
    return 1
    ;;
  esac

  # In files: a page can be longer than what a variable may hold on its way to a program.
  sed '$d' "$scratch/out" | tr -d '\000' >"$scratch/page"
  tr -d ' \n\r\t' <"$scratch/page" >"$scratch/body"
  sed 's/<[^>]*>//g' "$scratch/body" | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  grep -qiF -e 'Internal Server Error' "$scratch/page"
  case $? in
  0)
    found="$asked: the answer shows an error message"
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
  address="${parameter_address}"
  address=${address%/}
  path=/api/auth/session
  asked="GET $path"
  case $address in
  *[!A-Za-z0-9.:/_~-]*)
    found="the address of production cannot be used"
    return 2
    ;;
  http://?* | https://?*) ;;
  *)
    found="the address of production is not known"
    return 2
    ;;
  esac
  command -v curl >/dev/null 2>&1 || {
    found="the program 'curl' is not on this machine"
    return 2
  }
  limited 25 curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '\n%{http_code} %{time_total} %{url_effective}' "${address}""${path}"
  looked=$?
  answered=$(tail -n 1 "$scratch/out" | tr -cd '\040-\176')
  http_status=${answered%% *}
  answered=${answered#* }
  took=$(printf '%.3f' "${answered%% *}" 2>/dev/null)
  reached=${answered#* }
  case $looked in
  0) ;;
  6) found="$asked: no such host" ;;
  7) found="$asked: nobody answers there" ;;
  28 | 124) found="$asked: no answer within 20 seconds" ;;
  35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91) found="$asked: the certificate or the encryption failed (TLS)" ;;
  47) found="$asked: redirects without end" ;;
  *) found="$asked: no proper answer (curl $looked)" ;;
  esac
  [ "$looked" -eq 0 ] || return 1
  if [ "$http_status" != 200 ]; then
    found="$asked: status ${http_status:-unknown}"
    return 1
  fi
  # Where somebody else answers (to log in, to park a domain), nothing is known of the application.
  here=${address#*://}
  here=${here%%/*}
  case $reached/ in
  "${address%%://*}://$here/"* | "https://$here/"*) ;;
  *)
    reached=${reached#*://}
    reached=${reached%%[/?#]*}
    found="$asked: ends at ${reached##*@}, not at $here; if that is the application, make it the address of production"
    return 1
    ;;
  esac

  # In files: a page can be longer than what a variable may hold on its way to a program.
  sed '$d' "$scratch/out" | tr -d '\000' >"$scratch/page"
  tr -d ' \n\r\t' <"$scratch/page" >"$scratch/body"
  sed 's/<[^>]*>//g' "$scratch/body" | tr -d '\n' >"$scratch/words"
  if [ ! -s "$scratch/words" ]; then
    found="$asked: the answer is blank"
    return 1
  fi
  expected=$(printf '%s' '{' | tr -d ' \t')
  if ! grep -qF -e "$expected" "$scratch/body"; then
    found="$asked: the answer does not say $expected"
    return 1
  fi
  found="$asked: $http_status in $took s"
  return 0
}

check_6() {
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

check_7() {
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
  get_once() {
    address="${parameter_address}"
    address=${address%/}
    path=/
    asked="GET $path"
    case $address in
    *[!A-Za-z0-9.:/_~-]*)
      found="the address of production cannot be used"
      return 2
      ;;
    http://?* | https://?*) ;;
    *)
      found="the address of production is not known"
      return 2
      ;;
    esac
    command -v curl >/dev/null 2>&1 || {
      found="the program 'curl' is not on this machine"
      return 2
    }
    limited 25 curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '\n%{http_code} %{time_total} %{url_effective}' "${address}""${path}"
    looked=$?
    answered=$(tail -n 1 "$scratch/out" | tr -cd '\040-\176')
    http_status=${answered%% *}
    answered=${answered#* }
    took=$(printf '%.3f' "${answered%% *}" 2>/dev/null)
    reached=${answered#* }
    case $looked in
    0) ;;
    6) found="$asked: no such host" ;;
    7) found="$asked: nobody answers there" ;;
    28 | 124) found="$asked: no answer within 20 seconds" ;;
    35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91) found="$asked: the certificate or the encryption failed (TLS)" ;;
    47) found="$asked: redirects without end" ;;
    *) found="$asked: no proper answer (curl $looked)" ;;
    esac
    [ "$looked" -eq 0 ] || return 1
    if [ "$http_status" != 200 ]; then
      found="$asked: status ${http_status:-unknown}"
      return 1
    fi
    # Where somebody else answers (to log in, to park a domain), nothing is known of the application.
    here=${address#*://}
    here=${here%%/*}
    case $reached/ in
    "${address%%://*}://$here/"* | "https://$here/"*) ;;
    *)
      reached=${reached#*://}
      reached=${reached%%[/?#]*}
      found="$asked: ends at ${reached##*@}, not at $here; if that is the application, make it the address of production"
      return 1
      ;;
    esac
  }
  all=
  for _ in 1 2 3; do
    get_once || return "$?"
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
    begin_item loads 'Application loads successfully'
    try check_1 2 'curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '"'"'\n%{http_code} %{time_total} %{url_effective}'"'"' <production-url>/'
    try check_2 2 'curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '"'"'\n%{http_code} %{time_total} %{url_effective}'"'"' <production-url>/api/health'
    end_item
    begin_item no-errors 'No error messages on homepage'
    try check_3 2 'curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '"'"'\n%{http_code} %{time_total} %{url_effective}'"'"' <production-url>/'
    try check_4 2 'curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '"'"'\n%{http_code} %{time_total} %{url_effective}'"'"' <production-url>/'
    end_item
    begin_item authentication 'Authentication works'
    try check_5 2 'curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '"'"'\n%{http_code} %{time_total} %{url_effective}'"'"' <production-url>/api/auth/session'
    end_item
    begin_item database 'Database connection successful'
    try check_6 2 'psql --no-psqlrc --no-password --tuples-only --no-align --command '"'"'select 1'"'"''
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
    try check_7 2 'curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --location --max-redirs 5 --write-out '"'"'\n%{http_code} %{time_total} %{url_effective}'"'"' <production-url>/'
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
