import { expect, test } from "vitest";
import { whyGone } from "../src/inbox/gone";
import { addRest, apply, EMPTY, forget, type Inbox } from "../src/inbox/inbox";
import { approved, assigned, assignment, aTask, ME, snapshot, unassigned } from "./making";

const after = (...messages: Parameters<typeof apply>[1][]): Inbox =>
  messages.reduce((inbox, message) => apply(inbox, message, ME), EMPTY);

const ids = (inbox: Inbox) => [...inbox.entries.keys()];

test("a snapshot is what waits; what it does not hold is gone", () => {
  expect(ids(after(snapshot(aTask("a")), snapshot(aTask("b"))))).toEqual(["b"]);
});

test("an assignment that was seen already changes nothing", () => {
  const once = after(snapshot(), assigned(aTask("a")));
  expect(ids(apply(once, assigned(aTask("a")), ME))).toEqual(["a"]);
});

test("a task that was decided before the message came is not shown as waiting", () => {
  expect(ids(after(snapshot(), assigned(approved("a", "ben"))))).toEqual([]);
});

test("a decided task stays, says who decided, and goes when it is let go", () => {
  const inbox = after(snapshot(aTask("a")), unassigned(approved("a", "ben"), "RESOLVED"));
  const entry = inbox.entries.get("a");
  expect(entry?.gone?.reason).toBe("RESOLVED");
  expect(entry && whyGone(entry.task, "RESOLVED", ME.id)).toBe("Approved by ben");
  expect(ids(forget(inbox, "a"))).toEqual([]);
});

test("a gone task keeps the place that its deadline gave it", () => {
  const inbox = after(snapshot(aTask("a")), unassigned(approved("a", "ben"), "RESOLVED"));
  expect(inbox.entries.get("a")?.dueAt).toBe(aTask("a").deadlineAt);
});

test("what waits is never let go", () => {
  expect(ids(forget(after(snapshot(aTask("a"))), "a"))).toEqual(["a"]);
});

test("an escalation that comes to the reader's other group stays", () => {
  const task = aTask("a", { version: 2, level: 1, assignments: [assignment({ reviewer: "anna" })] });
  expect(after(snapshot(aTask("a")), unassigned(task, "ESCALATED")).entries.get("a")?.gone).toBeNull();
});

test("a task that another took says so, and comes back when it is released", () => {
  const taken = aTask("a", { version: 2, assignments: [assignment({ group: "finance" }, "ben")] });
  const gone = after(snapshot(aTask("a")), unassigned(taken, "CLAIMED_BY_ANOTHER"));
  expect(whyGone(taken, "CLAIMED_BY_ANOTHER", ME.id)).toBe("Taken by ben");
  expect(gone.entries.get("a")?.gone).not.toBeNull();
  expect(apply(gone, assigned(aTask("a", { version: 3 })), ME).entries.get("a")?.gone).toBeNull();
});

test("the reader's own claim leaves the task where it is", () => {
  const mine = aTask("a", { version: 2, assignments: [assignment({ group: "finance" }, "anna")] });
  expect(after(snapshot(aTask("a")), assigned(mine)).entries.get("a")?.gone).toBeNull();
});

test("a task that waits for others after the reader's answer says so", () => {
  const answered = aTask("a", { version: 2, answers: [{ reviewer: "anna", decision: "APPROVE" }] });
  expect(after(snapshot(aTask("a")), unassigned(answered, "RESOLVED")).entries.get("a")?.gone).not.toBeNull();
  expect(whyGone(answered, "RESOLVED", ME.id)).toContain("Answered by you");
});

test("a late message of an older version brings nothing back", () => {
  const inbox = forget(after(snapshot(aTask("a")), unassigned(approved("a", "ben", 3), "RESOLVED")), "a");
  expect(ids(apply(inbox, assigned(aTask("a", { version: 2 })), ME))).toEqual([]);
});

test("a page of the rest brings back neither what left nor what is known newer", () => {
  const left = forget(
    after(snapshot(aTask("a"), aTask("b", { version: 5 })), unassigned(approved("a", "ben"), "RESOLVED")),
    "a",
  );
  const inbox = addRest(left, [aTask("a"), aTask("b"), aTask("c")], ME);
  expect(ids(inbox)).toEqual(["b", "c"]);
  expect(inbox.entries.get("b")?.task.version).toBe(5);
});
