import { expect, test } from "vitest";
import { apply, EMPTY } from "../src/inbox/inbox";
import { between, HEAD_PX, ROW_PX, rowsOf, shift } from "../src/inbox/rows";
import { aTask, ME, snapshot } from "./making";

const due = (minute: number) => `2026-01-31T13:${String(minute).padStart(2, "0")}:00+00:00`;
const rows = (...tasks: ReturnType<typeof aTask>[]) => rowsOf(apply(EMPTY, snapshot(...tasks), ME));

test("urgent first, in each group the nearest deadline first", () => {
  const { order } = rows(
    aTask("late", { deadlineAt: due(50) }),
    aTask("slow", { urgency: "COMPLIANCE", deadlineAt: due(1) }),
    aTask("soon", { deadlineAt: due(10) }),
    aTask("now", { urgency: "URGENT", deadlineAt: due(30) }),
  );
  expect(order).toEqual(["now", "soon", "late", "slow"]);
});

test("rows follow each other without gaps, under a head for each group", () => {
  const { rows: drawn, height } = rows(aTask("a"), aTask("b", { urgency: "URGENT" }));
  expect(drawn.map((row) => row.kind)).toEqual(["head", "task", "head", "task"]);
  expect(height).toBe(2 * HEAD_PX + 2 * ROW_PX);
  expect(drawn.map((row) => row.top)).toEqual([0, HEAD_PX, HEAD_PX + ROW_PX, 2 * HEAD_PX + ROW_PX]);
});

test("of a thousand rows only those in view are drawn", () => {
  const many = rows(...Array.from({ length: 1000 }, (_, n) => aTask(`t${n}`, { deadlineAt: due(n % 60) })));
  expect(between(many.rows, 40_000, 41_000).length).toBeLessThan(15);
});

test("what the reader looks at stays where it is when a row comes above it", () => {
  const before = rows(aTask("a", { deadlineAt: due(10) }), aTask("b", { deadlineAt: due(20) }));
  const after = rows(
    aTask("new", { deadlineAt: due(5) }),
    aTask("a", { deadlineAt: due(10) }),
    aTask("b", { deadlineAt: due(20) }),
  );
  expect(shift(before.rows, after.rows, HEAD_PX + ROW_PX)).toBe(ROW_PX);
  expect(shift(before.rows, after.rows, 0)).toBe(0); // at the very top, what is new is to be seen
});
