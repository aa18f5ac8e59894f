#!/bin/sh
# post-rollback.sh: Post-Rollback Protocol (PartPulse, Section 8.1)
#
# Usage: post-rollback.sh [--yes] [--dry-run] [--resume] [<logs>...]
# Run it with --help for options, exit codes and what it touches.
#
# Touches only:
#   - an incident report beside the run log
#   - the prepared messages beside the run log; a message to the team, where ROLLBOOK_NOTIFY_URL is set
#   - a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)
#   - the completed list, as Markdown and JSON beside the log
#
# Made by Rollbook from content/partpulse/checklists/post-rollback.yaml. Do not edit: edit that file.
# Content sha256:b044ca7c7822880b30640f4b08985a9191419390efd157b444787df114971674

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
for name in [ cd command echo kill printf read test umask wait awk cat date fold grep id mkdir mktemp od rm sed sleep sort tail tr uname \
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

procedure=post-rollback
script=post-rollback.sh

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
Post-Rollback Protocol (PartPulse)

Usage:
  post-rollback.sh [--yes] [--dry-run] [--resume] [<logs>...]

  [<logs>...]  run logs of the rollback; without any, those of the day of the
               last rollback
  --yes        ask no questions
  --dry-run    say what would be done, and touch nothing
  --resume     go on with the last run: what a person answered within a day
               stands
  --help       show this text

It touches only:
  -  an incident report beside the run log
  -  the prepared messages beside the run log; a message to the team, where
     ROLLBOOK_NOTIFY_URL is set
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
  ROLLBOOK_NOTIFY_URL  the team's incoming webhook (as Slack's); a secret
  ROLLBOOK_LOG_DIR     folder for the run log
END_OF_USAGE
}

refuse() {
  wrap warn "$script: " "$1"
  wrap warn "Usage: " 'post-rollback.sh [--yes] [--dry-run] [--resume] [<logs>...]'
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
option_resume=
parameter_logs=''
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
    --resume)
      option_resume=1
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
  *)
    check_word logs "$argument"
    parameter_logs="$parameter_logs $argument"
    ;;
  esac
done
[ "$given" -ge 0 ] || refuse 'expected [<logs>...]'

if [ -z "$yes" ] && [ -z "$dry_run" ] && [ ! -t 0 ]; then
  warn "$script: there is no terminal to ask on."
  wrap warn "" "Nothing was done. Give --yes to go ahead without a question, or --dry-run to look first."
  exit 2
fi

# --- This machine: programs, room for a scratch file, a log.
for name in awk cat date fold grep id mkdir mktemp od rm sed sleep sort tail tr uname; do
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
  set -- who "${who%%@*}" host "${who#*@}" folder "$PWD" arguments "$*" stamp sha256:b044ca7c7822880b30640f4b08985a9191419390efd157b444787df114971674 service partpulse
  [ -z "${ROLLBOOK_REHEARSAL:-}" ] || set -- "$@" rehearsal yes
  holding=1
  # The last folder gets a name that nobody can have taken before, since others may write beside it.
  open_log "${ROLLBOOK_LOG_DIR:-}" "$@" || open_log "${git_folder:+$git_folder/rollback-log}" "$@" ||
    open_log "$(mktemp -d "$place/rollback-log.XXXXXX" 2>/dev/null)" "$@" ||
    warn "No log can be written; the rollback goes on without one."
  release
fi

if [ -z "$dry_run" ]; then
  wrap say "" 'Post-Rollback Protocol (PartPulse, Section 8.1)'
  say "Touches only:"
  wrap say "  - " 'an incident report beside the run log'
  wrap say "  - " 'the prepared messages beside the run log; a message to the team, where ROLLBOOK_NOTIFY_URL is set'
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

# --- The run logs of the rollback: what it did, when, and what is true since. The last line of each says
# in a word what the run did; nothing else is taken for an answer.
run_kind=
rolled_back=
verified_at=
team_told=
run_by=
run_outcome=
run_procedure=

# is_ours LOG: whether no other service is named in its first line; several can share a folder of logs.
is_ours() {
  first=
  ours=partpulse
  IFS= read -r first 2>/dev/null <"$1"
  case $first in
  *"\"service\":\"$ours\""*) return 0 ;;
  *'"service":"'*) return 1 ;;
  esac
}

# collect_runs LOG...: reads these logs; without any, those of the day of the last rollback.
collect_runs() {
  : >"$scratch/runs"
  : >"$scratch/logs"
  number=0
  if [ "$#" -eq 0 ]; then
    for place in "${ROLLBOOK_LOG_DIR:-}" "${git_folder:+$git_folder/rollback-log}"; do
      if [ -z "$place" ] || [ ! -d "$place" ]; then continue; fi
      last=
      # shellcheck disable=SC2043 # a service may have one such script only
      for name in vercel-rollback.sh git-rollback.sh rollback.sh env-restore.sh; do
        for file in "$place/${name%.sh}"-[0-9]*T[0-9]*.jsonl; do
          { [ -f "$file" ] && is_ours "$file"; } || continue
          found=${file##*/"${name%.sh}"-}
          [ "$(printf '%s\n%s\n' "$last" "$found" | sort | tail -n 1)" = "$last" ] || last=$found
        done
      done
      [ -n "$last" ] || continue
      for file in "$place"/*-"${last%%T*}"T*.jsonl; do
        [ "$file" = "$log" ] || ! is_ours "$file" || set -- "$@" "$file"
      done
      break
    done
  fi
  for file in "$@"; do
    [ -f "$file" ] || fail 2 "there is no run log '$(printable "$file")'." "Give the path that the script printed as its last line."
    is_ours "$file" || fail 2 "the run log '$(printable "$file")' is that of another service." "Give one of this service's own."
    printf '%s\n' "$file" >>"$scratch/logs"
    number=$((number + 1))
    # One line a record: time, script, procedure, step, status, exit, seconds, and what else it says.
    # Many have the same second: of two runs that do, the one with the lower process id began first.
    flatten <"$file" | awk -F '\t' -v nth="$number" '
      function put() {
        pid = v[".run"]
        sub(/.*-/, "", pid)
        if (v[".time"] != "")
          printf "%s\tpid-%010d-%06d\t%06d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v[".time"], pid, nth, ++records, v[".script"], v[".procedure"], v[".step"], v[".status"], v[".exit"], v[".seconds"], more
        split("", v)
        more = ""
      }
      $1 == ".time" { put() }
      { v[$1] = $2 }
      $1 !~ /^\.(time|run|script|script_sha256|procedure|step|status|exit|seconds)$/ { more = more (more == "" ? "" : "; ") substr($1, 2) ": " $2 }
      END { put() }' >"$scratch/run"
    cat "$scratch/run" >>"$scratch/runs"
  done
  sort "$scratch/runs" >"$scratch/timeline"
  # Run by run, in the order in which they began.
  awk -F '\t' '!seen[$2]++ { print $2 }' "$scratch/timeline" >"$scratch/order"
  while IFS= read -r nth <&4; do
    awk -F '\t' -v nth="$nth" '$2 == nth' "$scratch/timeline" | sort -t "$tab" -k 3 >"$scratch/run"
    weigh_run
  done 4<"$scratch/order"
}

# weigh_run: what the run in $scratch/run did. The last one that moved production, or may have, counts;
# where none did, the last one.
weigh_run() {
  began_at=
  moved_at=
  ended_at=
  told_at=
  did_word=
  was_verified=
  said='Its log does not say what it did: it was cut short, or an older script wrote it.'
  while IFS=$tab read -r at _ _ _ of_procedure at_step state code _ more; do
    case $of_procedure/$at_step in
    vercel-dashboard-rollback/start)
      began_at=$at
      title='Vercel Dashboard Rollback'
      by=$(printf '%s' "$more" | sed 's/^who: \([^;]*\); host: \([^;]*\);.*/\1@\2/')
      ;;
    vercel-dashboard-rollback/promote)
      case $state in
      before | ok) moved_at=$at ;;
      esac
      ;;
    vercel-dashboard-rollback/notify) [ "$state" != ok ] || told_at=$at ;;
    vercel-dashboard-rollback/outcome)
      ended_at=$at
      case $more in
      'did: '*)
        did_word=${more#did: }
        did_word=${did_word%%;*}
        was_verified=${more#*verified: }
        was_verified=${was_verified%%;*}
        said=${more#*truth: }
        ;;
      esac
      ;;
    git-rollback/start)
      began_at=$at
      title='Git-Based Rollback'
      by=$(printf '%s' "$more" | sed 's/^who: \([^;]*\); host: \([^;]*\);.*/\1@\2/')
      ;;
    git-rollback/deploy)
      case $state in
      before | ok) moved_at=$at ;;
      esac
      ;;
    git-rollback/notify) [ "$state" != ok ] || told_at=$at ;;
    git-rollback/outcome)
      ended_at=$at
      case $more in
      'did: '*)
        did_word=${more#did: }
        did_word=${did_word%%;*}
        was_verified=${more#*verified: }
        was_verified=${was_verified%%;*}
        said=${more#*truth: }
        ;;
      esac
      ;;
    emergency-rollback/start)
      began_at=$at
      title='Emergency Rollback Script'
      by=$(printf '%s' "$more" | sed 's/^who: \([^;]*\); host: \([^;]*\);.*/\1@\2/')
      ;;
    emergency-rollback/move)
      case $state in
      before | ok) moved_at=$at ;;
      esac
      ;;
    emergency-rollback/notify) [ "$state" != ok ] || told_at=$at ;;
    emergency-rollback/outcome)
      ended_at=$at
      case $more in
      'did: '*)
        did_word=${more#did: }
        did_word=${did_word%%;*}
        was_verified=${more#*verified: }
        was_verified=${was_verified%%;*}
        said=${more#*truth: }
        ;;
      esac
      ;;
    environment-variables/start)
      began_at=$at
      title='Environment Variables'
      by=$(printf '%s' "$more" | sed 's/^who: \([^;]*\); host: \([^;]*\);.*/\1@\2/')
      ;;
    environment-variables/redeploy)
      case $state in
      before | ok) moved_at=$at ;;
      esac
      ;;
    environment-variables/notify) [ "$state" != ok ] || told_at=$at ;;
    environment-variables/outcome)
      ended_at=$at
      case $more in
      'did: '*)
        did_word=${more#did: }
        did_word=${did_word%%;*}
        was_verified=${more#*verified: }
        was_verified=${was_verified%%;*}
        said=${more#*truth: }
        ;;
      esac
      ;;
    esac
  done <"$scratch/run"
  [ -n "$began_at" ] || return 0
  case $did_word in
  moved | restored | changed) kind=rollback ;;
  undone) kind=undo ;;
  promoted) kind=promotion ;;
  moving | undoing | promoting | restoring | changing | '') kind=unknown ;;
  already)
    kind=none
    # An earlier run was cut short, and this one has seen that it had worked.
    if [ "$run_kind:$was_verified:$run_procedure" = "unknown:yes:$title" ]; then
      run_kind=rollback
      verified_at=$ended_at
      run_outcome=$said
      team_told=${told_at:-$team_told}
    fi
    ;;
  *) kind=none ;;
  esac
  if [ "$kind" = none ]; then
    case $run_kind in
    '' | none) ;;
    *) return 0 ;;
    esac
  fi
  run_kind=$kind
  run_procedure=$title
  run_by=$by
  run_outcome=$said
  team_told=$told_at
  rolled_back=${moved_at:-$ended_at}
  verified_at=
  case $kind in
  none) rolled_back= ;;
  *)
    if [ "$was_verified" = yes ]; then
      verified_at=$ended_at
    else
      run_outcome="NOT VERIFIED: $said"
    fi
    ;;
  esac
}

# tell_runs: what the logs say, in two lines.
tell_runs() {
  ran="${run_procedure:-unknown}, by ${run_by:-unknown}"
  case $run_kind in
  rollback) wrap say "" "Rollback: $ran, verified ${verified_at:-NOT VERIFIED}." ;;
  undo) wrap say "" "The last run UNDID a rollback: $ran, verified ${verified_at:-NOT VERIFIED}." ;;
  promotion) wrap say "" "The last run PROMOTED a deployment: $ran, verified ${verified_at:-NOT VERIFIED}." ;;
  unknown) wrap say "" "What the last run did is NOT KNOWN: $ran. Look what production serves before you tell anybody." ;;
  none) wrap say "" "No run moved production. The last run: $ran." ;;
  *)
    wrap say "" "No run log of a rollback is here; what follows knows no times. Give the log's path as an argument."
    return
    ;;
  esac
  wrap say "" "$run_outcome"
}

# deadline SECONDS WORDS: until when, as a time of day, counted from the rollback.
deadline() {
  until=
  [ "$run_kind" != rollback ] || until=$(clock "${verified_at:-$rolled_back}" "$1")
  if [ -n "$until" ]; then
    now
    if [ "$(printf '%s\n%s\n' "$until" "$stamp" | sort | sed 1q)" = "$until" ]; then
      printf '%s' "OVERDUE since $until. $2"
    else
      printf '%s' "Until $until. $2"
    fi
  else
    printf '%s' "$2"
  fi
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
  [ "$of_content" = sha256:b044ca7c7822880b30640f4b08985a9191419390efd157b444787df114971674 ] ||
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
  printf '# %s\n\n' 'Post-Rollback Protocol - PartPulse'
  printf 'Completed by %s from %s on %s.\n\n' post-rollback.sh 'version 1.3.0 of the document' "$began"
  printf '| Field | Entry |\n| --- | --- |\n'
  row Incident ''
  row 'Rollback verified at (UTC)' "${verified_at:-}"
  row Responsible "$who"
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
  pairs checklist post-rollback service partpulse version 1.3.0 content sha256:b044ca7c7822880b30640f4b08985a9191419390efd157b444787df114971674 \
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
  wrap say "" 'Rollback does not close the defect issue. The defect remains open for a proper fix.'
  step=items
  [ "$failed" -eq 0 ] || finish 7 failed
  if [ "$left" -gt 0 ] || [ "$passed" -eq 0 ]; then finish 8 'a person must finish'; fi
  verified=yes
  finish 0 ok
}

# --- What is looked at.
check_1() {
  case $run_kind in
  rollback) ;;
  none)
    found="no run moved production: there is no rollback to report"
    return 2
    ;;
  unknown)
    found="what the last run did is not known; look what production serves, then give the log of the rollback as an argument"
    return 2
    ;;
  undo | promotion)
    found="the last run was no rollback; to report the one before it, give its log as an argument"
    return 2
    ;;
  *)
    found="no run log of a rollback is here; give its path as an argument"
    return 2
    ;;
  esac
  if [ -z "$log" ]; then
    found="no file can be written beside the run log"
    return 2
  fi
  report=${log%.jsonl}-incident.md
  incident_report() {
    printf '# %s\n\n' 'Incident Report - PartPulse'
    printf 'Made by %s on %s from run logs. What no log says is open: a person fills it in.\n\n' "$script" "$began"
    printf '| Field | Entry |\n| --- | --- |\n'
    row Title ''
    row Severity ''
    row Trigger ''
    row Status ''
    row 'Began (UTC)' ''
    row 'Detected (UTC)' ''
    row 'Declared (UTC)' ''
    row 'Rolled back (UTC)' "$rolled_back"
    row 'Verified (UTC)' "$verified_at"
    row 'Ended (UTC)' ''
    row 'Source of detection' ''
    row 'Impact in numbers' ''
    row 'Incident commander' ''
    row Scribe ''
    row Communications ''
    row 'Authority used' "$run_by"
    row 'Team told (UTC)' "$team_told"
    row 'Procedure, version and steps taken' "$run_procedure"
    row 'Deviations from the procedure' ''
    row 'Messages sent' ''
    row 'Defect that stays open' ''
    printf '\n## Timeline (UTC)\n\n| Time | Script | Step | Result | Exit | Seconds | Details |\n| --- | --- | --- | --- | --- | --- | --- |\n'
    while IFS=$tab read -r at _ _ by_script _ at_step state code took more; do
      row "$at" "$by_script" "$at_step" "$state" "$code" "$took" "$more"
    done <"$scratch/timeline"
    printf '\n## Run logs\n\n'
    while IFS= read -r file; do
      printf -- '- '
      markdown "$file"
      printf ' (sha256 %s)\n' "$(sum_of "$file")"
    done <"$scratch/logs"
  }
  if ! whole "$report" incident_report; then
    found="the incident report could not be written to $report"
    return 2
  fi
  found="incident report: $report"
  return 2
}

check_2() {
  case $run_kind in
  rollback | undo | promotion) ;;
  none)
    found="no run moved production: nothing is prepared, and nothing is sent"
    return 2
    ;;
  unknown)
    found="what the last run did is not known: nothing is prepared, and nothing is sent. Look what production serves, and tell people yourself"
    return 2
    ;;
  *)
    found="no run log of a rollback is here: nothing is prepared, and nothing is sent"
    return 2
    ;;
  esac
  if [ -z "$log" ]; then
    found="no file can be written beside the run log"
    return 2
  fi
  file=${log%.jsonl}-messages.md
  messages() {
    message=
    case $run_kind in
    rollback) message='PartPulse was rolled back ('"${run_procedure}"') at '"${rolled_back}"' by '"${run_by}"'. '"${run_outcome}"' The defect stays open.' ;;
    undo) message='The rollback of PartPulse was undone at '"${rolled_back}"' by '"${run_by}"'. '"${run_outcome}" ;;
    promotion) message='A deployment of PartPulse was promoted at '"${rolled_back}"' by '"${run_by}"'. '"${run_outcome}" ;;
    esac
    [ -z "$message" ] || printf '## %s\n\n%s\n\n' 'To the team' "$message"
    message=
    case $run_kind in
    rollback) message='PartPulse was returned to an earlier version at '"${rolled_back}"'. Whether everything works again is being verified.' ;;
    undo) message='PartPulse was returned to its newer version at '"${rolled_back}"'. Whether everything works is being verified.' ;;
    promotion) message='PartPulse was updated at '"${rolled_back}"'. Whether everything works is being verified.' ;;
    esac
    [ -z "$message" ] || printf '## %s\n\n%s\n\n' 'To the status page (if applicable)' "$message"
    message=
    case $run_kind in
    rollback) message='PartPulse was rolled back at '"${rolled_back}"'. '"${run_outcome}"' The defect behind it stays open until it is properly fixed.' ;;
    undo) message='The rollback of PartPulse was undone at '"${rolled_back}"'. '"${run_outcome}" ;;
    promotion) message='A deployment of PartPulse was promoted at '"${rolled_back}"'. '"${run_outcome}" ;;
    esac
    [ -z "$message" ] || printf '## %s\n\n%s\n\n' 'To the stakeholders' "$message"
  }
  found="messages to send: $file"
  if ! whole "$file" messages; then
    found="no message was written to $file: the disk refused it, or the content has no text for this case"
  fi
  message=
  case $run_kind in
  rollback) message='PartPulse was rolled back ('"${run_procedure}"') at '"${rolled_back}"' by '"${run_by}"'. '"${run_outcome}"' The defect stays open.' ;;
  undo) message='The rollback of PartPulse was undone at '"${rolled_back}"' by '"${run_by}"'. '"${run_outcome}" ;;
  promotion) message='A deployment of PartPulse was promoted at '"${rolled_back}"' by '"${run_by}"'. '"${run_outcome}" ;;
  esac
  if [ -n "$team_told" ]; then
    sent="the team was told at $team_told"
  elif [ -z "$message" ]; then
    sent="the content has no text for this case: tell the team yourself"
  elif [ -n "${ROLLBOOK_NOTIFY_URL:-}" ]; then
    payload="{\"text\":\"$(json "$message")\"}"
    webhook curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 20 --write-out '\n%{http_code}' --config - --request POST --header 'Content-Type: application/json' --data "${payload}"
    case $? in
    0)
      now
      team_told=$stamp
      sent="the team's webhook took the message"
      ;;
    1) sent="the message to the team could NOT be sent" ;;
    *) sent="ROLLBOOK_NOTIFY_URL is no address" ;;
    esac
  else
    sent="the team has NOT been told by a script"
  fi
  found="$sent; $found"
  return 2
}

# --- The checklist, in the order of the document.
go_through() {
  begin_group 'Immediate Actions' "$(deadline 3600 'Within 1 hour of the rollback.')"
  begin_item document 'Document Rollback'
  part 'Create incident report'
  part 'Document trigger and timing'
  part 'Record rollback steps taken'
  try check_1 0 does
  end_item
  begin_item stability 'Verify System Stability'
  part 'Monitor error rates'
  part 'Check user reports'
  part 'Validate critical paths'
  end_item
  begin_item communicate 'Communicate Rollback'
  part 'Notify team in communication channel'
  part 'Update status page (if applicable)'
  part 'Inform stakeholders'
  try check_2 2 does
  end_item
  begin_group 'Within 24 Hours' "$(deadline 86400 'Within 24 hours of the rollback.')"
  begin_item root-cause 'Root Cause Analysis'
  part 'Why did deployment fail?'
  part 'What was missed in testing?'
  part 'How did it pass CI/CD gates?'
  end_item
  begin_item fix-architecture 'Update Fix Architecture'
  part 'Incorporate learnings from failure'
  part 'Update fix design'
  part 'Add additional safety checks'
  end_item
  begin_item testing 'Strengthen Testing'
  part 'Add tests that would have caught issue'
  part 'Improve staging validation'
  part 'Enhance monitoring'
  end_item
  begin_group 'Before Retry' ''
  begin_item defect 'Original Defect Still Exists'
  part 'System is back to defective state'
  part 'Original issue still needs fixing'
  end_item
  begin_item new-attempt 'New Fix Attempt Requires'
  part 'Fresh FM authorization'
  part 'Updated fix architecture'
  part 'Additional testing requirements'
  part 'Possibly human owner approval'
  end_item
  begin_item learning 'Learning Applied'
  part 'RCA findings incorporated'
  part 'Additional safety measures added'
  part 'Testing enhanced'
  end_item
}

# shellcheck disable=SC2086 # one word a log
collect_runs $parameter_logs
say ""
tell_runs
if [ -n "$option_resume" ] && [ -z "$dry_run" ]; then keep_answers; fi
at_end=write_completed
go_through
conclude
