"""What is turned away at the door, without looking at its meaning."""

from __future__ import annotations

from runner.job import Job, RunError
from runner.policy import RunnerConfig


def refusal(job: Job, config: RunnerConfig) -> RunError | None:
    """Say why a job is not started at all, without looking at its meaning."""
    size = len(job.source.encode("utf-8", "surrogatepass"))
    if not job.source.strip():
        return RunError("EmptySource", "There is no code to run. Paste some Python.")
    if "\x00" in job.source or any("\ud800" <= letter <= "\udfff" for letter in job.source):
        return RunError("NotText", "This is not text. Send Python source in UTF-8.")
    if size > job.limits.source_bytes:
        most = job.limits.source_bytes // 1024
        return RunError("SourceTooLarge", f"The code has {size:,} bytes; at most {most} KiB are run.")
    if job.source.count("\ufffd") > 8 + len(job.source) // 50:
        return RunError("NotText", "This does not look like text in UTF-8. Send Python source in UTF-8.")
    if job.backend not in config.backends:
        return RunError("BackendMissing", f"The backend {job.backend!r} is not switched on here.")
    for name in job.files:
        if not name or "/" in name or "\x00" in name or name in (".", "..") or len(name.encode()) > 120:
            return RunError("BadFileName", f"{name[:80]!r} is not a plain file name.")
    if sum(map(len, job.files.values())) + len(job.stdin) > job.limits.disk_bytes // 2:
        return RunError("FilesTooLarge", f"Files and input exceed {job.limits.disk_bytes >> 21} MiB.")
    return None
