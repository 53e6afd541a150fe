# SPDX-License-Identifier: Apache-2.0
# What the scripts of this folder say: one line a check, "@@ ok NAME" or "@@ FAILED NAME" with the command's last words.
checks=0 failures=0
check() { # NAME COMMAND...
  local name=$1 out rc=0
  shift
  checks=$((checks + 1))
  out=$("$@" 2>&1) || rc=$?
  if [ $rc -eq 0 ]; then
    echo "@@ ok $name ($SECONDS s)"
  else
    failures=$((failures + 1))
    echo "@@ FAILED $name"
    printf 'exit %d of: %s\n%s\n' $rc "$*" "$out" | tail -n 25 | sed 's/^/     /'
  fi
  return 0
}
not() { ! "$@"; }
says() { # TEXT COMMAND...: its output has the text, whatever its status
  local text=$1 out
  shift
  out=$("$@" 2>&1) || true
  case "$out" in *"$text"*) ;; *) printf '%s\n' "no \"$text\" in:" "$out"; return 1 ;; esac
}
soon() { # SECONDS COMMAND...: it succeeds within so long
  local until=$((SECONDS + $1))
  shift
  while ! "$@"; do
    [ $SECONDS -lt $until ] || return 1
    sleep 0.1
  done
}
