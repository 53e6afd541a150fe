# SPDX-License-Identifier: Apache-2.0
"""What is examined: a tree of files that stands for a machine, a service that answers as told, a real pcscd."""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import support  # noqa: E402

# Words of cause and remedy that must be told, in both languages.
TEXTS = {
    "service_stopped": ("service is not running", "systemctl start sscardd", "服务未运行", "sscard doctor --direct"),
    "service_dead": ("left its socket behind", "systemctl restart sscardd", "服务已退出", "journalctl -u sscardd"),
    "service_denied": ("may not open the service's socket", "usermod -aG", "无权打开服务套接字", "重新登录"),
    "service_role": ("gives it no role", "[roles]", "未授予", "[roles]"),
    "service_no_group": ("open to no group", "socket-group = sscard", "未向任何用户组开放", "socket-group = sscard"),
    "service_config": ("its configuration is wrong", "sscardd --check-config", "配置文件有误", "sscardd --check-config"),
    "service_path": ("socket is wrong", "SSCARD_SOCKET", "套接字路径错误", "SSCARD_SOCKET"),
    "service_other_version": ("not restarted after an update", "systemctl restart sscardd", "更新后未重启", "systemctl restart sscardd"),
    "service_lost": ("ended while it was examined", "run this again", "检查过程中", "重新运行"),
    "driver_fault": ("does not come up", "sscard trace record", "无法启动", "sscard trace record"),
    "service_silent": ("does not answer", "support bundle", "没有应答", "支持包"),
    "pcscd_missing": ("not installed", "apt install pcscd", "未安装", "apt install pcscd"),
    "pcscd_container": ("cannot see the host's pcscd", "-v /run/pcscd", "看不到主机", "-v /run/pcscd"),
    "pcscd_not_enabled": ("socket activation is off", "enable --now pcscd.socket", "未启用套接字激活", "enable --now pcscd.socket"),
    "pcscd_stopped": ("pcscd is stopped", "systemctl restart pcscd.socket", "已停止", "systemctl restart pcscd.socket"),
    "pcscd_dead": ("left its socket behind", "systemctl restart pcscd.socket pcscd", "pcscd 已退出", "journalctl -u pcscd"),
    "pcscd_socket_denied": ("may not open pcscd's socket", "SocketMode=0666", "无权打开 pcscd", "SocketMode=0666"),
    "pcscd_hidepid": ("hidepid keeps polkit", "hidepid=0", "无法识别请求者", "hidepid=0"),
    "pcscd_polkit": ("polkit does not allow", "/etc/polkit-1/rules.d/", "polkit 不允许", "/etc/polkit-1/rules.d/"),
    "pcscd_polkit_down": ("polkit is not running", "systemctl restart dbus polkit", "polkit 未运行", "systemctl restart dbus polkit"),
    "pcscd_full": ("used up pcscd's connections", "never closes them", "占满了 pcscd 的连接", "systemctl restart pcscd"),
    "pcscd_lost": ("pcscd ended while it was examined", "run this again", "检查过程中 pcscd 退出", "重新运行"),
    "pcscd_version": ("do not understand each other", "same pcsc-lite version", "版本不一致", "相同版本"),
    "pcscd_silent": ("pcscd hangs", "one by one", "pcscd 无响应", "逐个插入"),
    "usb_none": ("shows no USB at all", "virtual machine", "本机没有 USB", "虚拟机"),
    "reader_not_plugged": ("does not see the reader", "another cable", "未发现读卡器", "换一根线"),
    "reader_not_ccid": ("does not speak CCID", "CCID mode", "不是 CCID 设备", "CCID 模式"),
    "reader_lies": ("contradict the CCID standard", "newer firmware", "不符合 CCID 规范", "新固件"),
    "reader_unlisted": ("not on it", "sscard readers --bind 1d99:0013", "不在其中", "sscard readers --bind 1d99:0013"),
    "reader_kernel_driver": ("kernel driver has taken", "blacklist pn533_usb", "内核驱动占用", "blacklist pn533_usb"),
    "reader_process": ("Another program has opened", "systemctl stop", "其他程序占用", "systemctl stop"),
    "reader_node_denied": ("udev rule", "92-libccid.rules", "udev 规则", "92-libccid.rules"),
    "reader_suspended": ("put the reader to sleep", "ATTR{power/control}=\"on\"", "自动挂起", "ATTR{power/control}=\"on\""),
    "reader_not_served": ("could not open the reader", "count to five", "未能打开读卡器", "等五秒"),
    "reader_quirk": ("known for a fault", "driver = ccid", "已知缺陷", "driver = ccid"),
    "reader_unknown": ("no reader of that name", "sscard readers", "没有该名称", "sscard readers"),
    "reader_held": ("holds the reader for itself", "pcsc-shared", "独占", "pcsc-shared"),
    "reader_wedged": ("hangs in a command", "plug it in again", "卡死", "重新插拔"),
    "reader_gone": ("driver has given up", "restart pcscd", "驱动已失效", "restart pcscd"),
    "slot_empty": ("no card in the reader", "chip first and face up", "没有卡片", "芯片朝前朝上"),
    "card_mute": ("upside down", "clean the contacts", "插反", "擦拭触点"),
    "card_voltage": ("does not give the 5 V", "class A (5 V)", "5 V 电压", "A 类 (5 V)"),
    "card_protocol": ("no protocol in common", "another reader", "没有共同的通信协议", "更换读卡器"),
    "card_atr": ("answer to reset is damaged", "--contact 50", "复位应答错误", "--contact 50"),
    "card_unreadable": ("not the commands", "--contact 50", "指令执行失败", "--contact 50"),
    "card_not_ssc": ("no social security card", "bank card", "不是社会保障卡", "银行卡"),
    "psam_missing": ("nothing to authenticate cards with", "SAM slot", "没有认证手段", "SAM 卡槽"),
    "psam_unnamed": ("nobody takes for the SAM slot", "under [readers] in /etc/sscard/sscardd.conf", "未被识别为 SAM", "的 [readers] 中写入 psam ="),
    "psam_lent": ("is using the PSAM", "run this again", "正在使用 PSAM", "重新运行"),
    "psam_fault": ("PSAM is broken", "issuing authority", "PSAM 已损坏", "发卡机构"),
    "psam_algorithm": ("does not know the card's algorithm", "SM4 and 3DES", "不支持该卡的算法", "SM4 和 3DES"),
    "psam_key": ("do not reach this card", "back office", "不适用于该卡", "加密机"),
    "psam_wrong_keys": ("may lock the card", "Stop using this card", "可能锁卡", "请勿继续"),
    "card_not_genuine": ("did not prove that it is genuine", "issuing authority", "未通过真伪认证", "通知发卡机构"),
    "clock_wrong": ("clock is wrong", "set-ntp", "时钟错误", "主板电池"),
    "clock_backwards": ("gone backwards", "set-ntp true", "回拨", "set-ntp true"),
    "time_zone": ("time zone is not China's", "Asia/Shanghai", "不是中国标准时间", "Asia/Shanghai"),
    "disk_full": ("disk of the journal is full", "Never delete the journal", "磁盘已满", "切勿删除交易日志"),
    "journal_fault": ("cannot be written safely", "0700", "无法安全写入", "0700"),
    "journal_gone": ("deleted, moved or replaced", "do not stop the service yet", "删除、移动或替换", "请勿停止服务"),
    "unsettled": ("taken out too early", "Insert the same card again", "过早取出", "重新插入同一张卡"),
    "contact_worn": ("contact between card and reader is bad", "Clean card and slot", "接触不良", "清洁卡片和卡槽"),
    "contact_cable": ("loses its USB connection", "another cable", "USB 连接中断", "更换线缆"),
    "contact_flipped": ("not the same every time", "another card", "应答不一致", "换卡"),
    "contact_slow": ("far longer than the wire", "another card", "远超线路理论值", "其他卡片"),
}

def symbols():
    with open(os.environ["CAUSES"], encoding="utf-8") as f:
        return set(re.findall(r'^CAUSE\(\w+, "(\w+)"', f.read(), re.M))


def ccid_descriptor(voltages=7, protocols=3, level=0x20000, slots=1, message=271, pin=0):
    return struct.pack("<BBHBBIIIBIIBIIIIIBBHBB", 54, 0x21, 0x0110, slots - 1, voltages, protocols, 4000, 4000, 0, 10752,
                       344086, 0, 254, 0, 0, 0xBA | level, message, 0, 0, 0, pin, 1)


def descriptors(usb_class=0x0B, ccid=None):
    ccid = ccid_descriptor() if ccid is None else ccid
    interface = struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 3, usb_class, 0, 0, 0)
    points = b"".join(struct.pack("<BBBBHB", 7, 5, address, kind, 64 if kind == 2 else 8, 16 if kind == 3 else 0)
                      for address, kind in ((0x02, 2), (0x82, 2), (0x81, 3)))
    body = interface + ccid + points
    config = struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), 1, 1, 0, 0x80, 50)
    device = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0, 0, 0, 8, 0x1D99, 0x0013, 0x0102, 1, 2, 3, 1)
    return device + config + body


class Tree:
    """A machine as files below a folder."""

    def __init__(self, folder):
        self.root = folder

    def path(self, path):
        whole = self.root + path
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        return whole

    def write(self, path, content=""):
        with open(self.path(path), "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())

    def link(self, path, target):
        os.symlink(target, self.path(path))

    def device(self, name="1-2", vid="1d99", pid="0013", product="Desk Reader", maker="Maker", content=None, driver="usbfs",
               serial="S0001", **power):
        base = "/sys/bus/usb/devices/" + name
        for file, value in (("idVendor", vid), ("idProduct", pid), ("bcdDevice", "0102"), ("bDeviceClass", "00"),
                            ("busnum", "1"), ("devnum", "4"), ("product", product), ("manufacturer", maker),
                            ("serial", serial), ("power/control", power.get("control", "on")),
                            ("power/runtime_status", power.get("status", "active"))):
            self.write(base + "/" + file, value + "\n")
        self.write(base + "/descriptors", descriptors() if content is None else content)
        if driver:
            self.link("%s/%s:1.0/driver" % (base, name), "../../../../bus/usb/drivers/" + driver)

    def plist(self, *readers, path="/etc/libccid_Info.plist"):
        rows = {"ifdVendorID": [], "ifdProductID": [], "ifdFriendlyName": []}
        for vid, pid, name in readers or (("0x08E6", "0x3437", "Gemalto PC Twin Reader"),):
            rows["ifdVendorID"].append(vid)
            rows["ifdProductID"].append(pid)
            rows["ifdFriendlyName"].append(name)
        self.write(path, "<plist><dict>" + "".join(
            "<key>%s</key>\n<array>\n%s</array>\n" % (key, "".join("<string>%s</string>\n" % v for v in values))
            for key, values in rows.items()) + "</dict></plist>\n")

    def process(self, pid, name, opens=(), maps="", unit="", uid=0):
        base = "/proc/%d" % pid
        self.write(base + "/comm", name + "\n")
        self.write(base + "/status", "Name:\t%s\nUid:\t%d\t%d\t%d\t%d\n" % (name, uid, uid, uid, uid))
        self.write(base + "/maps", maps)
        self.write(base + "/cgroup", "0::/system.slice/%s\n" % unit if unit else "0::/user.slice\n")
        os.makedirs(self.root + base + "/fd", exist_ok=True)
        for i, target in enumerate(opens):
            self.link("%s/fd/%d" % (base, i + 3), target)


VERSION = subprocess.run([support.SSCARD, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode().split()[1]


def ping(driver="pcsc", pcsc=True, psam=None, journal=None, **more):
    answer = {"daemon": {"ok": True, "version": VERSION, "pid": 4242, "uptime_ms": 1}, "pcsc": {"ok": pcsc, "driver": driver},
              "readers": [], "psam": [PSAM] if psam is None else psam, "hsm": {"configured": False},
              "journal": journal or {"ok": True, "unsettled": 0}, "link": {"configured": False}, "test_keys": False}
    answer.update(more)
    return answer


PSAM = {"reader": "Desk Reader SAM 00 01", "ok": True, "serial": "01", "terminal": "000000000001", "algorithms": ["3des", "sm4"]}
ATR = "3B6D000000814E43238697159900BF7C7A"


def reader(state="card", name="Maker Desk Reader (S0001) 00 00", **more):
    row = {"name": name, "state": state, "medium": "contact", "card": None, "atr": ATR if state == "card" else None,
           "pin_pad": False, "in_use": False, "since": "2026-01-02T03:04:05+08:00", "lease": None, "queue": 0}
    row.update(more)
    return row


def listed(*readers):
    return {"seq": 1, "readers": list(readers)}


INFO = {"reader": "x", "atr": ATR, "atr_items": [], "protocol": "T=0", "kind": "ssc", "generation": "3.0", "version": "3.00",
        "algorithm": "sm4", "city": "639900", "purses": []}
GENUINE = {"name": "张三", "citizen_id": "111111198101011110", "genuine": "yes", "exchanges": 6, "elapsed_ms": 5}


class Case(support.Case):
    """diagnose() runs the doctor and holds its words against TEXTS."""
    told = set()

    def setUp(self):
        super().setUp()
        self.env["TZ"] = "Asia/Shanghai"
        self.tree = Tree(os.path.join(self.dir, "m"))
        os.makedirs(self.tree.root)

    def judge(self, symbol, result, remark=False):
        report = result.json()
        causes = [c for link in report["links"] for c in link["causes"]] if "links" in report else [report["cause"]]
        cause = [c for c in causes if c["symbol"] == symbol]
        self.assertTrue(cause, "wanted %s: %s" % (symbol, result.out))
        if remark:
            self.assertTrue(report["ok"], result.out)
            self.assertEqual(result.code, 0)
        elif "links" in report:
            self.assertEqual(report["cause"], symbol, result.out)
            self.assertNotEqual(result.code, 0)
            broken = [link["link"] for link in report["links"] if link["state"] == "broken"]
            self.assertEqual(len(broken), 1)
        words = TEXTS[symbol]
        for text, key, lang in ((words[0], "cause", "en"), (words[1], "remedy", "en"), (words[2], "cause", "zh"),
                                (words[3], "remedy", "zh")):
            self.assertIn(text, cause[0][key][lang])
        for lang in "en", "zh":
            self.assertNotRegex(cause[0]["evidence"][lang] + cause[0]["remedy"][lang], r"\{\d\}")
        self.note(symbol)
        return cause[0]

    def note(self, symbol):
        """For test_every_cause.py: told by this program, in all its words."""
        self.told.add(symbol)
        if os.environ.get("TOLD"):
            os.makedirs(os.environ["TOLD"], exist_ok=True)
            with open(os.path.join(os.environ["TOLD"], os.path.basename(sys.argv[0])), "w", encoding="utf-8") as f:
                f.write("\n".join(sorted(self.told)))

    def diagnose(self, symbol, *args, remark=False, **kwargs):
        return self.judge(symbol, self.run_cli("--json", "doctor", *args, **kwargs), remark)

    def with_answers(self, symbol, script, *args, remark=False, no_remarks=False):
        """A scripted service whose socket stands in the tree."""
        os.makedirs(self.tree.root + "/run", exist_ok=True)
        path = self.tree.root + "/run/s"
        service = support.Service(path, script)
        try:
            result = self.run_cli("--json", "doctor", "--root", self.tree.root, "--socket", "/run/s", *args)
        finally:
            # the examination's own knock on the door is a connection too
            service.join(20)
            os.unlink(path)
        if service.fault:
            raise service.fault
        self.assertEqual(service.script, [], result.out)
        if no_remarks:
            self.assertEqual(sum(len(link["causes"]) for link in result.json()["links"]), 1, result.out)
        return self.judge(symbol, result, remark)


class Pcscd:
    """A private pcscd with simulated readers."""

    def __init__(self, folder, readers):
        self.folder, self.socket, self.process = folder, os.path.join(folder, "pcscd.comm"), None
        os.makedirs(os.path.join(folder, "conf"))
        with open(os.path.join(folder, "conf", "readers"), "w") as f:
            for i, name in enumerate(readers):
                os.makedirs(os.path.join(folder, "r%d" % i))
                f.write('FRIENDLYNAME "%s"\nDEVICENAME %s\nLIBPATH %s\nCHANNELID %d\n\n'
                        % (name, os.path.join(folder, "r%d" % i), os.environ["IFD"], i + 1))

    def start(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.socket)
        listener.listen(16)
        os.chmod(self.socket, 0o777)
        shell = 'exec 3<&%d; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --foreground --config "$1"' % listener.fileno()
        env = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(["bash", "-c", shell, os.environ["PCSCD"], os.path.join(self.folder, "conf")],
                                            pass_fds=[listener.fileno()], stdout=log, stderr=log, env=env)
        listener.close()

    def insert(self, slot, image, **other):
        """other: what is not as in the image, at its first level."""
        target = os.path.join(self.folder, "image%d.json" % slot)
        subprocess.run([support.SSCARD, "sim", "make", image, target, "--force"], check=True, stdout=subprocess.DEVNULL)
        with open(target, encoding="utf-8") as f:
            content = dict(json.load(f), **other)
        with open(target, "w", encoding="utf-8") as f:
            json.dump(content, f)
        link = os.path.join(self.folder, "r%d" % slot, "card0.json")
        os.symlink(target, link + "~")
        os.rename(link + "~", link)

    def fault(self, slot, text):
        with open(os.path.join(self.folder, "r%d" % slot, "card0.fault"), "w") as f:
            f.write(text)

    def stop(self, number=signal.SIGTERM):
        if self.process:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None


def have_pcscd():
    return bool(os.environ.get("PCSCD")) and os.access(os.environ["PCSCD"], os.X_OK)


def as_nobody(args):
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] + args


def can_be_nobody():
    return os.geteuid() == 0 and shutil.which("setpriv") is not None


def polkit_pcscd():
    return os.environ.get("POLKIT_PCSCD", "")


def without_polkit():
    """Why there is no pcscd that asks polkit; "" where there is one."""
    if not can_be_nobody() or not have_pcscd():
        return "needs root, setpriv and pcscd"
    for program in "/usr/lib/polkit-1/polkitd", "dbus-daemon":
        if not shutil.which(program):
            return program + " is not installed (tools/install-deps test)"
    if subprocess.run(["unshare", "-m", "mount", "--make-rprivate", "/"], stderr=subprocess.DEVNULL).returncode != 0:
        return "mount namespaces are not allowed here"
    if not polkit_pcscd():
        here = os.path.dirname(os.path.abspath(__file__))
        done = subprocess.run([os.path.join(here, "polkit_pcscd"), os.environ["POLKIT_FOLDER"]], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env={k: v for k, v in os.environ.items() if k != "LD_PRELOAD"})
        if done.returncode != 0:
            return "no pcscd that asks polkit: " + done.stderr.decode().strip()
        os.environ["POLKIT_PCSCD"] = done.stdout.decode().strip()
    return ""
