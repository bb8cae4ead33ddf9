"""Which target an experiment is about, and where it is: what a person names, what a document names,
what is found here."""

from __future__ import annotations

from pathlib import Path

from harness.document import find_experiment, target_of
from harness.errors import ConfigError
from harness.plugins import target_here
from harness.registry import Vocabulary, experiment_files, known_experiments, load_vocabulary


def find_words(experiment: str, target: str = "") -> tuple[Vocabulary, Path]:
    """The words of a target, and an experiment that is written in them.

    Args:
        experiment: id, name or path.
        target: a file or a module; "" for the one that the experiment names, else the target file
            that is found here. What comes along is about the reference service.

    Raises:
        ConfigError: there is no such experiment, or the target cannot be loaded.
    """
    if target:
        words = load_vocabulary(target)
        return words, find_experiment(experiment, words.experiments)
    shipped = experiment_files()
    try:
        path = find_experiment(experiment, shipped)
    except ConfigError:
        if not target_here():
            raise
        path = find_experiment(experiment, known_experiments())
    comes_along = path in shipped.values()
    return load_vocabulary(target_of(path) if comes_along else target_of(path, "")), path
