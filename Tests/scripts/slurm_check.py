#!/usr/bin/env python3
"""Does a run in shards on a Slurm of one node, which it configures, starts and stops: one task is killed, one cancelled, one
preempted, one video is broken.

usage: slurm_check.py BINARY

munged, slurmctld and slurmd have their files in a temporary folder and listen on loopback only. Needs root, as slurmd does.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

import cluster

CONFIGURATION = """
ClusterName=check
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=5
RequeueExit=75
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=2000
PartitionName=all Nodes={host} Default=YES State=UP DefMemPerCPU=500
"""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Slurm:
    def __init__(self, folder):
        self.folder, self.processes = folder, []
        host = socket.gethostname().split(".")[0]
        for name in ("state", "spool"):
            os.mkdir(f"{folder}/{name}")
        with open(f"{folder}/munge.key", "wb") as file:
            file.write(os.urandom(128))
        os.chmod(f"{folder}/munge.key", 0o400)
        configuration = f"{folder}/slurm.conf"
        with open(configuration, "w") as file:
            file.write(CONFIGURATION.format(host=host, folder=folder, controller=free_port(), node=free_port()))
        os.environ["SLURM_CONF"] = configuration
        self.start(
            "munged", "--foreground", "--force", f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket",
            f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/munged.seed")
        cluster.eventually("munged answers", lambda: os.path.exists(f"{folder}/munge.socket"), 20)
        self.start("slurmctld", "-D", "-f", configuration)
        self.start("slurmd", "-D", "-f", configuration)
        cluster.eventually("the node is idle", lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"), 60)

    def start(self, *words):
        log = open(f"{self.folder}/{words[0]}.out", "wb")
        self.processes.append(subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT))

    def ask(self, *words):
        return subprocess.run(words, capture_output=True, text=True).stdout

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def submit(slurm, binary, plan, shards, *more):
    """An array of tasks as samples/cluster/slurm.sh makes it."""
    return cluster.run(
        "sbatch", "--parsable", "--requeue", f"--array={shards}", "--cpus-per-task=1", f"--output={slurm.folder}/%A_%a.log",
        *more, f"--wrap=exec srun --ntasks=1 {binary} run --plan {plan} --jobs 1").strip()


def tasks(slurm, job):
    """State by the number of the shard; what has ended and was forgotten is not there."""
    lines = slurm.ask("squeue", "-h", "-r", "-j", job, "-o", "%K %T").split("\n")
    return {int(line.split()[0]): line.split()[1] for line in lines if len(line.split()) == 2 and line.split()[0].isdigit()}


def worker(plan, shard):
    """The process of an attempt at a shard, from its lock."""
    try:
        with open(f"{plan}/shards/{shard}/lock") as file:
            found = re.search(r"process (\d+)", file.read())
        with open(f"/proc/{found[1]}/cmdline", "rb") as file:
            return int(found[1]) if b"--plan" in file.read() else None
    except (OSError, TypeError):
        return None


def check(binary):
    with tempfile.TemporaryDirectory(prefix="forgebatch-slurm-") as folder:
        videos, alone, out = (f"{folder}/{name}" for name in ("videos", "alone", "out"))
        cluster.library(videos, 16, 600)
        cluster.run(binary, "run", videos, "-o", alone, "--no-config", expect=(3,))
        plan, run_id = cluster.plan(binary, videos, out, 8)
        slurm = Slurm(folder)
        try:
            array = submit(slurm, binary, plan, "0-7")
            # Two are at work at a time. The first is killed, the second cancelled, and one after them preempted.
            first = cluster.eventually("shard 0 is done by somebody", lambda: worker(plan, 0))
            os.kill(first, signal.SIGKILL)
            cluster.eventually("shard 1 is done by somebody", lambda: worker(plan, 1))
            cluster.run("scancel", f"{array}_1")
            cluster.eventually("shard 2 is done by somebody", lambda: worker(plan, 2))
            cluster.run("scontrol", "requeue", f"{array}_2")

            def is_over():
                left = tasks(slurm, array)
                for shard, state in left.items():
                    if state == "PENDING":
                        # What is started again waits two minutes.
                        slurm.ask("scontrol", "update", f"JobId={array}_{shard}", "StartTime=now")
                return not left

            cluster.eventually("the array is over", is_over, 150)
            missing = cluster.status(binary, out)["missing"]
            cluster.hold(missing != "", "nothing was lost")
            cluster.run(binary, "merge", out, expect=(10,))
            again = submit(slurm, binary, plan, missing)
            done = cluster.run(
                "sbatch", "--parsable", f"--dependency=afterany:{again}", f"--output={folder}/merge.log",
                f"--wrap={binary} merge {out} {run_id}").strip()
            cluster.eventually("the second array and the merge are over", lambda: not tasks(slurm, again) and done not in
                               slurm.ask("squeue", "-h", "-o", "%i"), 150)
            cluster.hold(cluster.status(binary, out)["joined"], "the merge of the array's end did not join")
            cluster.check_joined(binary, out, alone, run_id)
        except cluster.Breach:
            for name in ("slurmctld.log", "slurmd.log"):
                with open(f"{folder}/{name}", errors="replace") as file:
                    sys.stderr.write("".join(file.readlines()[-20:]))
            raise
        finally:
            slurm.stop()


if __name__ == "__main__":
    cluster.need("slurmctld", "slurmd", "sbatch", "srun", "munged")
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(cluster.SKIPPED)
    sys.exit(cluster.main(check))
