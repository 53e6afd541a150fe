# SPDX-License-Identifier: Apache-2.0
"""The TypeScript client: built as its users build it, then run on node."""
import os
import shutil
import subprocess
import unittest

import live

CLIENT = os.path.join(live.SOURCE, "middleware", "client", "typescript")
WORK = os.path.join(os.environ["CLIENTS_BUILD"], "typescript")


def build():
    """npm ci when the lock file changed, tsc always; the folder of the source stays as it is."""
    for tool in "node", "npm":
        if not shutil.which(tool):
            live.skip("%s is not installed: tools/install-deps test" % tool)
    os.makedirs(WORK, exist_ok=True)
    lock, kept = os.path.join(CLIENT, "package-lock.json"), os.path.join(WORK, "package-lock.json")
    for name in "package.json", "tsconfig.json":
        shutil.copy(os.path.join(CLIENT, name), WORK)
    for name in "src", "dist":
        shutil.rmtree(os.path.join(WORK, name), ignore_errors=True)
    shutil.copytree(os.path.join(CLIENT, "src"), os.path.join(WORK, "src"))
    with open(lock, "rb") as f:
        wanted = f.read()
    installed = os.path.exists(os.path.join(WORK, "node_modules", ".bin", "tsc")) and os.path.exists(kept)
    if installed:
        with open(kept, "rb") as f:
            installed = f.read() == wanted
    if not installed:
        shutil.copy(lock, WORK)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=WORK, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            os.unlink(kept)
            live.skip("npm cannot install the compiler here: " + done.stdout.decode().strip().splitlines()[-1])
    done = subprocess.run(["npx", "--no-install", "tsc"], cwd=WORK, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit(done.stdout.decode())


class TestTypeScript(live.Case):
    def test_client(self):
        out, _ = self.run_program("node", "--test", os.path.join(live.SOURCE, "tests", "clients", "typescript.mjs"),
                                  SSCARD_CLIENT=os.path.join(WORK, "dist", "index.js"))
        self.assertRegex(out, r"# pass \d+|ℹ pass \d+")


if __name__ == "__main__":
    build()
    unittest.main()
