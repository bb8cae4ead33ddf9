"""Searches for the smallest sets of faults that break a design.

    world ── plans        a call that goes wrong is a fault; a few of them are a plan
    search ── swarm       every plan up to k faults, then chosen ones until the budget is over
    workers               the same on every core, with the same result
    shrink ── reduce      a failing plan, a failing run: made smaller while it still fails
    regress ── confirm    a failing plan as an experiment document, for real parts
    words                 what was found, for a person and for a program

It imports no runtime: the simulation is loaded by name.
"""
