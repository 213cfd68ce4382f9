"""What `signoff dev` prints once it is ready: links, keys, and commands to paste."""

from __future__ import annotations

import json
import sys
from typing import Any


def banner(ready: dict[str, Any]) -> str:
    """The text, from what the ready file holds."""
    keys = "\n".join(f"  {name:<9} {key}" for name, key in ready["keys"].items())
    # In the fragment: a browser sends it nowhere.
    links = "\n".join(f"  {name:<9} {ready['page']}#key={key}" for name, key in ready["keys"].items())
    openings = json.dumps(
        {
            "query": "mutation($input: OpenTaskInput!) { openTask(input: $input) "
            "{ __typename ... on OpenTaskSuccess { task { id status deadlineAt } advice { message } } "
            "... on InvalidInput { problems { path message } } } }",
            "variables": {
                "input": {
                    "workflow": {"name": "expenses"},
                    "prompt": "Approve expense report #1234 for $2,500 (Travel - Q4 Conference)",
                    "context": {"amount": 2500, "employee": "Ada"},
                    "assignees": [{"group": "finance"}],
                }
            },
        }
    )
    answer = json.dumps(
        {
            "query": "mutation($input: AnswerTaskInput!) { answerTask(input: $input) "
            "{ __typename ... on AnswerTaskSuccess { task { status resolution { outcome actors } } } "
            "... on Refusal { message } } }",
            "variables": {"input": {"taskId": "TASK_ID", "decision": "APPROVE", "comment": "ok", "rating": 5}},
        }
    )

    def curl(key: str, body: str) -> str:
        return (
            f"curl -s {ready['http']} -H 'content-type: application/json' \\\n"
            f"    -H 'authorization: Bearer {ready['keys'][key]}' \\\n    -d '{body}'"
        )

    watch = f"{sys.executable} -m app.cli watch --url {ready['ws']} \\\n    --key {ready['keys']['reviewer']}"
    return f"""
Signoff is ready: {ready["http"]}   (WebSocket: {ready["ws"]})

Pages of workspace "{ready["workspace"]}"; each link signs in:
{links}

Fill it with a believable workload, live (leave it running):
  {sys.executable} -m app.cli demo --data-dir {ready["data_dir"]}

Keys:
{keys}

Subscribe, as reviewer "approver" of group "finance" (leave it running):
  {watch}

Open a task, as a workflow:
  {curl("workflow", openings)}

Answer it (put the task's id in place of TASK_ID):
  {curl("reviewer", answer)}

Ctrl-C stops everything; the data stays in {ready["data_dir"]}.
"""
