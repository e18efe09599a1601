"""``run``: make a data set."""

from pathlib import Path
from typing import Annotated, Any

import typer

_Texts = list[str] | None


def run(
    num: Annotated[
        str | None, typer.Option("-n", "--num", help="Accepted dialogues wanted [default: 20].", metavar="N")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Run folder [default: runs/latest].", metavar="DIR")] = None,
    tools: Annotated[
        _Texts,
        typer.Option(
            "--tools",
            help="Tool source: a file or folder of tools, OpenAPI, MCP; repeatable [default: the shipped catalogue].",
            metavar="SOURCE",
        ),
    ] = None,
    model: Annotated[
        _Texts,
        typer.Option(
            "--model",
            help="Who plays a role (planner, user, assistant, tool; without ROLE all): NAME, NAME@base_url, offline, a "
            "weighted pool A*0.7,B*0.3, or a reference; repeatable [default: offline].",
            metavar="[ROLE=]SPEC",
        ),
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder",
            help="Embedder of the tool graph: auto, lexical, sbert[:MODEL], openai[:MODEL[@BASE_URL]], a vector file "
            "(.npz) or a reference [default: auto].",
            metavar="SPEC",
        ),
    ] = None,
    sampling: Annotated[
        str | None,
        typer.Option(
            "--sampling",
            help="How tools are drawn: graph walks, or random (the paper's ablation) [default: graph].",
            metavar="graph|random",
        ),
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            help="Who plans the requests: llm (the planner role), or none (the paper's ablation) [default: llm].",
            metavar="llm|none",
        ),
    ] = None,
    tau: Annotated[
        str | None,
        typer.Option("--tau", help="Tool graph's edge threshold, 0 to 1 [default: the embedder's own].", metavar="T"),
    ] = None,
    temperature: Annotated[
        _Texts,
        typer.Option(
            "--temperature",
            help="Sampling temperature, 0 to 2, of one role or of all; repeatable [default: the server's own].",
            metavar="[ROLE=]T",
        ),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(
            "--now",
            help="The dialogues' present, ISO 8601 date or local date-time [default: drawn from the seed].",
            metavar="TIME",
        ),
    ] = None,
    max_attempts: Annotated[
        str | None,
        typer.Option("--max-attempts", help="Dialogues tried at most [default: 3 * num + 20].", metavar="N"),
    ] = None,
    max_cost: Annotated[
        str | None,
        typer.Option(
            "--max-cost",
            help="Stop gently once so many US dollars are spent in the run folder [default: no limit].",
            metavar="USD",
        ),
    ] = None,
    max_tokens: Annotated[
        str | None,
        typer.Option(
            "--max-tokens",
            help="Stop gently once so many tokens are spent, in and out (5M, 500k) [default: no limit].",
            metavar="N",
        ),
    ] = None,
    max_time: Annotated[
        str | None,
        typer.Option(
            "--max-time", help="Stop gently after so long (90s, 45m, 2h30m) [default: no limit].", metavar="TIME"
        ),
    ] = None,
    judge: Annotated[
        _Texts,
        typer.Option(
            "--judge",
            help="A model that scores each accepted dialogue from 1 to 5 (nat, coh, help, acc) and marks messages not "
            "to be trained on; several make a committee, all of which judge; repeatable [default: nobody judges].",
            metavar="SPEC",
        ),
    ] = None,
    judge_min: Annotated[
        _Texts,
        typer.Option(
            "--judge-min",
            help="Least mean score that keeps a dialogue, such as nat=3,acc=4; repeatable [default: none].",
            metavar="NAME=SCORE",
        ),
    ] = None,
    judge_temperature: Annotated[
        str | None,
        typer.Option(
            "--judge-temperature", help="Sampling temperature of the judges [default: the server's own].", metavar="T"
        ),
    ] = None,
    judge_retakes: Annotated[
        str | None,
        typer.Option(
            "--judge-retakes",
            help="How often a dialogue with a low score or a bad message is played again from there, with the judges' "
            "reasons told to the assistant: 0 or 1 [default: 1].",
            metavar="N",
        ),
    ] = None,
    license: Annotated[
        str | None,
        typer.Option(
            "--license", help="The teacher model's licence, written into each record [default: none].", metavar="NAME"
        ),
    ] = None,
    tools_per_dialogue: Annotated[
        str | None,
        typer.Option("--tools-per-dialogue", help="Tools that a dialogue may need [default: 3-5].", metavar="N|A-B"),
    ] = None,
    distractors: Annotated[
        str | None,
        typer.Option(
            "--distractors",
            help="Tools offered beside them, neighbours in the tool graph that no request needs [default: 0-3].",
            metavar="N|A-B",
        ),
    ] = None,
    turns: Annotated[
        str | None, typer.Option("--turns", help="Requests planned for a dialogue [default: 2-4].", metavar="N|A-B")
    ] = None,
    mix: Annotated[
        _Texts,
        typer.Option(
            "--mix",
            help="Behaviour and the share of dialogues that hold it, 0 to 1; 'none' first starts from nothing; "
            "repeatable [default: the shipped mix, see behaviours].",
            metavar="NAME=SHARE",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            help="What the user writes; several with weights: German*0.3,English*0.7 [default: English].",
            metavar="NAME",
        ),
    ] = None,
    concurrency: Annotated[
        str | None,
        typer.Option(
            "--concurrency", help="Dialogues in flight at most; changes no output [default: 64].", metavar="N"
        ),
    ] = None,
    processes: Annotated[
        str | None,
        typer.Option(
            "--processes", help="Worker processes on this machine; changes no output [default: none].", metavar="N"
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            "--executor",
            help="Where dialogues are played: local, processes, ray (--processes: actors), or a reference; changes no "
            "output [default: as --processes and --ray-address say].",
            metavar="NAME",
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            "--ray-address",
            help="The Ray cluster: auto, HOST:PORT, ray://HOST:PORT [default: one on this machine, with --executor "
            "ray].",
            metavar="ADDRESS",
        ),
    ] = None,
    ray_env: Annotated[
        _Texts,
        typer.Option(
            "--ray-env",
            help="An environment variable that Ray's actors are given, beside those of the models' keys; repeatable "
            "[default: none].",
            metavar="NAME",
        ),
    ] = None,
    seed: Annotated[str | None, typer.Option("--seed", help="The run's random seed [default: 0].", metavar="N")] = None,
    prompts: Annotated[
        Path | None,
        typer.Option(
            "--prompts", help="Folder of prompts that replace the shipped ones [default: none].", metavar="DIR"
        ),
    ] = None,
    prompt: Annotated[
        _Texts,
        typer.Option(
            "--prompt",
            help="One prompt (planner, user, assistant, tool, judge, system) from a file; repeatable [default: none].",
            metavar="ROLE=FILE",
        ),
    ] = None,
    node: Annotated[
        _Texts,
        typer.Option(
            "--node",
            help="One node (plan, user_turn, assistant_call, tool_simulation, verifier) by package.module:attr or "
            "path/file.py:attr; its code runs; repeatable [default: the shipped nodes].",
            metavar="NAME=REF",
        ),
    ] = None,
    backend: Annotated[
        _Texts,
        typer.Option(
            "--backend",
            help="Who really answers a tool's calls: a function or class (package.module:attr, path/file.py:attr) or "
            "an MCP server (mcp:COMMAND, mcp+https://...); NAME may be a pattern; its code runs; repeatable "
            "[default: the tool role simulates].",
            metavar="NAME=REF",
        ),
    ] = None,
    backend_timeout: Annotated[
        str | None,
        typer.Option(
            "--backend-timeout", help="Longest a call of a --backend may take [default: 60].", metavar="SECONDS"
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="Settings with the same keys as the flags, which win [default: toolflow.toml if it is here].",
            metavar="FILE.toml",
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="Start afresh; the run in the folder moves to its previous-1/ (-2/, ...) [default: resume].",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only say what it would take: dialogues, calls, tokens, cost; no model is asked [default: run].",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no notes [default: show them].")] = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Progress as JSON lines on stderr [default: for people].")
    ] = False,
    trace: Annotated[
        bool,
        typer.Option(
            "--trace", help="Send traces to LangSmith as its environment variables say [default: no tracing at all]."
        ),
    ] = False,
) -> None:
    """Make a data set of verified dialogues, or go on with one.

    Without flags: 20 dialogues over the shipped catalogue by the offline model, with no key and no network. The same
    command again resumes the run in its folder. Exit codes: 0 done, 1 gave up (what exists is kept), 2 a mistake,
    130 stopped with Ctrl-C.
    """
    flags: dict[str, Any] = {
        "num": num,
        "out": out,
        "tools": tools,
        "model": model,
        "embedder": embedder,
        "sampling": sampling,
        "plan": plan,
        "tau": tau,
        "temperature": temperature,
        "now": now,
        "max_attempts": max_attempts,
        "max_cost": max_cost,
        "max_tokens": max_tokens,
        "max_time": max_time,
        "judge": judge,
        "judge_min": judge_min,
        "judge_temperature": judge_temperature,
        "judge_retakes": judge_retakes,
        "license": license,
        "tools_per_dialogue": tools_per_dialogue,
        "distractors": distractors,
        "turns": turns,
        "mix": mix,
        "language": language,
        "concurrency": concurrency,
        "processes": processes,
        "executor": executor,
        "ray_address": ray_address,
        "ray_env": ray_env,
        "seed": seed,
        "prompts": prompts,
        "prompt": prompt,
        "node": node,
        "backend": backend,
        "backend_timeout": backend_timeout,
    }
    from toolflow_graph.cli.job import load_settings, run_job, set_tracing

    # Before LangChain is imported: it reads these variables once.
    set_tracing(trace)
    settings = load_settings(config, flags, quiet=quiet)
    if dry_run:
        from toolflow_graph.cli.planning import plan_run

        typer.echo(plan_run(settings, fresh=fresh))
        return
    from toolflow_graph.dialogue.session import build_session

    raise typer.Exit(run_job(settings, build=build_session, fresh=fresh, quiet=quiet, log_json=log_json))
