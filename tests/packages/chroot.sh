#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In a bare system without a running systemd: /debs/old and /debs/new are installed, upgraded, removed, purged.
set -u
. /debs/lines.sh
export LC_ALL=C.UTF-8 SSCARD_SOCKET=/run/sscard/sscard.sock
journal=/var/lib/sscard/journal.db
ours=$(for deb in /debs/old/*.deb; do dpkg-deb -f "$deb" Package; done)

# What a package may leave: nothing. The tools that make users, and dpkg itself, keep these.
files() {
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /debs -o -path /tmp -o -path /root -o -path /var/lib/dpkg \
    -o -path /var/log -o -path /var/cache -o -path '/etc/*-' -o -path /etc/.pwd.lock -o -path /etc/.updated \) -prune -o -print | sort
}
added() { comm -13 /tmp/before <(files); }
put() { dpkg -i "$1"/*.deb; }
drop() { dpkg "$1" $ours; } # -r or -P

# A service on simulated readers with the packaged places, for one command.
service=
with_service() {
  local rc=0
  runuser -u sscard -- sscardd --sim=ssc-3.0 --socket $SSCARD_SOCKET --journal $journal 2>/tmp/service.log &
  service=$!
  soon 10 test -S $SSCARD_SOCKET && "$@" || rc=$?
  kill $service
  wait $service
  return $rc
}
pay() { sscard debit --op "$1" --pin-fd 0 1.00 <<<123456; }
knows() { says '"confirmed"' sscard txn get "$1" --json; }

files >/tmp/before
check 'installs on a bare system' put /debs/old
check 'its own user' says /usr/sbin/nologin getent passwd sscard
for role in reader biller operator perso admin; do check "group sscard-$role" getent group sscard-$role; done
check 'the configuration is right' runuser -u sscard -- sscardd --check-config
check 'the socket has a folder' test "$(stat -c '%U %a' /run/sscard)" = 'sscard 755'
check 'the state is nobody else'\''s' test "$(stat -c '%U %a' /var/lib/sscard)" = 'sscard 711'
check 'started at boot' test -L /etc/systemd/system/multi-user.target.wants/sscardd.service
check 'listens at boot' test -L /etc/systemd/system/sockets.target.wants/sscardd.socket
check 'the linker finds the national library' says libSSCardDriver.so ldconfig -p
check 'libraries are complete' not says 'not found' ldd /usr/sbin/sscardd /usr/bin/sscard /usr/lib/*/lib[A-Z]*.so /usr/lib/*/libsscard.so.0
check 'manual pages' test -s /usr/share/man/man8/sscardd.8.gz -a -s /usr/share/man/man1/sscard.1.gz -a -s /usr/share/man/zh_CN/man1/sscard.1.gz
check 'a debit' with_service pay first-sale-00000001
check 'the Python client' says '张三' with_service python3 -c 'import sscard; print(sscard.Service().card_identity())'
check 'pip sees the Python client' says "$(dpkg-deb -f /debs/old/python3-sscard_*.deb Version | sed 's/-.*//')" python3 -c '
import importlib.metadata as m
print(m.version("sscard"))'
check 'the national library' says '张三' with_service python3 -c "
import ctypes
out = ctypes.create_string_buffer(2048)
print(ctypes.CDLL('libSSCardDriver.so').iReadCardBas(1, out), out.value.decode('gb18030'))"
check 'the journal is nobody else'\''s' test "$(stat -c '%U %a' $journal)" = 'sscard 600'

sed -i 's/^other = .*/other = none/' /etc/sscard/sscardd.conf
check 'upgrade' put /debs/new
check 'the new version' says "$(dpkg-deb -f /debs/new/sscardd_*.deb Version)" dpkg-query -W -f '${Version}' sscardd
check 'upgrade keeps the configuration' grep -q '^other = none' /etc/sscard/sscardd.conf
check 'upgrade keeps the journal' with_service knows first-sale-00000001

check 'removal' drop -r
check 'no program is left' not ls /usr/sbin/sscardd /usr/bin/sscard /usr/lib/*/libsscard* /lib/systemd/system/sscardd.*
check 'removal keeps the configuration' test -s /etc/sscard/sscardd.conf
check 'removal keeps the journal' test -s $journal

check 'purge tells of the journal' says "$journal" drop -P
check 'purge leaves the journal alone' test "$(added | grep -v "^$journal\(-wal\|-shm\)\?\$" | tr -d '\n')" = /var/lib/sscard
added | sed 's/^/     left: /'

check 'installs again' put /debs/new
check 'the journal is known again' with_service knows first-sale-00000001
touch /var/lib/sscard/purge-journal
mkdir -p /var/lib/sscard/readers/contact
check 'purge with the mark' drop -P
check 'nothing is left' test -z "$(added)"
added | sed 's/^/     left: /'
echo "@@ end"
