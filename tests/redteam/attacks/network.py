"""Attacks over the network. They knock only at doors that the tests open on this machine for them."""

from __future__ import annotations

from tests.redteam.attack import Attack

_TRY = """
import os, socket, struct
def tell(family, kind, address):
    try:
        with socket.socket(family, kind) as line:
            line.settimeout(1)
            line.connect(address)
            line.send(@MARK@.encode())
            print("sent", address)
    except OSError as error:
        print(address, error)
"""

ATTACKS = (
    Attack(
        "tcp",
        "A connection",
        "Sends what it has read to a server.",
        code=_TRY
        + "for host in ('127.0.0.1', 'localhost', '0.0.0.0'):\n"
        + "    tell(socket.AF_INET, socket.SOCK_STREAM, (host, @PORT@))\n",
        holds=("no-connection",),
    ),
    Attack(
        "udp",
        "A datagram",
        "Sends single packets, for which no connection is needed.",
        code=_TRY + "tell(socket.AF_INET, socket.SOCK_DGRAM, ('127.0.0.1', @PORT@))\n",
        holds=("no-connection",),
    ),
    Attack(
        "ipv6",
        "A connection by IPv6",
        "Takes the newer protocol, which filters forget.",
        code=_TRY + "for host in ('::1', '::ffff:127.0.0.1'):\n"
        "    tell(socket.AF_INET6, socket.SOCK_STREAM, (host, @PORT@))\n",
        holds=("no-connection",),
    ),
    Attack(
        "abstract-socket",
        "A socket without a file",
        "Connects to a Unix socket that has a name but no place in the file system.",
        code=_TRY + "tell(socket.AF_UNIX, socket.SOCK_STREAM, '\\0' + @ABSTRACT@)\n",
        holds=("no-connection",),
    ),
    Attack(
        "unix-socket",
        "A socket in a folder",
        "Connects to the Unix socket of a service of the instructor's.",
        code=_TRY + "tell(socket.AF_UNIX, socket.SOCK_STREAM, @UNIX@)\n",
        holds=("no-connection",),
    ),
    Attack(
        "programs-that-connect",
        "Programs that connect",
        "Has shells and other interpreters make the connection.",
        code="import os\n"
        "os.system('timeout 3 bash -c \"echo ' + @MARK@ + ' > /dev/tcp/127.0.0.1/' + str(@PORT@) + '\"')\n"
        "os.system('timeout 3 perl -MIO::Socket::INET -e \"print {IO::Socket::INET->new(q(127.0.0.1:' "
        "+ str(@PORT@)"
        " + '))} q(' + @MARK@ + ')\"')\n",
        holds=("no-connection",),
    ),
    Attack(
        "raw-sockets",
        "Other kinds of sockets",
        "Opens raw, packet, netlink and virtual-machine sockets.",
        code=_TRY + "for family, kind in ((2, 3), (17, 3), (16, 3), (40, 1), (38, 5), (44, 3)):\n    try:\n"
        "        socket.socket(family, kind).close()\n        print('opened', family)\n"
        "    except OSError as error:\n        print(family, error)\n",
        holds=("no-connection",),
    ),
    Attack(
        "listens",
        "A server for the next one",
        "Waits on a port for other students' code to ask it for answers.",
        code=_TRY
        + "server = socket.create_server(('127.0.0.1', 0))\nserver.settimeout(1)\ntry:\n    server.accept()\n"
        "except OSError as error:\n    print(error)\n",
        holds=("no-survivor",),
    ),
    Attack(
        "handed-descriptor",
        "A door handed through",
        "Sends one of its own descriptors to whoever reads its connection, to have it used there.",
        code=_TRY
        + "for number in range(3, 64):\n    try:\n        line = socket.socket(fileno=os.dup(number))\n"
        "        socket.send_fds(line, [b'\\0'], [0, 1, 2])\n    except OSError:\n        pass\n",
        holds=("batch-completed",),
        unsafe_on_stock="it writes to connections of the kernel",
    ),
)
