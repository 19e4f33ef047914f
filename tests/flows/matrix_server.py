"""A real Matrix homeserver (Synapse) on this machine: a process that tests talk to, never imported."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

SERVER = "localhost"
SECRET = "for-tests-only"
# Far more than anything takes; the machine may be busy with other things.
PATIENCE_S = 120.0
_FREE: dict[str, Any] = {"per_second": 10_000, "burst_count": 10_000}


class Synapse:
    """One homeserver in a folder of its own; its limits are off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._people = 0
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "homeserver.yaml").write_text(json.dumps(self._config()))
        (folder / "log.yaml").write_text(json.dumps(self._log()))
        self._call("--generate-keys").wait(PATIENCE_S)

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = self._call()
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            assert self._process.poll() is None, (self.folder / "synapse.log").read_text()[-2000:]
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/health").status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError("Synapse does not start")

    def stop(self, *, kill: bool = False) -> None:
        """End it, as an operator does or as a crash does."""
        assert self._process is not None
        (self._process.kill if kill else self._process.terminate)()
        self._process.wait(PATIENCE_S)

    def slow_down(self, user_id: str, per_second: int) -> None:
        """Let somebody send no more events than that."""
        _, token = self.account("admin", admin=True)
        url = f"{self.address}/_synapse/admin/v1/users/{quote(user_id)}/override_ratelimit"
        body = {"messages_per_second": per_second, "burst_count": per_second}
        answer = httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text

    def account(self, name: str, *, admin: bool = False) -> tuple[str, str]:
        """Register somebody new and return their id and token."""
        self._people += 1
        user, password = f"{name}{self._people}", "correct horse"
        url = f"{self.address}/_synapse/admin/v1/register"
        nonce = httpx.get(url, timeout=PATIENCE_S).json()["nonce"]
        told = "\0".join([nonce, user, password, "admin" if admin else "notadmin"]).encode()
        mac = hmac.new(SECRET.encode(), told, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": user, "password": password, "admin": admin, "mac": mac}
        answer = httpx.post(url, json=body, timeout=PATIENCE_S).json()
        return answer["user_id"], answer["access_token"]

    def _call(self, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "synapse.app.homeserver", "-c", "homeserver.yaml", *options]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=self.folder, stdin=quiet, stdout=quiet, stderr=quiet)

    def _config(self) -> dict[str, Any]:
        listener = {"port": self.port, "tls": False, "type": "http", "bind_addresses": ["127.0.0.1"]}
        return {
            "server_name": SERVER,
            "report_stats": False,
            "pid_file": str(self.folder / "synapse.pid"),
            "listeners": [{**listener, "resources": [{"names": ["client"], "compress": False}]}],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "log_config": str(self.folder / "log.yaml"),
            "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(self.folder / "signing.key"),
            "registration_shared_secret": SECRET,
            "macaroon_secret_key": "m",
            "form_secret": "f",
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "presence": {"enabled": False},
            "url_preview_enabled": False,
            "public_baseurl": f"{self.address}/",
            "bcrypt_rounds": 4,
            "rc_message": _FREE,
            "rc_login": {"address": _FREE, "account": _FREE, "failed_attempts": _FREE},
            "rc_joins": {"local": _FREE},
            "rc_joins_per_room": _FREE,
            "rc_invites": {"per_room": _FREE, "per_user": _FREE, "per_issuer": _FREE},
            "rc_room_creation": _FREE,
        }

    def _log(self) -> dict[str, Any]:
        handler = {"class": "logging.FileHandler", "filename": str(self.folder / "synapse.log")}
        return {"version": 1, "handlers": {"file": handler}, "root": {"level": "WARNING", "handlers": ["file"]}}
