# SPDX-License-Identifier: Apache-2.0
"""Which command lines of Vowpal Wabbit a policy may have: those that touch no file and no network."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from policies.errors import InvalidSetting

# Options that read or write files or talk to others, by any of their names.
# fmt: off
_OUTSIDE = frozenset((
    "--args", "--audit_regressor", "--cache", "--cache_file", "--chain_hash", "--csv", "--daemon",
    "--data", "--dictionary", "--dictionary_path", "--driver_output", "--dsjson", "--dump_json_weights",
    "--dump_json_weights_experimental", "--dump_json_weights_include_feature_names_experimental",
    "--extra_metrics", "--feature_mask", "--final_regressor", "--flatbuffer", "--foreground",
    "--hash_file", "--id", "--initial_regressor", "--input_feature_regularizer", "--invert_hash",
    "--invert_hash_file", "--json", "--kill_cache", "--log_output", "--no_daemon", "--node",
    "--num_children", "--onethread", "--output_feature_regularizer_binary",
    "--output_feature_regularizer_text", "--passes", "--per_feature_regularizer_input", "--pid_file",
    "--port", "--port_file", "--predictions", "--raw_predictions", "--readable_model",
    "--save_per_pass", "--sendto", "--span_server", "--span_server_port", "--stdin_off", "--testonly",
    "--total", "--unique_id", "-c", "-d", "-f", "-i", "-k", "-p", "-r", "-t",
))
# fmt: on
_RANGED = frozenset(("--squarecb", "--regcb", "--regcbopt"))
# Each of these multiplies VW's memory: with more, a placement could take the whole server down.
_MOST = {"-b": 24, "--bit_precision": 24, "--bag": 100, "--cover": 100}
_QUIET = ("--quiet", "--log_level", "error")


def complete_arguments(line: str) -> list[str]:
    """Return the arguments of `line` and those that every policy needs.

    Raises:
        InvalidSetting: it does not ask for `--cb_explore_adf`, or for files and networks; everything else is
            for VW to refuse.
    """
    try:
        arguments = shlex.split(line)
    except ValueError as error:
        raise InvalidSetting("args", got=line, allowed=f"a command line ({error})") from error
    if "--cb_explore_adf" not in arguments:
        raise InvalidSetting("args", got=line, allowed="command lines with --cb_explore_adf")
    names = [_name(argument) for argument in arguments if argument.startswith("-")]
    outside = sorted(_OUTSIDE.intersection(names))
    if outside:
        raise InvalidSetting("args", got=outside[0], allowed="options that touch no file or network")
    for name, value in _valued(arguments):
        if name in _MOST and value.isdigit() and int(value) > _MOST[name]:
            raise InvalidSetting("args", got=f"{name} {value}", allowed=f"{name} up to {_MOST[name]}")
    if _RANGED.intersection(names) and "--cb_min_cost" not in names:
        # Costs are minus rewards, and rewards are at most 1.
        arguments += ["--cb_min_cost", "-1", "--cb_max_cost", "0"]
    return [*arguments, *(() if "--quiet" in names else _QUIET)]


def _valued(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """Return options with what stands after them, apart (`-b 20`) or joined (`-b20`, `--bag=5`)."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name = _name(argument)
        yield name, argument[len(name) :].lstrip("=") or following


def _name(argument: str) -> str:
    """Return the option's name, also of `--name=value` and of `-nvalue`."""
    return argument.split("=", 1)[0] if argument.startswith("--") else argument[:2]
