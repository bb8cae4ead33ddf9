"""The real parts that a run needs: finds them on this machine, or makes them once in a cache."""

from harness.toolchain.cache import cache_dir
from harness.toolchain.etcd import find_etcd, provide_etcd
from harness.toolchain.patroni import find_patroni, provide_patroni
from harness.toolchain.postgres import find_postgres, provide_postgres
from harness.toolchain.report import Row, provide_all, report
from harness.toolchain.search import Missing, Part
from harness.toolchain.toxiproxy import find_toxiproxy, provide_toxiproxy

__all__ = [
    "Missing",
    "Part",
    "Row",
    "cache_dir",
    "find_etcd",
    "find_patroni",
    "find_postgres",
    "find_toxiproxy",
    "provide_all",
    "provide_etcd",
    "provide_patroni",
    "provide_postgres",
    "provide_toxiproxy",
    "report",
]
