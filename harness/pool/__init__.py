"""Work that others do: processes of this machine, or of a cluster, behind futures."""
