"""LangGraph: a graph that interrupts at its human node, with the PostgreSQL saver. usage: ... URL PORT"""

import sys
from typing import Any, TypedDict
from uuid import uuid4

from http_server import serve
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

CONNECTIONS = 10
graph: Any = None


class State(TypedDict, total=False):
    question: dict
    answer: dict


def human(state: State) -> State:
    return {"answer": interrupt(state["question"])}


async def begin() -> None:
    global graph
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    pool = AsyncConnectionPool(sys.argv[1], min_size=CONNECTIONS, max_size=CONNECTIONS, open=False, kwargs=options)
    await pool.open()
    saver = AsyncPostgresSaver(pool)
    await saver.setup()
    builder = StateGraph(State)
    builder.add_node("human", human)
    builder.add_edge(START, "human")
    builder.add_edge("human", END)
    graph = builder.compile(checkpointer=saver)


def thread(id_: str) -> dict:
    return {"configurable": {"thread_id": id_}}


async def open_(question: dict) -> str:
    id_ = str(uuid4())
    await graph.ainvoke({"question": question}, thread(id_))
    return id_


async def answer(id_: str, given: dict) -> str:
    done = await graph.ainvoke(Command(resume=given), thread(id_))
    return "APPROVED" if done["answer"]["decision"] == "APPROVE" else "REJECTED"


serve(int(sys.argv[2]), begin, open_, answer)
