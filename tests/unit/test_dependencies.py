"""pyproject.toml, the two locks and environment.yml say the same; the locks tie nobody to one registry."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
CONDA_NAMES = {"matplotlib-base": "matplotlib"}  # without a window toolkit


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(lines):
    parsed = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in parsed}


def declared():
    return requirements(project()["project"]["dependencies"])


def entries(lock):
    """Each package's lines of a lock, joined: the pin and its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins(lock):
    """(name, version, marker) of every line."""
    parsed = [Requirement(entry.split(" --hash")[0].strip()) for entry in entries(lock)]
    return [(canonicalize_name(r.name), str(r.specifier).removeprefix("=="), r.marker) for r in parsed]


def versions(lock):
    return {name: Version(version) for name, version, _ in pins(lock)}


def conda():
    """Name → specifier of everything in environment.yml, conda's and pip's part."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    names = [*[e for e in listed if isinstance(e, str)], *[e for e in pip if not e.startswith("-")]]
    return {CONDA_NAMES.get(name, name): specifier for name, specifier in requirements(names).items()}


def test_lock_satisfies_every_declared_dependency():
    locked = versions("requirements.lock")
    for name, specifier in (declared() | requirements(project()["dependency-groups"]["build"])).items():
        assert name in locked, f"{name}: run make lock"
        assert locked[name] in specifier, f"{name} {locked[name]}: run make lock"


def test_build_backend_is_the_locked_one():
    built_with = requirements(project()["build-system"]["requires"])
    assert built_with == requirements(project()["dependency-groups"]["build"])


def test_dev_lock_adds_the_tools_and_moves_no_version():
    base, tools = set(pins("requirements.lock")), set(pins("requirements-dev.lock"))
    versions_of_base = {(name, version) for name, version, _ in base}
    assert versions_of_base <= {(name, version) for name, version, _ in tools}
    locked = versions("requirements-dev.lock")
    for extra in ("dev", "cluster"):
        for name, specifier in requirements(project()["project"]["optional-dependencies"][extra]).items():
            assert locked[name] in specifier


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_one_version(lock):
    for entry in entries(lock):
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    names = [name for name, _, _ in pins(lock)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, re.MULTILINE), "an option of pip"


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_lock_is_for_every_system(system):
    place = {"sys_platform": system, "os_name": "nt" if system == "win32" else "posix", "python_full_version": "3.11.0"}
    needed = {
        name for name, _, marker in pins("requirements.lock") if marker is None or Marker(str(marker)).evaluate(place)
    }
    assert set(declared()) <= needed
    assert ("colorama" in needed) == (system == "win32")


def test_conda_environment_has_the_same_bounds():
    listed = conda()
    assert listed.pop("python") == project()["project"]["requires-python"]
    listed.pop("pip")
    assert listed == declared() | requirements(project()["dependency-groups"]["build"])


def test_entry_points_exist():
    scripts = project()["project"]["scripts"]
    groups = project()["project"]["entry-points"]
    for target in [*scripts.values(), *(t for group in groups.values() for t in group.values())]:
        module, _, name = target.partition(":")
        assert hasattr(importlib.import_module(module), name), target
