# SPDX-License-Identifier: Apache-2.0
"""What cmake --install puts where, and that the tree works after it was moved."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD, SOURCE = os.environ["BUILD"], os.environ["SOURCE"]
WANTED = (r"s?bin/sscardd", r"bin/sscard", r"lib[^ ]*/libsscard\.so", r"include/sscard\.h", r"lib[^ ]*/pkgconfig/sscard\.pc",
          r"lib[^ ]*/cmake/sscard/sscard-config\.cmake", r"lib[^ ]*/cmake/sscard/sscard-config-version\.cmake",
          r"share/man/man3/sscard\.3", r"share/man/man3/sscard_call\.3", r"share/man/man3/sscard_error_sw\.3",
          r"share/man/man1/sscard\.1", r"share/man/zh_CN/man1/sscard\.1", r"share/man/man8/sscardd\.8",
          r"share/bash-completion/completions/sscard", r"share/zsh/site-functions/_sscard",
          r"share/fish/vendor_completions\.d/sscard\.fish", r"share/sscard/sscard-sim\.conf",
          r"share/doc/sscard/README\.md", r"share/doc/sscard/api\.md", r"share/doc/sscard/examples/sscardd\.conf",
          r"lib[^ ]*/libSSCardDriver\.so", r"lib[^ ]*/libSSCard\.so", r"lib[^ ]*/libHeaSecReadInfo\.so", r"lib[^ ]*/libSSSE32\.so",
          r"include/SSCardDriver\.h", r"include/ssse32\.h", r"include/sscard/sscard_region\.h", r"include/sscard/heasec\.h",
          r"share/doc/sscard/zh_CN/national-library\.md", r"share/doc/sscard/examples/counter\.sh",
          r"share/doc/sscard/examples/identity\.c", r"serial/libifdsscard-sim\.so",
          r"usr/lib/systemd/system/sscardd\.socket", r"usr/lib/systemd/system/sscardd\.service",
          r"usr/lib/sysusers\.d/sscardd\.conf", r"usr/lib/tmpfiles\.d/sscardd\.conf", r"udev/rules\.d/70-sscard\.rules",
          r"share/polkit-1/rules\.d/sscard\.rules", r"share/sscard/direct-usb\.conf", r"sscard/sscardd\.conf",
          r"ifd-sscard-ccid\.bundle/Contents/Info\.plist", r"Contents/Linux/libifdsscard-ccid\.so")


class TestInstall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sscard-install-")
        root = os.path.join(cls.folder, "first")
        subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], check=True, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, DESTDIR=root))
        cls.root = os.path.join(cls.folder, "moved")
        os.rename(root, cls.root)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def files(self):
        return [os.path.join(folder, name) for folder, _, names in os.walk(self.root) for name in names]

    def test_everything_is_there(self):
        there = self.files()
        for wanted in WANTED:
            self.assertTrue(any(re.search("/" + wanted + "$", path) for path in there), wanted)
        self.assertFalse([path for path in there if path.endswith(".a")])

    def test_a_program_builds_and_links_where_the_tree_is_now(self):
        config = next(path for path in self.files() if path.endswith("/sscard.pc"))
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "sscard"], check=True, capture_output=True, text=True,
                               env=dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(config))).stdout.split()
        program = os.path.join(self.folder, "identity")
        subprocess.run([os.environ["CC"], os.path.join(SOURCE, "docs/examples/identity.c"), "-o", program, *flags],
                       check=True)
        library = next(flag[2:] for flag in flags if flag.startswith("-L"))
        r = subprocess.run([program], env={"LD_LIBRARY_PATH": library, "SSCARD_SOCKET": self.folder + "/none"},
                           capture_output=True)
        self.assertEqual(r.returncode, 1)

    def test_any_prefix_and_no_rights(self):
        prefix = os.path.join(self.folder, "here")
        r = subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True, text=True)
        for line in re.findall(r"^-- (?:Installing|Up-to-date): (.*)", r.stdout, re.M):
            self.assertTrue(line.startswith(prefix + "/"), line)
        with open(prefix + "/lib/systemd/system/sscardd.service", encoding="utf-8") as f:
            start = re.search("^ExecStart=(.*)$", f.read(), re.M).group(1)
        self.assertTrue(start.startswith(prefix) and os.access(start, os.X_OK), start)

    def test_the_units_say_where_the_program_is(self):
        unit = next(path for path in self.files() if path.endswith("/sscardd.service"))
        with open(unit, encoding="utf-8") as f:
            text = f.read()
        self.assertRegex(text, r"(?m)^ExecStart=/usr/s?bin/sscardd$")
        self.assertNotRegex(text, "@[A-Z_]+@")

    def test_udev_names_the_makers_that_the_driver_accepts(self):
        with open(os.path.join(SOURCE, "drivers/ccid/quirks.c"), encoding="utf-8") as f:
            table = re.search(r"vendors\[\] = \{(.*?)\}", f.read(), re.S).group(1)
        with open(os.path.join(SOURCE, "daemon/systemd/70-sscard.rules"), encoding="utf-8") as f:
            rule = re.search(r'idVendor\}=="([^"]*)"', f.read()).group(1)
        self.assertEqual({n.lower() for n in re.findall("0x([0-9A-F]{4})", table)}, set(rule.split("|")))

    def test_a_cmake_project_finds_it(self):
        project, build = os.path.join(self.folder, "project"), os.path.join(self.folder, "project-build")
        os.mkdir(project)
        with open(os.path.join(project, "CMakeLists.txt"), "w", encoding="utf-8") as f:
            f.write("cmake_minimum_required(VERSION 3.20)\nproject(till C)\nfind_package(sscard 0.1 REQUIRED)\n"
                    "add_executable(till %s/docs/examples/identity.c)\ntarget_link_libraries(till sscard::sscard)\n" % SOURCE)
        for command in (["cmake", "-S", project, "-B", build, "-DCMAKE_PREFIX_PATH=" + os.path.join(self.root, "usr"),
                         "-DCMAKE_C_COMPILER=" + os.environ["CC"]], ["cmake", "--build", build]):
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        r = subprocess.run([os.path.join(build, "till")], env={"SSCARD_SOCKET": self.folder + "/none"}, capture_output=True)
        self.assertEqual(r.returncode, 1)
        self.assertIn("无法连接", r.stderr.decode())

    def test_the_manual_knows_every_option(self):
        daemon = next(path for path in self.files() if path.endswith("/sscardd"))
        text = subprocess.run([daemon, "--help"], check=True, capture_output=True, text=True).stdout
        manual = open(next(path for path in self.files() if path.endswith("/sscardd.8")), encoding="utf-8").read()
        options = re.findall(r"--([a-z-]+)", text)
        self.assertGreater(len(options), 8)
        for option in options:
            self.assertIn(("--" + option).replace("-", "\\-"), manual)


if __name__ == "__main__":
    unittest.main()
