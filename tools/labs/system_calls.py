"""A filter that takes from student code the system calls that no lab needs and that get round a
limit: memory that belongs to no process, other processes' memory and files, namespaces.

The filter is a program for the kernel's seccomp (classic BPF, see seccomp(2) and
linux/seccomp.h). It is made here, and set by the driver, which knows what processor it runs on.
"""

from __future__ import annotations

import errno
import struct

# Numbers of the system calls, from linux/unistd.h, by what `os.uname` calls the processor.
NUMBERS = {
    "x86_64": {
        "memfd_create": 319,
        "memfd_secret": 447,
        "shmget": 29,
        "ptrace": 101,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "pidfd_getfd": 438,
        "io_uring_setup": 425,
        "userfaultfd": 323,
        "perf_event_open": 298,
        "bpf": 321,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "mount": 165,
        "unshare": 272,
        "setns": 308,
        "clone": 56,
        "clone3": 435,
    },
    "aarch64": {
        "memfd_create": 279,
        "memfd_secret": 447,
        "shmget": 194,
        "ptrace": 117,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "pidfd_getfd": 438,
        "io_uring_setup": 425,
        "userfaultfd": 282,
        "perf_event_open": 241,
        "bpf": 280,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "mount": 40,
        "unshare": 97,
        "setns": 268,
        "clone": 220,
        "clone3": 435,
    },
}
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
# Programs do without these if the kernel says that it has none of them.
ABSENT = {"memfd_create", "memfd_secret", "io_uring_setup", "clone3"}
FIRST_OF_X32 = 0x40000000  # a second numbering of x86_64's calls
CLONE_NEWUSER = 0x10000000

LOAD, EQUAL, AT_LEAST, HAS_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where these lie in struct seccomp_data


def step(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    """Return one instruction: struct sock_filter."""
    return struct.pack("HBBI", code, if_so, if_not, value)


def program(machine: str) -> bytes:
    """Return the filter for a processor.

    Args:
        machine: its name, one of `NUMBERS`.
    """
    numbers = NUMBERS[machine]
    absent = step(RETURN, REFUSE | errno.ENOSYS)
    forbidden = step(RETURN, REFUSE | errno.EPERM)
    steps = [
        step(LOAD, ARCHITECTURE),
        step(EQUAL, ARCHITECTURES[machine], if_so=1),
        absent,  # the calls of another processor that this one understands, too
        step(LOAD, NUMBER),
        step(AT_LEAST, FIRST_OF_X32, if_not=1),
        absent,
    ]
    for name, number in numbers.items():
        if name != "clone":
            answer = absent if name in ABSENT else forbidden
            steps += [step(EQUAL, number, if_not=1), answer]
    steps += [
        step(EQUAL, numbers["clone"], if_not=3),
        step(LOAD, FIRST_ARGUMENT),
        step(HAS_BIT, CLONE_NEWUSER, if_not=1),
        forbidden,
        step(RETURN, ALLOW),
    ]
    return b"".join(steps)


def programs() -> dict[str, str]:
    """Return the filter for each processor, in hexadecimal digits."""
    return {machine: program(machine).hex() for machine in NUMBERS}
