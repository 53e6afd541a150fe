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

USER = """
import { Service, SscardError, type Identity } from "sscard";
const service = new Service();
const who: Identity = await service.cardIdentity({ reader: "Simulated reader 0" });
const name: string | undefined = who.name;
try {
  // @ts-expect-error: the name of a purse is a text
  await service.purseBalance({ purse: 5 });
} catch (e) {
  if (!(e instanceof SscardError)) throw e;
  console.log(name, e.symbol);
}
service.close();
"""


class TestTypeScript(live.Case):
    def test_package(self):
        """npm pack, npm install, and a program of somebody else's that compiles against the types and runs. Nothing is fetched."""
        def run(*command, cwd):
            done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout.decode())
        user = os.path.join(self.dir, "user")
        os.mkdir(user)
        shutil.rmtree(os.path.join(WORK, "dist"))  # whoever packs need not have built
        run("npm", "pack", "--silent", "--pack-destination", self.dir, cwd=WORK)
        with open(os.path.join(user, "package.json"), "w", encoding="utf-8") as f:
            f.write('{"type": "module"}')
        run("npm", "install", "--offline", "--no-audit", "--no-fund", os.path.join(self.dir, "sscard-0.1.0.tgz"), cwd=user)
        with open(os.path.join(user, "user.ts"), "w", encoding="utf-8") as f:
            f.write(USER)
        run(os.path.join(WORK, "node_modules", ".bin", "tsc"), "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node",
            "--typeRoots", os.path.join(WORK, "node_modules", "@types"), "user.ts", cwd=user)
        self.assertEqual(self.run_program("node", os.path.join(user, "user.js"))[0], live.NAME + " invalid_params\n")

    def test_client(self):
        out, _ = self.run_program("node", "--test", os.path.join(live.SOURCE, "tests", "clients", "typescript.mjs"),
                                  SSCARD_CLIENT=os.path.join(WORK, "dist", "index.js"))
        self.assertRegex(out, r"# pass \d+|ℹ pass \d+")


if __name__ == "__main__":
    build()
    unittest.main()
