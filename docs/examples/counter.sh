#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A till in plain shell: it knows lines, nothing of cards, and no library. Needs socat and awk.
#
#   counter.sh AMOUNT     AMOUNT in yuan, for instance 12.50. The PIN comes from the reader's keypad, or from
#                         standard input when COUNTER_PIN=ask.
#
# What a till must get right is in the middle: the op of a sale is on disk before the sale is asked for, and
# whatever happens afterwards (card pulled, service restarted, till switched off) the same op is asked for
# again until the answer is final. That never charges twice.
# Exit status: 0 paid, 1 not paid, 2 wrong use, 3 not known yet: run it again, with the same card.
set -u
socket=${SSCARD_SOCKET:-/run/sscard/sscard.sock}
pending=${COUNTER_PENDING:-$HOME/.counter-pending}
wait_ms=${COUNTER_WAIT_MS:-60000}
at=${SSCARD_READER:+",\"reader\":\"$SSCARD_READER\""} # where the counter has several readers
dir=$(mktemp -d) || exit 2
socat_pid=
trap 'hang_up; rm -rf "$dir"' EXIT
trap 'exit 3' HUP INT TERM
trap '' PIPE # a service that is gone is an error of ours, not our end

say() { printf '%s\n' "$*"; }

# ---- one connection: a line out, a line in ----

hang_up() {
  if [ -n "$socat_pid" ]; then
    exec 3>&- 4<&-
    kill "$socat_pid" 2>/dev/null
    wait "$socat_pid" 2>/dev/null
    socat_pid=
    rm -f "$dir/to" "$dir/from"
  fi
}

dial() {
  hang_up
  mkfifo "$dir/to" "$dir/from"
  socat - "UNIX-CONNECT:$socket" <"$dir/to" >"$dir/from" 2>/dev/null &
  socat_pid=$!
  exec 3>"$dir/to" 4<"$dir/from"
}

# JSON on one line to lines of "path value": error.data.text.zh 无卡
flatten() {
  awk '
    function put(v) { print substr(path[depth], 2) " " v }
    function name(key) { return path[depth - 1] "." key }
    {
      rest = $0; depth = 0; path[0] = ""; key = 0
      while (rest != "") {
        if (match(rest, /^[ \t]+/)) {
        } else if (match(rest, /^"([^"\\]|\\.)*"/)) {
          text = substr(rest, 2, RLENGTH - 2); gsub(/\\n/, " ", text); gsub(/\\/, "", text)
          if (key) { path[depth] = name(text); key = 0 } else put(text)
        } else if (match(rest, /^[{[]/)) {
          key = substr(rest, 1, 1) == "{"; depth++; count[depth] = 0; list[depth] = !key
          path[depth] = key ? "" : name(0)
        } else if (match(rest, /^[]}]/)) {
          depth--; key = 0
        } else if (match(rest, /^,/)) {
          if (list[depth]) path[depth] = name(++count[depth]); else key = 1
        } else if (match(rest, /^:/)) {
        } else {
          match(rest, /^[^],}]+/); put(substr(rest, 1, RLENGTH))
        }
        rest = substr(rest, RLENGTH + 1)
      }
    }'
}

# value PATH: of the last answer
value() {
  printf '%s\n' "$answer" | while read -r path text; do
    [ "$path" = "$1" ] && { printf '%s' "$text"; break; }
  done
}

# call METHOD [PARAMS]: 0 with a result, 1 with an error ($symbol), 4 when the service went away.
call() {
  symbol='' line=
  [ -n "$socat_pid" ] || dial
  if printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":{%s}}\n' "$1" "${2:-}" >&3 2>/dev/null && read -r line <&4; then
    answer=$(printf '%s\n' "$line" | flatten)
    symbol=$(value error.data.symbol)
    [ -z "$symbol" ]
  else
    hang_up
    return 4
  fi
}

tell_error() {
  tries=$(value error.data.tries)
  detail=$(value error.data.detail_zh)
  say "错误: $(value error.data.text.zh)${tries:+ (剩余 $tries 次)}${detail:+: $detail}"
  say "处理: $(value error.data.remedy.zh)"
}

# ---- money: text in yuan, integer fen on the wire ----

to_fen() {
  case $1 in
  *[!0-9.]* | *.*.* | .* | *. | *.???* | '') return 1 ;;
  *.??) digits=${1%.*}${1#*.} ;;
  *.?) digits=${1%.*}${1#*.}0 ;;
  *) digits=${1}00 ;;
  esac
  printf '%s' "$digits" | sed 's/^0*\([0-9]\)/\1/'
}

to_yuan() { printf '%d.%02d' $(($1 / 100)) $(($1 % 100)); }

# ---- the sale ----

read_pin() {
  pin='"entry":"pinpad"'
  if [ "${COUNTER_PIN:-pinpad}" = ask ]; then
    say '请输入密码:'
    stty -echo 2>/dev/null
    read -r digits || digits=
    stty echo 2>/dev/null
    case $digits in '' | *[!0-9]*) return 1 ;; esac
    pin="\"secret\":\"$digits\""
    digits=
  fi
}

wait_for_card() {
  call card.wait "\"state\":\"$1\",\"deadline_ms\":$wait_ms$at"
}

show_holder() {
  if ! wait_for_card present; then
    [ "$symbol" != no_card ] || { say '没有插卡'; symbol=told; }
    return 1
  fi
  call card.identity "${at#,}" && {
    say "姓名 $(value result.name)  社会保障号码 $(value result.citizen_id)  卡号 $(value result.card_number)"
    [ "$(value result.genuine)" = yes ] || say '注意: 卡片真伪未验证'
  }
}

receipt() {
  say '--------------------------------'
  say "  医保个人账户  消费"
  say "  终端 $(value "$1.terminal")  流水 $(value "$1.terminal_seq")"
  say "  卡号 $(value "$1.card" | cut -c1-6)****  $(value "$1.time")"
  say "  金额 $(to_yuan "$(value "$1.amount")") 元"
  case $(value "$1.balance_after") in null | '') ;; *) say "  余额 $(to_yuan "$(value "$1.balance_after")") 元" ;; esac
  say "  TAC  $(value "$1.tac")   交易号 $(value "$1.id")"
  say '--------------------------------'
}

# pay OP FEN: asks for the same op until the answer is final. $away counts how often the service was gone.
pay() {
  away=0
  while :; do
    call purse.debit "\"op\":\"$1\",\"amount\":$2,\"pin\":{$pin},\"deadline_ms\":$wait_ms$at"
    case $?:$symbol in
    0:*) receipt result.txn; return 0 ;;
    4:*)
      away=$((away + 1))
      [ $away -le 30 ] || { say '无法连接服务, 结果未知'; return 3; }
      say '服务中断, 正在重新连接'
      sleep 1
      ;;
    1:pin_wrong | 1:pin_length | 1:pin_cancelled | 1:pin_timeout) tell_error; read_pin || return 1 ;;
    1:op_in_progress) sleep 1 ;;
    1:outcome_unknown)
      tell_error
      wait_for_card absent # the card that paid, or did not, is out; it must come back
      wait_for_card present || { [ "$symbol" = no_card ] && return 3; }
      ;;
    *) tell_error; return 1 ;;
    esac
  done
}

fen=$(to_fen "${1:-}") && [ "$fen" -gt 0 ] || { say '用法: counter.sh 金额(元)' >&2; exit 2; }
op=
[ ! -f "$pending" ] || read -r op fen <"$pending" # a sale that was cut off comes first
if [ -n "$op" ]; then
  say "继续上一笔未完成的交易: $(to_yuan "$fen") 元"
else
  op="till-$(date -u +%Y%m%d%H%M%S)-$$"
fi
say '请插卡'
if ! call system.hello '"client":"counter.sh","protocol":1' || ! show_holder; then
  case $symbol in
  '') say '无法连接服务' ;;
  told) ;;
  *) tell_error ;;
  esac
  exit 1
fi
read_pin || { say '没有密码'; exit 1; }
(umask 077; say "$op $fen" >"$pending.new") && mv "$pending.new" "$pending" && sync || { say '无法保存流水号, 不能扣款'; exit 1; }
pay "$op" "$fen"
status=$?
[ $status -eq 3 ] || rm -f "$pending"
exit $status
