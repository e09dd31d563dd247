"""Starts forgebatch __tool as a run does, tells its process, and holds its descriptors: plugin_holder.py FORGEBATCH ORDER."""
import os
import socket
import subprocess
import sys

program, order = sys.argv[1:]
frames_in, frames_out = os.pipe()
answers_in, answers_out = os.pipe()
ours, theirs = socket.socketpair()
process = subprocess.Popen(
    [program, "__tool", order], stdin=frames_in, stdout=answers_out, stderr=theirs, start_new_session=True)
for descriptor in (frames_in, answers_out):
    os.close(descriptor)
theirs.close()
os.read(answers_in, 4096)
print(process.pid, flush=True)
process.wait()
