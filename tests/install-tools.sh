#!/bin/sh
# The programs that the tests use besides Python and git. As root on Debian or
# Ubuntu this installs what is missing; elsewhere it says what is missing, and the
# tests that need it are skipped by name (with CI=true they fail instead).
set -eu

missing=
for pair in dash:dash bash:bash busybox:busybox mksh:mksh shfmt:shfmt curl:curl openssl:openssl ps:procps node:nodejs npm:npm gh:gh chromium:chromium promtool:prometheus amtool:prometheus-alertmanager; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
# Debian keeps PostgreSQL's own programs away from PATH.
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
# It lies where only root's PATH leads.
command -v sshd >/dev/null 2>&1 || [ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the tests:$missing"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  case $missing in
  *postgresql*)
    # Otherwise the package makes a server of its own, on the default port, and starts it.
    apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
    echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
    ;;
  esac
  case $missing in
  *openssh-server*)
    # Otherwise the package starts a server, on the default port, now and whenever the machine starts.
    mkdir -p /etc/ssh
    : >/etc/ssh/sshd_not_to_be_run
    ;;
  esac
  case $missing in
  *prometheus*)
    # Otherwise each of the two packages starts a server, on its default port, now and whenever the
    # machine starts. Masked units are not started; policy-rc.d tells the same to other inits.
    mkdir -p /etc/systemd/system
    for unit in prometheus prometheus-alertmanager; do
      case " $missing " in
      *" $unit "*) ln -sf /dev/null "/etc/systemd/system/$unit.service" ;;
      esac
    done
    if ! [ -e /usr/sbin/policy-rc.d ]; then
      trap 'rm -f /usr/sbin/policy-rc.d' EXIT
      printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
      chmod 755 /usr/sbin/policy-rc.d
    fi
    ;;
  esac
  # shellcheck disable=SC2086 # a list of names
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "Not installed, so tests that need it are skipped:$missing"
fi
