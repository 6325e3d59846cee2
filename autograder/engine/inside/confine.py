"""Locks a process in, further than the jail around it: namespaces, limits, no dangerous system calls.

All of it works without privileges, on Linux. Python's own library has `os.unshare` from 3.12 on only, and
nothing for mounts or seccomp, hence ctypes.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from pathlib import Path

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET, NEWTIME = 0x10000000, 0x20000000, 0x40000000, 0x00000080
_NOSUID, _NODEV, _NOEXEC = 2, 4, 8
_RECURSIVE, _PRIVATE_MOUNTS = 0x4000, 0x40000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22
_PR_CAPBSET_DROP = 24
_SIGKILL = 9
_MOST_DESCRIPTORS = 2**20

PRIVATE = "/private"  # where a candidate may write; /tmp leads here unless Python itself lies below /tmp

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0), "prctl")


def close_from(number: int) -> None:
    """Close all descriptors from a number on."""
    os.closerange(number, _MOST_DESCRIPTORS)


def enter_namespaces() -> None:
    """Leave the shared users and mounts; the next child is process 1 of its own, with the right to more."""
    _own_users(NEWPID | NEWNS)


def settle() -> None:
    """Keep the mounts of these namespaces to themselves, and show their processes and no others."""
    _checked(_libc.mount(None, b"/", None, _RECURSIVE | _PRIVATE_MOUNTS, None), "mount /")
    mount_processes()


def _own_users(other: int) -> None:
    """Leave the shared users, and the `other` namespaces with them."""
    user, group = os.getuid(), os.getgid()
    _checked(_libc.unshare(NEWUSER | other), "unshare")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def fork_alone() -> int:
    """Fork, in namespaces that were entered, a process that is number 1 among its own processes.

    The second process that other ways to such a namespace take would copy all of the zygote's memory map once
    more, which is most of what a fork costs. Where the way back is barred, this process ends.
    """
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    child = -1
    try:
        _checked(_libc.unshare(NEWPID), "unshare")
        child = os.fork()
        return child
    finally:
        if child != 0 and _libc.setns(own, NEWPID) != 0:
            os._exit(1)
        os.close(own)


def leave_shared_space(size: int) -> None:
    """Leave the shared mounts, users and names; mount bounded folders to write to, own processes, terminals.

    Parameters
    ----------
    size
        Bytes that may be written in each folder.
    """
    _checked(_libc.unshare(NEWNS | NEWIPC | NEWUTS), "unshare")
    options = f"size={size},nr_inodes=4096,mode=0700".encode()
    flags = _NOSUID | _NODEV
    for target in (PRIVATE.encode(), b"/dev/shm"):
        _checked(_libc.mount(b"tmpfs", target, b"tmpfs", flags, options), f"mount {target.decode()}")
    # Of one user as all candidates are, it could else write to their terminals, and stop them.
    own = b"newinstance,ptmxmode=0666"
    _checked(_libc.mount(b"devpts", b"/dev/pts", b"devpts", _NOSUID | _NOEXEC, own), "mount /dev/pts")
    mount_processes()
    _own_users(0)  # after the mounts, which therefore belong to users of whom the candidate knows nothing


def mount_processes() -> None:
    """Mount a fresh view of the processes of this namespace, and of no others."""
    flags = _NOSUID | _NODEV | _NOEXEC
    _checked(_libc.mount(b"proc", b"/proc", b"proc", flags, None), "mount /proc")


def become(user: int) -> None:
    """Stop being root for good, and become an ordinary user."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    # After a change of user the kernel no longer lets a process write its own uid_map, unless it says so.
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def drop_privileges() -> None:
    """Give up every capability, for good, also for programs that are started."""
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    header, none = struct.pack("Ii", 0x20080522, 0), struct.pack("6I", *[0] * 6)
    _checked(_libc.capset(header, none), "capset")


def set_limits(*, memory: int, processes: int | None, file_size: int, cpu_seconds: int) -> None:
    """Bound what a process and each of its children may use.

    Parameters
    ----------
    memory
        Bytes of address space beyond what it has now.
    processes
        Processes and threads of the user in this namespace; None where that would count others' too.
    file_size
        Bytes of one file.
    cpu_seconds
        Processor time of one process.
    """
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limits = {
        resource.RLIMIT_AS: pages * resource.getpagesize() + memory,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_NOFILE: 128,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 2**20,
    }
    if processes is not None:
        limits[resource.RLIMIT_NPROC] = processes
    for which, limit in limits.items():
        _, hard = resource.getrlimit(which)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (limit, limit))


# System calls that no notebook needs, and that reach far into the kernel or take memory that no limit counts
# (memory files, System V's shared memory), by machine. Numbers never change;
# those from 424 on are the same on every machine.
_SHARED = {
    "clone3": 435, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "memfd_secret": 447,
    "process_mrelease": 448,
}  # fmt: skip
_NUMBERS = {
    "x86_64": _SHARED | {
        "clone": 56, "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "acct": 163,
        "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
        "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179, "chroot": 161,
        "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
        "unshare": 272, "vmsplice": 278, "move_pages": 279, "perf_event_open": 298, "name_to_handle_at": 303,
        "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
        "kcmp": 312, "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
        "socket": 41, "memfd_create": 319, "shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240,
        "io_setup": 206, "io_submit": 209, "inotify_init": 253, "inotify_init1": 294, "fanotify_init": 300,
        "mbind": 237, "migrate_pages": 256, "sched_setaffinity": 203, "mmap": 9,
    },
    "aarch64": _SHARED | {
        "clone": 220, "ptrace": 117, "syslog": 116, "personality": 92, "pivot_root": 41, "acct": 89,
        "settimeofday": 170, "mount": 40, "umount2": 39, "swapon": 224, "swapoff": 225, "reboot": 142,
        "init_module": 105, "delete_module": 106, "quotactl": 60, "chroot": 51, "clock_settime": 112,
        "kexec_load": 104, "add_key": 217, "request_key": 218, "keyctl": 219, "unshare": 97, "vmsplice": 75,
        "move_pages": 239, "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265,
        "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273,
        "kexec_file_load": 294, "bpf": 280, "userfaultfd": 282, "socket": 198,
        "memfd_create": 279, "shmget": 194, "semget": 190, "msgget": 186, "mq_open": 180,
        "io_setup": 0, "io_submit": 2, "inotify_init1": 26, "fanotify_init": 262,
        "mbind": 235, "migrate_pages": 238, "sched_setaffinity": 122, "mmap": 222,
    },
}  # fmt: skip
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINES = tuple(_ARCHITECTURES)

_LOAD, _AND, _JUMP_EQUAL, _JUMP_OVER, _JUMP_ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NR, _ARCH, _ARGUMENT, _FOURTH_ARGUMENT = 0, 4, 16, 40
_SHARED_ANONYMOUS = 0x21


def _filter(machine: str) -> bytes:
    """Assemble the seccomp program: refuse the calls above, and dangerous uses of two that are needed.

    These are clone (for new namespaces) and mmap (for shared anonymous memory: what is cut off from such
    a map stays in memory, and no limit counts it).
    """
    numbers = dict(_NUMBERS[machine])
    clone, clone3, maps = numbers.pop("clone"), numbers.pop("clone3"), numbers.pop("mmap")
    new = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET | NEWTIME
    program = [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NR),
        (_JUMP_OVER, 0, 1, 0x40000000),  # the x32 calls, a second door to the same kernel
        (_RETURN, 0, 0, _REFUSE | _EPERM),
        (_JUMP_EQUAL, 0, 1, clone3),  # its flags can't be looked at; libc falls back to clone
        (_RETURN, 0, 0, _REFUSE | _ENOSYS),
        (_JUMP_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _ARGUMENT),
        (_JUMP_ANY_BIT, 0, 1, new & ~NEWTIME),  # in clone, the time namespace's bit is part of the signal
        (_RETURN, 0, 0, _REFUSE | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
        (_JUMP_EQUAL, 0, 5, maps),
        (_LOAD, 0, 0, _FOURTH_ARGUMENT),
        (_AND, 0, 0, _SHARED_ANONYMOUS),
        (_JUMP_EQUAL, 0, 1, _SHARED_ANONYMOUS),
        (_RETURN, 0, 0, _REFUSE | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    for number in sorted(numbers.values()):
        program += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | _EPERM)]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


_CODE = _filter(platform.machine()) if platform.machine() in MACHINES else b""
_PROGRAM = _Program(len(_CODE) // 8, _CODE)  # made once, before any candidate is


def forbid_system_calls() -> None:
    """Have the kernel refuse dangerous system calls, in this process and all that it starts."""
    _checked(_libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(_PROGRAM), 0, 0), "seccomp")
