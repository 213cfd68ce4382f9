// What is in the inbox. Every message brings the task as it stands, never older than the message: whether a task is in
// the inbox is read off the task, so a message seen twice, or late, changes nothing.
import type { TaskLine } from "../api/documents";
import type { Named } from "../ui/names";
import type { InboxMessage } from "./documents";

export interface Reviewer {
  id: string;
  groups: readonly string[];
}

/** Why a task that is gone left; it is shown for a while before it goes. */
export interface Gone {
  reason: string;
  at: string;
}

export interface Entry {
  task: TaskLine;
  /** The deadline that it is sorted by: the last one, where the task has none any more. */
  dueAt: string;
  gone: Gone | null;
  /** Whether it came while the page was open. */
  arrived: boolean;
}

export interface Inbox {
  entries: ReadonlyMap<string, Entry>;
  /** The last version seen of tasks that left, so that an older reading does not bring them back. */
  left: ReadonlyMap<string, number>;
}

export const EMPTY: Inbox = { entries: new Map(), left: new Map() };

export function isMine(assignee: Named, me: Reviewer): boolean {
  return assignee.reviewer === me.id || (assignee.group !== null && me.groups.includes(assignee.group));
}

/** Whether the task waits for this reviewer. */
export function concerns(task: TaskLine, me: Reviewer): boolean {
  const mine = task.assignments.some((a) => isMine(a.assignee, me) && !heldByOther(a, me));
  return task.status === "PENDING" && mine && !answeredBy(task, me);
}

function heldByOther(assignment: TaskLine["assignments"][number], me: Reviewer): boolean {
  return assignment.claimedBy !== null && assignment.claimedBy !== me.id;
}

export function answeredBy(task: TaskLine, me: Reviewer): boolean {
  return task.answers.some((answer) => answer.reviewer === me.id);
}

export function apply(inbox: Inbox, message: InboxMessage, me: Reviewer): Inbox {
  switch (message.__typename) {
    case "AssignmentSnapshot": {
      const tasks = message.assignments.map((a) => a.task);
      const entries = new Map(tasks.map((task) => [task.id, entryOf(task, inbox.entries.get(task.id))]));
      return { entries, left: new Map() };
    }
    case "TaskAssigned":
      return put(inbox, message.assignment.task, me, { reason: "RESOLVED", at: message.at }, true);
    case "TaskUnassigned":
      return put(inbox, message.task, me, { reason: message.reason, at: message.at }, false);
    case "TaskChanged":
      return put(inbox, message.task, me, { reason: "RESOLVED", at: message.at }, false);
  }
}

/** Adds what a page of the rest brought; what is known already is newer. */
export function addRest(inbox: Inbox, tasks: readonly TaskLine[], me: Reviewer): Inbox {
  const entries = new Map(inbox.entries);
  for (const task of tasks) {
    const known = entries.get(task.id)?.task.version ?? inbox.left.get(task.id) ?? 0;
    if (known < task.version && concerns(task, me)) entries.set(task.id, entryOf(task, entries.get(task.id)));
  }
  return { ...inbox, entries };
}

/** Takes away what has been shown as gone. */
export function forget(inbox: Inbox, id: string): Inbox {
  const entry = inbox.entries.get(id);
  if (!entry?.gone) return inbox;
  const entries = new Map(inbox.entries);
  entries.delete(id);
  return { entries, left: new Map(inbox.left).set(id, entry.task.version) };
}

function put(inbox: Inbox, task: TaskLine, me: Reviewer, gone: Gone, arrived: boolean): Inbox {
  const known = inbox.entries.get(task.id);
  if ((known?.task.version ?? inbox.left.get(task.id) ?? 0) > task.version) return inbox;
  const here = concerns(task, me);
  if (!here && !known) return inbox;
  const entries = new Map(inbox.entries);
  const entry = entryOf(task, known);
  entries.set(task.id, {
    ...entry,
    gone: here ? null : (known?.gone ?? gone),
    arrived: entry.arrived || (arrived && !known),
  });
  return { ...inbox, entries };
}

function entryOf(task: TaskLine, known: Entry | undefined): Entry {
  return {
    task,
    dueAt: task.deadlineAt ?? known?.dueAt ?? task.resolution?.at ?? "",
    gone: null,
    arrived: known?.arrived ?? false,
  };
}
