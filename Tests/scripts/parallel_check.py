#!/usr/bin/env python3
"""Does a run in shards by GNU Parallel over two sshd on this machine, of which one is lost in mid-run.

usage: parallel_check.py BINARY

The servers listen on loopback only, have keys and configurations of their own in a temporary folder, and end with it.
"""

import getpass
import os
import signal
import socket
import subprocess
import sys
import tempfile

import cluster

SHARDS = 6


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Host:
    """An sshd on a port of its own."""

    def __init__(self, folder, name):
        self.name, self.port, self.folder = name, free_port(), folder
        config = os.path.join(folder, f"sshd_{name}")
        with open(config, "w") as file:
            file.write(
                f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
                f"PidFile {folder}/{name}.pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
                "MaxStartups 50\n")
        os.makedirs("/run/sshd", exist_ok=True)
        self.process = subprocess.Popen(
            [cluster.shutil.which("sshd"), "-D", "-e", "-f", config], stderr=open(f"{folder}/{name}.log", "wb"))
        cluster.eventually(f"sshd {name} listens", self.listens)

    def listens(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def lose(self):
        """What a machine does that loses its power: everything on it ends at once."""
        for process in [self.process.pid] + descendants(self.process.pid):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()


def descendants(process):
    """Processes below another, whatever sessions they began."""
    of, found, rest = cluster.parents(), [], [process]
    while rest:
        parent = rest.pop()
        children = [child for child, above in of.items() if above == parent]
        found += children
        rest += children
    return found


def check_sample(folder, binary, videos, alone):
    """The script in samples/cluster as it is, on this machine alone; it takes up a plan of which one shard was done."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../samples/cluster/parallel.sh")
    out, home = f"{folder}/it's a sample", f"{folder}/home"
    plan, run_id = cluster.plan(binary, videos, out, 4)
    cluster.run(binary, "run", "--plan", plan, "--shard", 1, expect=(0, 3))
    os.mkdir(home)
    os.symlink(binary, f"{home}/forgebatch")
    cluster.run(
        "bash", script, videos, out, 3, "2/:", "--no-config", expect=(3,),
        env=dict(os.environ, HOME=home, PARALLEL_HOME=home, PATH=f"{home}:{os.environ['PATH']}"))
    cluster.check_same(out, alone)
    cluster.hold(os.listdir(f"{out}/runs") == [run_id], "what was left of the plan was planned once more")


def check(binary):
    with tempfile.TemporaryDirectory(prefix="forgebatch-parallel-") as folder:
        for name in ("host", "user"):
            cluster.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/{name}")
        videos, alone, out = (f"{folder}/{name}" for name in ("videos", "alone", "out"))
        cluster.library(videos, 12, 400)
        cluster.run(binary, "run", videos, "-o", alone, "--no-config", expect=(3,))
        plan, run_id = cluster.plan(binary, videos, out, SHARDS)
        hosts = [Host(folder, name) for name in ("one", "two")]
        try:
            ssh = f"{folder}/ssh_config"
            with open(ssh, "w") as file:
                for host in hosts:
                    file.write(
                        f"Host {host.name}\n  HostName 127.0.0.1\n  Port {host.port}\n  User {getpass.getuser()}\n"
                        f"  IdentityFile {folder}/user\n  IdentitiesOnly yes\n  StrictHostKeyChecking no\n"
                        f"  UserKnownHostsFile {folder}/known\n  ControlMaster no\n  LogLevel ERROR\n")
            task = f"{binary} run --plan {plan} --shard {{}} --jobs 1 || [ $? -eq 3 ]"
            words = ["parallel", "--will-cite", "--joblog", f"{folder}/jobs", "--ssh", f"ssh -F {ssh}", "--retries", "1"]

            def parallel(logins, *more):
                return subprocess.Popen(
                    words + list(more) + ["--sshlogin", logins, task, ":::"] + [str(shard) for shard in range(SHARDS)],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, HOME=folder, PARALLEL_HOME=folder))

            def at_work():
                """A worker of the second host, at its video."""
                of_host = descendants(hosts[1].process.pid)
                for shard in range(SHARDS):
                    if cluster.attempt(plan, shard) in of_host and (process := cluster.worker(plan, shard)):
                        os.kill(process, signal.SIGSTOP)
                        return process
                return None

            first = parallel("1/one,1/two")
            cluster.eventually("the second host works", at_work, step=0.002)
            hosts[1].lose()
            output, _ = first.communicate(timeout=300)
            cluster.hold(first.returncode != 0, "nothing was lost with the second host")
            lost = cluster.status(binary, out)
            cluster.hold(lost["missing"] != "", f"no shard is missing: {lost}")
            cluster.step(f"a host is lost, and with it the shards {lost['missing']}")
            cluster.run(binary, "merge", out, expect=(10,))
            second = parallel("2/one", "--resume-failed")
            output, _ = second.communicate(timeout=300)
            cluster.hold(second.returncode == 0, f"--resume-failed: {second.returncode}\n{output.decode()}")
            cluster.hold(cluster.status(binary, out)["missing"] == "", "a shard is missing in the end")
            cluster.step("--resume-failed did them")
            cluster.check_joined(binary, out, alone, run_id)
            cluster.step("all as on one machine, and its replay")
            check_sample(folder, binary, videos, alone)
        finally:
            for host in hosts:
                if host.process.poll() is None:
                    host.lose()


if __name__ == "__main__":
    cluster.need("parallel", "sshd", "ssh", "ssh-keygen")
    sys.exit(cluster.main(check))
