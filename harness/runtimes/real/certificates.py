"""An authority of one run, and what it certifies: who trusts it trusts the stand-ins of that run.

Its own key is in no file; that of the stand-ins goes when the run ends.
"""

from __future__ import annotations

from collections.abc import Iterable

AUTHORITY, CERTIFICATE = "ca.pem", "tls.pem"  # in the folder of configurations
LOCAL = ("127.0.0.1", "localhost")


def certificates(names: Iterable[str]) -> dict[str, str]:
    """File name -> PEM: the authority, and key and chain of every stand-in that has https.

    Args:
        names: of hosts, beside those of this machine.
    """
    import trustme  # costs 0.1 s, which runs without https do not pay

    authority = trustme.CA(organization_name="chaos-harness, for one run")
    issued = authority.issue_cert(*dict.fromkeys((*LOCAL, *names)))
    return {
        AUTHORITY: authority.cert_pem.bytes().decode(),
        CERTIFICATE: issued.private_key_and_cert_chain_pem.bytes().decode(),
    }
