"""DBOS: a durable workflow that waits in recv for what send brings. usage: ... URL PORT"""

import sys

from dbos import DBOS
from http_server import serve

WAIT_SECONDS = 3_600


@DBOS.workflow()
async def approval(_: dict) -> dict:
    return await DBOS.recv_async("answer", timeout_seconds=WAIT_SECONDS)


async def begin() -> None:
    DBOS(config={"name": "bench", "system_database_url": sys.argv[1], "log_level": "ERROR"})
    DBOS.launch()


async def open_(question: dict) -> str:
    return (await DBOS.start_workflow_async(approval, question)).workflow_id


async def answer(id_: str, given: dict) -> str:
    # Kept, as far as the sender is concerned. Waiting for the workflow's end as well would add a second: it polls.
    await DBOS.send_async(id_, given, topic="answer")
    return "APPROVED" if given["decision"] == "APPROVE" else "REJECTED"


serve(int(sys.argv[2]), begin, open_, answer)
