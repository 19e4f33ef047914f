"""There is no network, in any form; sockets between a run's own processes work."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.job import Result

Run = Callable[..., Result]

FAMILIES = {
    "ipv4": "socket.AF_INET, socket.SOCK_STREAM",
    "ipv4_datagrams": "socket.AF_INET, socket.SOCK_DGRAM",
    "ipv6": "socket.AF_INET6, socket.SOCK_STREAM",
    "raw": "socket.AF_INET, socket.SOCK_RAW, 1",
    "netlink": "socket.AF_NETLINK, socket.SOCK_RAW, 0",
    "packets": "socket.AF_PACKET, socket.SOCK_RAW, 0x300",
    "virtual_machine": "socket.AF_VSOCK, socket.SOCK_STREAM",
    "kernel_crypto": "socket.AF_ALG, socket.SOCK_SEQPACKET",
    "bluetooth": "31, socket.SOCK_STREAM",
}


@pytest.mark.parametrize("family", FAMILIES)
def test_no_socket_of_any_other_family_is_made(run: Run, family: str) -> None:
    result = run(f"import socket; socket.socket({FAMILIES[family]})")
    assert result.status == "error"
    assert result.error is not None
    assert result.error.type == "PermissionError"


def test_connection_to_an_address_is_an_error(run: Run) -> None:
    result = run("import socket; socket.create_connection(('1.1.1.1', 443), 5)")
    assert result.status == "error"
    assert result.duration_s < 5


def test_name_is_not_resolved(run: Run) -> None:
    result = run("import socket; print(socket.getaddrinfo('example.com', 80))")
    assert (result.status, result.stdout) == ("error", "")


def test_download_is_an_error(run: Run) -> None:
    result = run("import urllib.request; urllib.request.urlopen('http://example.com', timeout=5)")
    assert result.status == "error"


def test_socket_by_plain_system_call_with_high_bits_is_refused(run: Run) -> None:
    source = """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        for family in (2, 0x1_0000_0002, 0x1_0000_0001):
            print(libc.syscall(41, ctypes.c_ulong(family), ctypes.c_ulong(1), ctypes.c_ulong(0)))
    """
    assert run(source).stdout == "-1\n-1\n-1\n"


def test_service_on_the_loopback_of_the_host_is_out_of_reach(cold: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        server.settimeout(0.2)
        result = cold(f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)")
        assert result.status == "error"
        with pytest.raises(TimeoutError):
            server.accept()


def test_abstract_socket_of_the_host_is_out_of_reach(run: Run) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0lobby-test-abstract")
        server.listen()
        result = run("import socket; socket.socket(socket.AF_UNIX).connect('\\0lobby-test-abstract')")
    assert result.status == "error"
    assert result.error is not None
    assert result.error.type == "ConnectionRefusedError"


def test_path_socket_of_the_host_is_out_of_reach(run: Run, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        result = run(f"import socket; socket.socket(socket.AF_UNIX).connect({str(tmp_path / 's')!r})")
    assert result.error is not None
    assert result.error.type == "FileNotFoundError"


def test_only_a_dead_loopback_interface_is_seen(run: Run) -> None:
    result = run("print([line.split(':')[0].strip() for line in open('/proc/net/dev')][2:])")
    assert result.stdout == "['lo']\n"


def test_own_processes_talk_over_unix_sockets(run: Run) -> None:
    source = """
        import os, socket
        server = socket.socket(socket.AF_UNIX); server.bind('/tmp/s'); server.listen()
        if os.fork() == 0:
            client = socket.socket(socket.AF_UNIX); client.connect('/tmp/s'); client.send(b'hello')
            os._exit(0)
        print(server.accept()[0].recv(9))
    """
    assert run(source).stdout == "b'hello'\n"


def test_a_thread_of_the_service_keeps_its_network_meanwhile(cold: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answered: list[bytes] = []

        def answer() -> None:
            connection, _ = server.accept()
            answered.append(connection.recv(10))

        thread = threading.Thread(target=answer)
        thread.start()
        assert cold("print(1)").status == "ok"
        with socket.create_connection(server.getsockname()) as client:
            client.send(b"still here")
        thread.join(5)
    assert answered == [b"still here"]
