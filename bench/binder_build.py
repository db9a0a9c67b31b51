"""The steps by which repo2docker would build an image of this repository, run without Docker.

Each runs in namespaces of its own, as the person whom the image has, who sees a folder of ours as
``/home``, ``/srv`` and ``/tmp``: so the paths of the steps hold as they are, and what a step starts
ends with it. What stands in for conda is this Python, with the versions that conda would install.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
import pwd
import re
import shlex
import string
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_WIDTH = 90  # of a step in the log
NAME = "jovyan"  # as BinderHub calls everyone
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = re.compile(r"PIP_\w+|SSL_CERT_\w+|\w+_proxy", re.IGNORECASE)  # how pip finds its registry
# Python may be in root's home, where nobody else may look, and works at its own path alone. The
# person's /tmp comes last, since our own folders are below the machine's.
_ENTER = """
mount --bind "$PREFIX" /mnt
mount -t tmpfs -o mode=755 tmpfs /root
mkdir -p "$PREFIX"
mount --bind /mnt "$PREFIX"
umount /mnt
for one in passwd group; do mount --bind "$SCRATCH/$one" "/etc/$one"; done
mount --bind "$SCRATCH/srv" /srv
mount --bind "$SCRATCH/home" /home
mount --bind "$SCRATCH/tmp" /tmp
cd "$0"
exec "$@"
"""
_TRACE = (
    *("strace", "--follow-forks", "--seccomp-bpf", "--quiet=all", "--string-limit=0"),
    *("--trace=connect,sendto,sendmsg,sendmmsg", "--output-append-mode"),
    "--output=/srv/connections",
)
_NOTABLE = re.compile(r"error|warning|incompatible", re.IGNORECASE)
_LEFT_OUT = {
    r"FROM ": "a base image; this machine stands in for it",
    r"RUN (apt-get|echo .*locale-gen)": "packages of the base image; nothing of ours asks for them",
    r"ENV (DEBIAN_FRONTEND|LC_ALL)=": "for those packages, and their locale",
    r"COPY .*activate-conda": "there is no conda here",
    r"COPY .*(install-base-env.bash|environment.lock)$": "read where it lies, below",
    r"COPY .*/requirements.txt$": "the clone below brings it",
    r"COPY .*/usr/local/bin/": "belongs to the entrypoint",
    r"(EXPOSE|LABEL) ": "describes the image",
    r"ENTRYPOINT ": "activates conda, and writes the server's log into a file as well",
    r"CMD ": "BinderHub has a command of its own",
}


def _free_uid() -> int:
    """Return an id that nobody here has: the processes of that id are then all ours."""
    taken = {one.pw_uid for one in pwd.getpwall()}
    return next(uid for uid in itertools.count(1000) if uid not in taken)


@dataclass(frozen=True)
class Step:
    """An instruction of the Dockerfile, and what came of it."""

    text: str
    verdict: str = "as it is"
    why: str = ""

    def __str__(self) -> str:
        short = self.text if len(self.text) <= _WIDTH else f"{self.text[: _WIDTH - 1]}…"
        return f"{self.verdict:9}  {short}" + (f"\n{'':11}# {self.why}" if self.why else "")


@dataclass
class Build:
    """The image's person, folders and environment, as far as the steps have come.

    Args:
        scratch: an empty folder of root's.
        clone: the repository, in it.
    """

    scratch: Path
    clone: Path
    uid: int = field(default_factory=_free_uid)
    env: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH, "LC_ALL": "C.UTF-8"})
    arguments: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    folder: str = "/"
    lock: Path | None = None

    def __post_init__(self) -> None:
        for name in ("home", "srv/conda/envs", "tmp"):
            (self.scratch / name).mkdir(parents=True)
        self.scratch.chmod(0o755)
        (self.scratch / "tmp").chmod(0o1777)
        for name in ("passwd", "group"):
            self.scratch.joinpath(name).write_bytes(Path("/etc", name).read_bytes())
        self.arguments = {"NB_USER": NAME, "NB_UID": str(self.uid)}
        self._other: dict[str, tuple[Callable[[str], None], str]] = {
            r"RUN if (getent group|id) ": (
                self._person,
                "lines in a passwd and a group of its own; no home of this machine's is moved",
            ),
            r"COPY \S+ src/ ": (self._repository, "a fresh clone of the last commit, handed over"),
            r"RUN .*install-base-env": (
                self._environment,
                "this Python in conda's place, and by pip the versions that conda would install",
            ),
        }

    def instructions(self, repo2docker: str) -> list[str]:
        """Return the Dockerfile's instructions, a line each, as BinderHub would have them.

        Raises:
            CalledProcessError: repo2docker does not know what to do.
        """
        words = ["--no-build", "--debug", f"--user-name={NAME}", f"--user-id={self.uid}", "."]
        done = subprocess.run(
            [repo2docker, *words],
            cwd=self.clone,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        lines = done.stdout[done.stdout.index("\nFROM ") :].splitlines()
        bare = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
        joined = re.sub(r"\\\n\s*", "", "\n".join(bare))
        for mangled in re.findall(
            r"build_script_files/(\S+)-\w+ /tmp/env/environment.lock", joined
        ):
            self.lock = Path(re.sub(r"-(\w\w)", lambda code: chr(int(code[1], 16)), mangled))
        return joined.splitlines()

    def take(self, text: str) -> Step:
        """Take one instruction.

        Raises:
            RuntimeError: its command failed.
            ValueError: nobody has said yet what is to be done with such a one.
        """
        for pattern, why in _LEFT_OUT.items():
            if re.match(pattern, text):
                return Step(text, "left out", why)
        word, _, rest = text.partition(" ")
        for pattern, (instead, why) in self._other.items():
            if re.match(pattern, text):
                instead(rest)
                return Step(text, "adapted", why)
        given = string.Template(rest).safe_substitute(self.arguments | self.env)
        if word == "ENV":
            self.env |= dict(one.split("=", 1) for one in shlex.split(given))
        elif word == "ARG":
            name, _, default = given.partition("=")
            self.arguments.setdefault(name, default)
        elif word == "USER":
            self.user = given
        elif word == "WORKDIR":
            self.folder = given
        elif word == "RUN":
            self.run(["bash", "-c", rest], traced="postBuild" in rest)
        else:
            raise ValueError(f"expected an instruction that is known here, got {text!r}")
        return Step(text)

    def run(self, words: list[str], *, traced: bool = False) -> None:
        """Run a command in the image, as the person of that moment.

        Raises:
            RuntimeError: it failed; its last lines have been printed.
        """
        done = subprocess.run(
            self.inside(words, traced=traced),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            print(*done.stdout.splitlines()[-30:], sep="\n")
            raise RuntimeError(f"{words[0]} ended with {done.returncode}: {words[-1]}")
        for line in done.stdout.splitlines():
            if _NOTABLE.search(line):
                print(f"it says    {line}")

    def inside(self, words: list[str], *, traced: bool = False, **more: str) -> list[str]:
        """Return the command that runs another one in the image.

        Args:
            words: the command.
            traced: whether to take down what it connects to.
            more: variables beside the image's.
        """
        seen = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
        seen |= self.arguments | self.env | more
        chosen = ["env", "-i", *(f"{name}={value}" for name, value in seen.items()), *words]
        if self.user != "root":
            ids = [f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]
            chosen = ["setpriv", *ids, "--no-new-privs", "--bounding-set=-all", *chosen]
        if traced:
            chosen = [*_TRACE, *chosen]
        ours = [f"SCRATCH={self.scratch}", f"PREFIX={sys.base_prefix}"]
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return ["env", *ours, *enter, "bash", "-euc", _ENTER, self.folder, *chosen]

    def connections(self) -> tuple[int, set[str]]:
        """Return how often this machine was connected to, and which other addresses were."""
        log = self.scratch / "srv" / "connections"
        text = log.read_text("utf-8", errors="replace")
        named = re.findall(r'inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"', text)
        addresses = [ipaddress.ip_address(one) for one in named]
        others = {str(one) for one in addresses if not _here(one)}
        return len(addresses), others

    def _person(self, _: str) -> None:
        lines = {"passwd": f"{NAME}:x:{self.uid}:{self.uid}::/home/{NAME}:/bin/bash"}
        lines["group"] = f"{NAME}:x:{self.uid}:"
        for name, line in lines.items():
            path = self.scratch / name
            if line not in path.read_text("utf-8"):
                path.write_text(f"{path.read_text('utf-8')}{line}\n", "utf-8")

    def _environment(self, _: str) -> None:
        assert self.lock, "repo2docker named no lock file"
        wanted = self.lock.with_name(self.lock.name.replace("-linux-64.lock", ".yml"))
        names = re.findall(r"^- ([\w-]+)", wanted.read_text("utf-8"), re.MULTILINE)
        names = [name.replace("hub-singleuser", "hub") for name in names]
        # A build that begins with "py" is a package of Python's; the others are not pip's to bring.
        package = re.compile(r"/([\w.-]+)-([^-/]+)-py[^-/]*\.(?:conda|tar)")
        locked = dict(package.findall(self.lock.read_text("utf-8")))
        locked["jupyterhub"] = locked.pop("jupyterhub-base")
        limits = self.scratch / "srv" / "conda.txt"
        limits.write_text("\n".join(f"{name}=={version}" for name, version in locked.items()))
        prefix = self.env["NB_PYTHON_PREFIX"]
        self._hand_over(self.scratch / "srv" / "conda")
        before, self.user = self.user, NAME
        self.run([f"{sys.base_prefix}/bin/python3.11", "-m", "venv", prefix])
        pip = [f"{prefix}/bin/python", "-m", "pip", "install", "--no-cache-dir"]
        self.run([*pip, "-c/srv/conda.txt", *(one for one in names if one in locked)])
        self.user = before

    def _repository(self, _: str) -> None:
        home = self.scratch / "home" / NAME
        for path in self.clone.iterdir():
            path.rename(home / path.name)
        self._hand_over(home)

    def _hand_over(self, folder: Path) -> None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.uid, follow_symlinks=False)


def _here(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or address
    return bool(inner.is_loopback or inner.is_unspecified)
