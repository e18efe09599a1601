"""The files of a new project (``init``), as text."""

_CONFIG = """\
# Settings of this project: `python -m toolflow_graph run` in this folder uses them. Keys are the flags' names; flags
# win. Paths are relative to this file. What is commented out shows the default.

num = 20                            # accepted dialogues wanted
# out = "runs/latest"               # run folder; the same command again resumes it

# Tools: files or folders, in ToolFlow's own format (as below), OpenAI tool lists, MCP tools/list, OpenAPI 3, Swagger 2.
# Without this key the shipped catalogue is used.
tools = ["tools/example.json"]

# Models, per role (planner, user, assistant, tool) or for all: NAME, NAME@base_url, "offline", a weighted pool
# "A*0.7,B*0.3", or a reference. OPENAI_API_KEY and OPENAI_BASE_URL are honoured.
# model = "offline"
# model = ["gpt-4o", "assistant=qwen3-32b@http://127.0.0.1:8000/v1"]
# temperature = ["0.7", "tool=0"]   # default: the server's own
# judge = ["gpt-4o"]                 # scores accepted dialogues; several make a committee
# judge_min = ["nat=3", "acc=4"]     # the least mean score that keeps one
# judge_temperature = 0
# judge_retakes = 1                  # 0: a flawed dialogue is not played again
# license = "the teacher model's licence"

# The tool graph and what is drawn from it.
# embedder = "auto"                 # auto, sbert, lexical, openai or a reference
# tau = 0.82                        # default: the embedder's own
# sampling = "graph"                # random: the paper's ablation
# tools_per_dialogue = "3-5"        # tools that a dialogue may need
# distractors = "0-3"               # tools offered beside them

# The dialogues.
# plan = "llm"                      # none: the paper's ablation
# turns = "2-4"                     # requests planned
# language = "English"              # "German*0.3,English*0.7" mixes
# mix = { clarification = 0.3, parallel = 0.2 }   # behaviour -> share of dialogues; the rest keeps its default
# now = "2026-03-02T09:30"          # default: drawn from the seed
# seed = 0

# The run.
# concurrency = 64                  # dialogues in flight; changes no output
# processes = 4                     # worker processes (with ray_address: actors); changes no output
# executor = "local"                # or "processes", "ray", "path/file.py:function"
# ray_address = "auto"              # a Ray cluster; ray_env = ["MY_VARIABLE"] is passed on to its actors
# max_attempts = 80                 # default: 3 * num + 20
# max_cost = 25.0                   # US dollars; max_tokens = "5M" and max_time = "2h30m" stop gently, too

# Prompts: this folder's replace the shipped ones; a file that is missing falls back.
prompts = "prompts"
# prompt = { planner = "other/planner.md" }

# Nodes: plan, user_turn, assistant_call, tool_simulation, verifier. The code named here runs.
node = { verifier = "nodes/my_rules.py:verifier" }

# Real executors of tools, in place of the simulation. The code named here runs.
# backend = { get_weather = "my_tools.py:get_weather", "files_*" = "mcp:my-files-server" }
# backend_timeout = 60              # seconds that a call may take

# What models cost, in US dollars per million tokens; the run's summary then tells the cost.
# price = { "my-model" = { input = 0.5, output = 1.5 } }

# A server with a key of its own. The key stays in the environment; only the variable's name stands here.
# [[endpoint]]
# base_url = "https://models.example.com/v1"
# api_key_env = "EXAMPLE_API_KEY"
# requests_per_minute = 500         # tokens_per_minute and max_in_flight are kept to as well
"""

_RULES = '''\
"""A verifier of our own: the shipped rules, and one more.

A node takes the dialogue's state (plain JSON) and LangGraph's runtime, and returns the part of the state it changed.
"""

from typing import Any

from toolflow_graph.nodes.verifier import verifier as default_verifier

LONGEST_ANSWER = 1500  # characters


async def verifier(state: Any, runtime: Any) -> dict[str, Any]:
    """Reject what the shipped verifier rejects, and answers that nobody would read."""
    change = await default_verifier(state, runtime)
    verdict = change["verdict"]
    found = check_answer_length(state.get("messages", []))
    findings = [*verdict.get("findings", []), *found]
    return {**change, "verdict": {**verdict, "accepted": verdict["accepted"] and not found, "findings": findings}}


def check_answer_length(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One finding for each assistant message that is too long."""
    return [
        {
            "code": "answer_too_long",
            "severity": "error",
            "message_index": index,
            "reason": f"the answer has {len(message['content'])} characters; at most {LONGEST_ANSWER} are read",
        }
        for index, message in enumerate(messages)
        if message["role"] == "assistant" and len(message.get("content") or "") > LONGEST_ANSWER
    ]
'''

_TOOLS = """\
{
  "domain": "library",
  "description": "A public library's catalogue and loans.",
  "tools": [
    {
      "name": "search_books",
      "description": "Search the library's catalogue by title, author or subject.",
      "effect": "read",
      "parameters": {
        "type": "object",
        "properties": {
          "query": {
            "type": "string",
            "description": "Words from the title, author or subject.",
            "examples": ["history of tea", "Ursula Le Guin", "beginner woodworking"]
          },
          "language": {
            "type": "string",
            "description": "Language of the book.",
            "enum": ["English", "German", "Spanish"]
          }
        },
        "required": ["query"],
        "additionalProperties": false
      },
      "returns": {
        "type": "object",
        "properties": {
          "books": {
            "type": "array",
            "description": "Matching books, best first.",
            "minItems": 1,
            "maxItems": 3,
            "items": {
              "type": "object",
              "properties": {
                "book_id": {
                  "type": "string",
                  "description": "Identifier of a book in the library.",
                  "examples": ["BK-20417", "BK-88213", "BK-51960"]
                },
                "title": {
                  "type": "string",
                  "description": "Title of the book.",
                  "examples": ["The Quiet Orchard", "Maps of the Tide", "A Short History of Tea"]
                },
                "copies_available": {
                  "type": "integer",
                  "description": "Copies on the shelf right now.",
                  "minimum": 0,
                  "maximum": 9
                }
              },
              "required": ["book_id", "title", "copies_available"]
            }
          }
        },
        "required": ["books"]
      }
    },
    {
      "name": "reserve_book",
      "description": "Reserve a copy of a book for pick-up at a branch.",
      "effect": "write",
      "parameters": {
        "type": "object",
        "properties": {
          "book_id": {
            "type": "string",
            "description": "Identifier of a book in the library.",
            "examples": ["BK-20417", "BK-88213", "BK-51960"]
          },
          "branch": {
            "type": "string",
            "description": "Branch where the copy is picked up.",
            "enum": ["Central", "Harbour", "Northside"]
          },
          "pickup_date": {
            "type": "string",
            "format": "date",
            "description": "Day of the pick-up, format YYYY-MM-DD."
          }
        },
        "required": ["book_id", "branch"],
        "additionalProperties": false
      },
      "returns": {
        "type": "object",
        "properties": {
          "reservation_id": {
            "type": "string",
            "description": "Identifier of the reservation.",
            "examples": ["RSV-3071", "RSV-9254"]
          },
          "status": {
            "type": "string",
            "description": "Whether the copy is ready.",
            "enum": ["ready", "waiting"]
          }
        },
        "required": ["reservation_id", "status"]
      }
    },
    {
      "name": "get_reservation",
      "description": "Look up a reservation and when it can be picked up.",
      "effect": "read",
      "parameters": {
        "type": "object",
        "properties": {
          "reservation_id": {
            "type": "string",
            "description": "Identifier of the reservation.",
            "examples": ["RSV-3071", "RSV-9254"]
          }
        },
        "required": ["reservation_id"],
        "additionalProperties": false
      },
      "returns": {
        "type": "object",
        "properties": {
          "reservation_id": {
            "type": "string",
            "description": "Identifier of the reservation."
          },
          "ready_on": {
            "type": "string",
            "format": "date",
            "description": "Day from which the copy waits at the branch, format YYYY-MM-DD."
          },
          "queue_position": {
            "type": "integer",
            "description": "People before this reservation.",
            "minimum": 0,
            "maximum": 12
          }
        },
        "required": ["reservation_id", "ready_on", "queue_position"]
      }
    }
  ]
}
"""

_README = """\
# A ToolFlow project

    python -m toolflow_graph run            # makes 20 dialogues from tools/example.json, offline
    python -m toolflow_graph show           # reads one of them
    python -m toolflow_graph verify runs/latest/dialogues.jsonl
    python -m toolflow_graph export runs/latest -o train.jsonl

| place | what to change there |
|---|---|
| `toolflow.toml` | all settings; flags of `run` win |
| `tools/` | your tools; `tools = ["my_api.openapi.yaml"]` takes an OpenAPI file as it is |
| `prompts/` | what the planner, user, assistant and tool roles are told, and the exported system message |
| `nodes/my_rules.py` | the verifier, with a rule of your own |

A language model writes training data: set `model` in `toolflow.toml`, put its key into `OPENAI_API_KEY`, and start with
`run --fresh`.
"""

FILES = {
    "toolflow.toml": _CONFIG,
    "tools/example.json": _TOOLS,
    "nodes/my_rules.py": _RULES,
    "README.md": _README,
    ".gitignore": "runs/\n__pycache__/\n",
}
