"""Power cuts at block level: every write of a guest's disk is logged, every cut is replayed.

``python -m faults.powercut [--states 1000] [--out powercut.md]`` boots Debian in an emulated
machine (qemu, TCG) whose data disk logs each write and flush, runs the box's store and outbox
in it, and then rebuilds the disk as it would have been after a cut: after any prefix of the
log, and with any of the writes missing that no flush had made durable. Each state is mounted
(the file system recovers its journal), opened and judged. Without qemu the same judgement runs
over a log of system calls (`faults.powercut.calls`).
"""
