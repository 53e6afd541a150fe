# SPDX-License-Identifier: Apache-2.0
"""The Java client: plain javac with Debian's Gson, then run."""
import glob
import os
import shutil
import subprocess
import unittest

import live

CLIENT = os.path.join(live.SOURCE, "middleware", "client", "java")
WORK = os.path.join(os.environ["CLIENTS_BUILD"], "java")
GSON = "/usr/share/java/gson.jar"


def compile_java(*sources, classpath=GSON):
    done = subprocess.run(["javac", "-Xlint:all", "-Werror", "--release", "17", "-encoding", "UTF-8", "-d", WORK, "-cp", classpath, *sources],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit(done.stdout.decode())


def build():
    if not shutil.which("javac"):
        live.skip("javac is not installed: tools/install-deps test")
    if not os.path.exists(GSON):
        live.skip("libgoogle-gson-java is not installed: tools/install-deps test")
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    compile_java(*glob.glob(os.path.join(CLIENT, "src/main/java/sscard/*.java")))


REPOSITORY = "/usr/share/maven-repo"
USER = """
public class User {
    public static void main(String[] args) throws sscard.SscardException {
        try (sscard.Service service = new sscard.Service()) {
            System.out.println(service.cardIdentity().name());
        }
    }
}
"""
SETTINGS = """<settings>
  <localRepository>%s/m2</localRepository>
  <mirrors><mirror><id>debian</id><mirrorOf>*</mirrorOf><url>file://%s</url></mirror></mirrors>
</settings>
"""
USER_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>user</groupId><artifactId>user</artifactId><version>1</version>
  <properties><maven.compiler.release>17</maven.compiler.release></properties>
  <dependencies><dependency><groupId>sscard</groupId><artifactId>sscard</artifactId><version>0.1.0</version></dependency></dependencies>
</project>
"""


class TestMaven(live.Case):
    """With what Debian packages, and no network: the jar, and a project of somebody else's that depends on it."""
    def mvn(self, folder, *goals):
        done = subprocess.run(["mvn", "-B", "-q", "-s", os.path.join(self.dir, "settings.xml"), *goals], cwd=folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_package(self):
        plugins = os.path.join(REPOSITORY, "org/apache/maven/plugins")
        wanted = ["maven-%s-plugin" % name for name in ("compiler", "jar", "resources", "surefire", "install")]
        if not shutil.which("mvn") or not all(os.path.isdir(os.path.join(plugins, name)) for name in wanted):
            self.skipTest("maven or its plugins are not installed: tools/install-deps test")
        ours, user = os.path.join(self.dir, "ours"), os.path.join(self.dir, "user")
        with open(os.path.join(self.dir, "settings.xml"), "w", encoding="utf-8") as f:
            f.write(SETTINGS % (self.dir, REPOSITORY))
        shutil.copytree(CLIENT, ours, ignore=shutil.ignore_patterns("target"))
        self.mvn(ours, "install")
        os.makedirs(os.path.join(user, "src/main/java"))
        for name, text in ("pom.xml", USER_POM), ("src/main/java/User.java", USER):
            with open(os.path.join(user, name), "w", encoding="utf-8") as f:
                f.write(text)
        self.mvn(user, "package")
        jars = [GSON, os.path.join(ours, "target/sscard-0.1.0.jar"), os.path.join(user, "target/user-1.jar")]
        self.assertEqual(self.run_program("java", "-Dfile.encoding=UTF-8", "-cp", ":".join(jars), "User")[0], live.NAME + "\n")


class TestJava(live.Case):
    def test_client(self):
        compile_java(os.path.join(live.SOURCE, "tests/clients/java/ClientTest.java"), classpath=GSON + ":" + WORK)
        out, _ = self.run_program("java", "-Dfile.encoding=UTF-8", "-cp", GSON + ":" + WORK, "ClientTest")
        self.assertRegex(out, r"^\d+ checks$")


if __name__ == "__main__":
    build()
    unittest.main()
