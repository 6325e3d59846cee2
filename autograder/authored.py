"""Authored data: YAML files and tables in them, read and checked with errors that name the place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from autograder.errors import AutograderError

ASSIGNMENTS = Path(__file__).parent / "assignments"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, where PyYAML was built with it


def read_yaml(path: Path, error: type[Exception] = AutograderError) -> Any:
    """Read a YAML file; raise `error`, naming the file, when that can't be done."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as reason:
        raise error(f"{path}: can't be read as YAML: {reason}") from reason


def read_checked(path: Path, schema: Mapping[str, Any]) -> Any:
    """Read a YAML file that a JSON schema describes; raise an AutograderError that names the broken place."""
    data = read_yaml(path)
    if (broken := schema_error(data, schema)) is not None:
        where, message = broken
        raise AutograderError(f"{path}: {'.'.join(map(str, where)) or 'top level'}: {message}")
    return data


def schema_error(data: object, schema: Mapping[str, Any]) -> tuple[list[str | int], str] | None:
    """Find what best explains that data break a JSON schema: the place in the data, and the message."""
    import jsonschema  # takes a second, which reading a question's key while grading should not

    validator = jsonschema.Draft202012Validator(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(data))
    return None if error is None else (list(error.absolute_path), error.message)
