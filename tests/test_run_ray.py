"""A real Ray cluster of several nodes on this machine: actors and nodes die, and the data set does not change."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.echo_model import echo
from tests.openai_server import OpenAIServer
from tests.test_run_executors import rows, served, start
from toolflow_graph.config import Endpoint, RunConfig
from toolflow_graph.errors import UsageError

pytest.importorskip("ray", reason="Ray is not installed (pip install 'toolflow-graph[ray]')")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that plays nothing, and two nodes with a CPU each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    made: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        made.nodes = [made.add_node(num_cpus=1), made.add_node(num_cpus=1)]
        made.wait_for_nodes()
        yield made
    finally:
        made.shutdown()


def actors() -> list[int]:
    """The processes in which actors of a run live, the oldest first."""
    found = subprocess.run(["pgrep", "-f", "ray::_Actor"], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for actors' processes with pgrep")
async def test_an_actor_and_a_node_are_killed_in_the_middle_of_a_run(cluster: Any, tmp_path: Path) -> None:
    async with OpenAIServer(echo, models=("echo",)) as other, OpenAIServer(echo, models=("echo",)) as server:
        whole, out = tmp_path / "whole", tmp_path / "ray"
        untouched = await start(whole, other.base_url)
        process = await start(
            out, server.base_url, "--ray-address", cluster.address, "--processes", "2", "--ray-env", "ECHO_URL"
        )
        await served(server, 60, process)
        if process.returncode is not None:
            pytest.fail((await process.communicate())[1].decode())
        first = actors()
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        await served(server, 160, process)
        assert process.returncode is None
        await asyncio.to_thread(cluster.remove_node, cluster.nodes[0], allow_graceful=False)
        _, err = await asyncio.wait_for(process.communicate(), 120)
        assert process.returncode == 0, err.decode()
        assert await untouched.wait() == 0
        needed, twice = len(other.requests), len(server.requests) - len(other.requests)
        print(f"\nan actor and a node killed: {needed} calls needed, {twice} paid twice, 16 in flight at most")
    assert 0 <= twice <= 16
    assert (out / "dialogues.jsonl").read_bytes() == (whole / "dialogues.jsonl").read_bytes()
    assert len(rows(out, "records")) == len(rows(whole, "records"))
    assert b"Traceback" not in err


def test_a_cluster_that_does_not_answer_is_a_mistake() -> None:
    from toolflow_graph.run.executors.on_ray import play_on_ray

    for address in ("ray://127.0.0.1:1", "127.0.0.1:1", "[::1]:1"):
        with pytest.raises(UsageError, match=r"--ray-address '.*:1': no Ray cluster answers there \("):
            play_on_ray(RunConfig(ray_address=address), None, None)  # type: ignore[arg-type]


def test_actors_are_told_the_variables_that_calls_need_and_no_others() -> None:
    from toolflow_graph.run.executors.on_ray import _environ_for

    config = RunConfig(endpoint=(Endpoint(base_url="http://a", api_key_env="MY_KEY"),), ray_env=("OWN",))
    with pytest.raises(UsageError, match="--ray-env 'OWN': this variable is not set"):
        _environ_for(config, {})
    environ = {
        "OWN": "0",
        "MY_KEY": "1",
        "OPENAI_BASE_URL": "2",
        "AWS_SECRET": "3",
        "PATH": "4",
        "LANGSMITH_API_KEY": "5",
    }
    assert set(_environ_for(config, environ)) == {"OWN", "MY_KEY", "OPENAI_BASE_URL", "LANGSMITH_API_KEY"}
