"""What borrowers do: one JOURNEY a module, a pure generator of operations.

Nothing here opens a socket or reads a clock.
"""
