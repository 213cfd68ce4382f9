// One task of the inbox.

import { Countdown } from "../ui/Countdown";
import type { Named } from "../ui/names";
import { nameOf } from "../ui/names";
import { taskHref } from "../ui/place";
import { whyGone } from "./gone";
import { isMine, type Reviewer } from "./inbox";
import type { Row } from "./rows";

interface TaskRowProps {
  row: Extract<Row, { kind: "task" }>;
  me: Reviewer;
  size: number;
  open: boolean;
  current: boolean;
  chosen: boolean;
  onChoose: () => void;
  onFocus: () => void;
}

export function TaskRow({ row, me, size, open, current, chosen, onChoose, onFocus }: TaskRowProps) {
  const { task, gone, arrived } = row.entry;
  const mine = task.assignments.filter((a) => isMine(a.assignee, me));
  const held = mine.find((a) => a.claimedBy === me.id);
  const classes = ["row", open && "open", gone && "gone", arrived && "arrived", chosen && "chosen"];
  return (
    <li
      class={classes.filter(Boolean).join(" ")}
      style={{ top: `${row.top}px`, height: `${row.height}px` }}
      aria-setsize={size}
      aria-posinset={row.position}
    >
      <input
        type="checkbox"
        checked={chosen}
        disabled={gone !== null}
        aria-label={`Select: ${task.prompt}`}
        tabIndex={current ? 0 : -1}
        onChange={onChoose}
      />
      <a
        href={taskHref(task.id)}
        data-task={task.id}
        tabIndex={current ? 0 : -1}
        aria-current={open ? "true" : undefined}
        onFocus={onFocus}
      >
        <span class="prompt">{task.prompt}</span>
        {gone ? (
          <span class="why">{whyGone(task, gone.reason, me.id)}</span>
        ) : (
          <span class="meta">
            <span class="workflow">{task.workflow.name}</span>
            <span class="for">{mine.map((a) => forWhom(a.assignee, a.onBehalfOf, me)).join(", ")}</span>
            {task.level > 0 && <span class="badge level">Level {task.level}</span>}
            {held && <span class="badge held">Yours</span>}
            {task.deadlineAt && (
              <Countdown from={mine[0]?.assignedAt ?? task.deadlineAt} until={task.deadlineAt} />
            )}
          </span>
        )}
      </a>
    </li>
  );
}

function forWhom(assignee: Named, onBehalfOf: string | null, me: Reviewer): string {
  const who = assignee.reviewer === me.id ? "you" : nameOf(assignee);
  return onBehalfOf ? `${who}, for ${onBehalfOf}` : who;
}
