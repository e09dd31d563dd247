#!/usr/bin/env python3
"""Does a run in shards on a Slurm of one node, which it configures, starts and stops.

usage: slurm_check.py BINARY

Of the array one task is killed, one cancelled and one preempted, which ends with 75 when its video is done and is started
again by that; one video is none. What is lost is done by a second array, over the ranges that `status` prints. Then a run by
samples/cluster/slurm.sh. All has to come out as on one machine.

munged, slurmctld and slurmd have their files in a temporary folder and listen on loopback only. Needs root, as slurmd does.
"""

import os
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
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=2000
PartitionName=all Nodes={host} Default=YES State=UP DefMemPerCPU=500 PriorityTier=1 GraceTime=300
PartitionName=urgent Nodes={host} State=UP DefMemPerCPU=500 PriorityTier=9 PreemptMode=OFF
"""

# Pictures of the video that is under way when its task is preempted; it comes first.
LONG = 1500
SHARDS = 6


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
        *more, f"--wrap=exec srun --ntasks=1 {binary} run --plan {plan} --jobs 1 --grace 200s").strip()


def tasks(slurm, job):
    """State by the number of the shard; what has ended and was forgotten is not there."""
    lines = slurm.ask("squeue", "-h", "-r", "-j", job, "-o", "%K %T").split("\n")
    return {int(line.split()[0]): line.split()[1] for line in lines if len(line.split()) == 2 and line.split()[0].isdigit()}


def fact(slurm, job, name):
    """What Slurm knows of a job, ended or not."""
    words = slurm.ask("scontrol", "-o", "show", "job", job).split()
    return next((word.partition("=")[2] for word in words if word.startswith(name + "=")), "")


def preempt(slurm, binary, plan, out, array):
    """Has the task of shard 0 lose its cores to another job while it is at its long video, which has time to end.

    Slurm tells all processes of the task by CONT and TERM, and gives them GraceTime. It is not the first TERM that they get.
    """
    task = f"{array}_0"
    process = cluster.hold_worker(plan, 0, "long.y4m")
    urgent = cluster.run(
        "sbatch", "--parsable", "--partition=urgent", "--cpus-per-task=2", f"--output={slurm.folder}/urgent.log",
        "--wrap=true").strip()
    for each in [cluster.attempt(plan, 0), process]:
        os.kill(each, signal.SIGTERM)
    cluster.eventually("Slurm gives the task its grace", lambda: fact(slurm, task, "PreemptTime") not in ("", "None"))
    cluster.eventually("the preempted task waits to be started again", lambda: tasks(slurm, array).get(0) == "PENDING")
    cluster.hold(fact(slurm, task, "Restarts") == "1", "Slurm does not know of a restart")
    shard = cluster.status(binary, out)["shards"][0]
    cluster.hold(shard.get("exit_status") == 75, f"the preempted task ended with another status than 75: {shard}")
    first = cluster.events(plan, 0)[0]
    begun = [event for event in first if event.get("type") == "job_started"]
    ended = [event["status"] for event in first if "status" in event]
    cluster.hold(
        begun and ended == ["completed"] * len(begun), f"of {len(begun)} videos that were begun, these ended: {ended}")
    cluster.step("the preempted task ended its video, and with 75 by which it is started again")
    cluster.eventually("the urgent job is done", lambda: fact(slurm, urgent, "JobState") == "COMPLETED")


def wait_for(slurm, array, seconds=150):
    def is_over():
        left = tasks(slurm, array)
        for shard, state in left.items():
            if state == "PENDING" and fact(slurm, f"{array}_{shard}", "Restarts") not in ("", "0"):
                # What is started again waits two minutes.
                slurm.ask("scontrol", "update", f"JobId={array}_{shard}", "StartTime=now")
        return not left

    cluster.eventually("the array is over", is_over, seconds, step=0.3)


def joined(slurm, binary, job, out):
    """Waits for a job that joins shards: its status is that of a run in which a video failed."""
    cluster.eventually("the shards are joined", lambda: fact(slurm, job, "JobState") in ("COMPLETED", "FAILED"), 150)
    status = fact(slurm, job, "ExitCode")
    cluster.hold(status == "3:0" and cluster.status(binary, out)["joined"], f"the merge ended with {status}")


def check_array(slurm, binary, videos, alone, out):
    plan, run_id = cluster.plan(binary, videos, out, SHARDS)
    shards = cluster.planned_jobs(plan)
    cluster.hold(shards[0][0] == "long.y4m" and len(shards[0]) > 1, f"shard 0 has {shards[0]}")
    array = submit(slurm, binary, plan, f"0-{SHARDS - 1}")
    preempt(slurm, binary, plan, out, array)
    cluster.step("the urgent job is done")
    # At work on the first video of each.
    process = cluster.hold_worker(plan, 2)
    os.kill(cluster.attempt(plan, 2), signal.SIGKILL)
    # It finds that its run is gone.
    os.kill(process, signal.SIGCONT)
    cluster.hold_worker(plan, 3)
    cluster.run("scancel", f"{array}_3")
    cluster.step("shard 2 was killed, shard 3 is cancelled")
    wait_for(slurm, array)
    cluster.step("the array is over")

    missing = cluster.status(binary, out)["missing"]
    cluster.hold(cluster.numbers(missing) == [2, 3], f"the shards 2 and 3 are to be done again, and not {missing}")
    codes = {shard: fact(slurm, f"{array}_{shard}", "ExitCode") for shard in range(SHARDS) if shard != 3}
    for shard, code in codes.items():
        expected = "137:0" if shard == 2 else "3:0" if "broken.mp4" in shards[shard] else "0:0"
        cluster.hold(code == expected, f"shard {shard} ended with {code}, not {expected}")
    cluster.hold(fact(slurm, f"{array}_3", "JobState") == "CANCELLED", "the cancelled task is not cancelled")
    cluster.run(binary, "merge", out, expect=(10,))
    again = submit(slurm, binary, plan, missing)
    done = cluster.run(
        "sbatch", "--parsable", f"--dependency=afterany:{again}", f"--output={slurm.folder}/merge.log",
        f"--wrap={binary} merge {out} {run_id}").strip()
    joined(slurm, binary, done, out)
    cluster.step("what was lost is done and joined")
    cluster.check_joined(binary, out, alone, run_id)


def check_sample(slurm, binary, videos, alone, out):
    """The script in samples/cluster as it is."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../samples/cluster/slurm.sh")
    programs = f"{slurm.folder}/bin"
    os.mkdir(programs)
    os.symlink(binary, f"{programs}/forgebatch")
    said = cluster.run(
        "bash", script, videos, out, 3, "--no-config", env=dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}"))
    joined(slurm, binary, said.split()[-1], out)
    cluster.check_same(out, alone)


def check(binary):
    with tempfile.TemporaryDirectory(prefix="forgebatch-slurm-") as folder:
        videos, alone, out = (f"{folder}/{name}" for name in ("videos", "alone", "out"))
        cluster.library(videos, 19, 600)
        cluster.clip(f"{videos}/long.y4m", LONG, 99)
        cluster.run(binary, "run", videos, "-o", alone, "--no-config", expect=(3,))
        cluster.step("one machine's run")
        slurm = Slurm(folder)
        cluster.step("Slurm is up")
        try:
            check_array(slurm, binary, videos, alone, out)
            cluster.step("all as on one machine, and its replay")
            check_sample(slurm, binary, videos, alone, f"{folder}/it's a sample")
        except cluster.Breach:
            for name in ("slurmctld.log", "slurmd.log"):
                with open(f"{folder}/{name}", errors="replace") as file:
                    sys.stderr.write("".join(file.readlines()[-40:]))
            raise
        finally:
            slurm.stop()


if __name__ == "__main__":
    cluster.need("slurmctld", "slurmd", "sbatch", "srun", "munged")
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(cluster.SKIPPED)
    sys.exit(cluster.main(check))
