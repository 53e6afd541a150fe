#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In the guest, under a real systemd: the packaged units, pcscd and the simulated readers, at full hardening.
set -u
. /debs/lines.sh
export LC_ALL=C.UTF-8
unit=/run/systemd/system/sscardd.service.d

as() { local who=$1; shift; runuser -u "$who" -- "$@"; }
pid() { systemctl show -P MainPID sscardd.service; }
is() { test "$(systemctl show -P "$2" "$1")" = "$3"; }
another() { local now; now=$(pid); test "$now" != "$1" -a "$now" != 0; }
settle() { systemctl daemon-reload; systemctl reset-failed 2>/dev/null; systemctl restart sscardd.service; }
drop_in() { mkdir -p $unit; printf '[Service]\n%s\n' "$2" >"$unit/$1.conf"; settle; }
quiet() { rm -f "$unit/$1.conf"; settle; }
identity() { as "$1" sscard identity --json; }
pay() { local who=$1 op=$2; shift 2; as "$who" sscard "$@" debit --op "$op" --pin-fd 0 1.00 <<<123456; }
secure() { # exposure at most this
  local figure
  figure=$(systemd-analyze security --no-pager sscardd.service | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')
  echo "@@ exposure $figure" >&3
  awk -v f="$figure" -v most="$1" 'BEGIN { exit !(f != "" && f <= most) }'
}
exec 3>&1

for who in stranger:nogroup viewer:sscard clerk:sscard,sscard-reader till:sscard,sscard-biller chief:sscard,sscard-admin; do
  useradd --no-create-home --groups "${who#*:}" "${who%%:*}"
done
mkdir -p /var/lib/sscard/readers/{contact,sam} /var/lib/cards
cp /usr/share/sscard/sscard-sim.conf /etc/reader.conf.d/sscard-sim
sscard sim make ssc-3.0 /var/lib/cards/card.json --balance 900 >/dev/null
sscard sim make psam /var/lib/cards/psam.json >/dev/null
ln -s /var/lib/cards/card.json /var/lib/sscard/readers/contact/card0.json
ln -s /var/lib/cards/psam.json /var/lib/sscard/readers/sam/card0.json
systemctl restart pcscd.service

systemctl is-system-running --wait >/dev/null
check 'the system is up' says 0 sh -c 'systemctl --failed --no-legend | tee /dev/stderr | wc -l'
check 'the units are clean' test -z "$(systemd-analyze verify --man=no /lib/systemd/system/sscardd.service /lib/systemd/system/sscardd.socket 2>&1)"
check 'exposure is low' secure 1.5
check 'started at boot and ready' is sscardd.service ActiveState active
check 'the socket is the group'\''s' test "$(stat -c '%U %G %a' /run/sscard/sscard.sock)" = 'sscard sscard 660'

systemctl stop sscardd.service
check 'stopped' is sscardd.service ActiveState inactive
check 'the first call starts it' as viewer sscard ping
check 'ready, as it said itself' is sscardd.service SubState running
status=/proc/$(pid)/status
check 'no privileges' test "$(grep -cE '^(CapEff|CapBnd|CapPrm):.0+$|^NoNewPrivs:.1$|^Seccomp:.2$' "$status")" = 5
check 'its own user runs it' test "$(awk '/^Uid/ { print $2 }' "$status")" = "$(id -u sscard)"

check 'no group, no door' says permission_denied as stranger sscard ping --json
check 'group sscard sees readers' says 'sscard Simulator' as viewer sscard readers --json
check 'and no card' says permission_denied identity viewer
check 'a reader reads' says '"genuine":"yes"' sh -c "runuser -u clerk -- sscard identity --json | tr -d ' \n'"
check 'and takes no money' says permission_denied pay clerk clerks-sale-000001 --json
check 'a biller bills' pay till guests-sale-000001
check 'the same sale again' pay till guests-sale-000001
check 'an administrator sends commands' as chief sscard apdu 0084000008
sed -i 's/^other = .*/other = none/' /etc/sscard/sscardd.conf
systemctl reload sscardd.service
check 'roles are read again' soon 5 says permission_denied as viewer sscard readers --json
sed -i 's/^other = .*/other = viewer/' /etc/sscard/sscardd.conf

# A call that the filter refuses is an error in production and death here.
drop_in strict SystemCallErrorNumber=kill
before=$(pid)
as till /debs/till 60
check 'the filter under load' test "$(pid)" = "$before" -a "$(systemctl show -P NRestarts sscardd.service)" = 0
check 'nothing was refused' not says SYS journalctl -u sscardd.service --no-pager -o cat
quiet strict

before=$(pid)
kill -KILL "$before"
check 'killed and back' soon 20 another "$before"
check 'and at work' as till sscard txn get guests-sale-000001
drop_in watchdog WatchdogSec=2
before=$(pid)
kill -STOP "$before"
check 'stopped and back' soon 20 another "$before"
check 'it was the watchdog' says 'atchdog' journalctl -u sscardd.service --no-pager -o cat
check 'and at work again' as till sscard txn get guests-sale-000001
quiet watchdog
sleep 1
check 'alive without being asked' is sscardd.service ActiveState active

echo 'colour = blue' >>/etc/sscard/sscardd.conf
systemctl restart sscardd.service 2>/dev/null
check 'a wrong configuration is not tried again' test "$(systemctl show -P NRestarts sscardd.service)" = 0
check 'and says its line' says 'sscardd.conf line' journalctl -u sscardd.service --no-pager -o cat
sed -i '/^colour/d' /etc/sscard/sscardd.conf
systemctl restart sscardd.socket
check 'mended' as viewer sscard ping

before=$(pid)
while [ ! -e /tmp/upgraded ]; do as viewer sscard ping --json; done >/tmp/pings 2>&1 &
check 'upgrade under way' sh -c 'dpkg -i /debs/new/sscardd_*.deb'
check 'the new one runs' soon 20 another "$before"
touch /tmp/upgraded
wait
check 'no caller stood before a closed door' not grep -e daemon_absent -e permission_denied /tmp/pings
check 'and has the journal' as till sscard txn get guests-sale-000001
check 'and serves' pay till guests-sale-000002

if [ -d /debs/usb ]; then
  for module in usb-common usbcore xhci-hcd xhci-pci; do insmod /debs/usb/$module.ko; done
  systemctl mask --now pcscd.socket pcscd.service >/dev/null 2>&1
  mkdir -p /etc/systemd/system/sscardd.service.d
  ln -s /usr/share/sscard/direct-usb.conf /etc/systemd/system/sscardd.service.d/
  sed -i 's/^driver = .*/driver = ccid\npsam = Scripted Reader [076b:3021] (1-1) 1/' /etc/sscard/sscardd.conf
  soon 10 sh -c 'grep -q 076b /sys/bus/usb/devices/*/idVendor'
  udevadm settle
  node=$(. "$(grep -l PRODUCT=76b/ /sys/bus/usb/devices/*/uevent | head -1)"; echo "/dev/$DEVNAME")
  check 'the reader is the service'\''s' test "$(stat -c %U "$node")" = sscard
  check 'and no caller'\''s' not as till dd if="$node" of="$node" count=0 conv=notrunc
  drop_in strict SystemCallErrorNumber=kill
  check 'a USB reader without pcscd' soon 10 says '076b:3021' as viewer sscard readers --json
  check 'and its card' soon 10 says 111111198101011110 as clerk sscard identity --json
  check 'and its money' pay till usb-sale-00000001
  check 'exposure with USB' secure 2
  rm -r /etc/systemd/system/sscardd.service.d
  sed -i 's/^driver = .*/driver = pcsc/; /^psam/d' /etc/sscard/sscardd.conf
  quiet strict
fi

cp /etc/sscard/sscardd.conf /tmp/kept
sed -i 's/^driver = .*/driver = sim/' /etc/sscard/sscardd.conf
printf '[daemon]\njournal = /var/lib/sscard/sim/journal.db\n[sim]\nstate = /var/lib/sscard/sim\n' >>/etc/sscard/sscardd.conf
systemctl restart sscardd.service
check 'simulated readers' pay till simulated-sale-001 -r 'Simulated reader 0'
check 'and a journal of their own' test -s /var/lib/sscard/sim/journal.db
cp /tmp/kept /etc/sscard/sscardd.conf

check 'removal while it runs' dpkg -r sscardd
check 'the socket is gone' not test -e /run/sscard/sscard.sock
check 'no process is left' not pgrep -x sscardd
check 'the journal is not' test -s /var/lib/sscard/journal.db
journalctl -u sscardd.service --no-pager -o cat | grep -v '^$' | tail -n 15 | sed 's/^/     /'
echo "@@ end"
