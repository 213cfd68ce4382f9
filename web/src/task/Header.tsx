// What is asked, by whom, of whom, and until when; or how it ended.
import type { RefObject } from "preact";
import { now as clock } from "../api/clock";
import type { WholeTask } from "../api/documents";
import { isObject } from "../form/schema";
import { ended } from "../inbox/gone";
import { useSession } from "../session/context";
import { Countdown } from "../ui/Countdown";
import { nameOf, worded } from "../ui/names";
import { useStore } from "../ui/store";
import { ago, moment } from "../ui/time";

export function Header({ task, title }: { task: WholeTask; title: RefObject<HTMLHeadingElement | null> }) {
  const { me } = useSession();
  const now = useStore(clock);
  const { workflow, resolution } = task;
  const place = [workflow.name, workflow.runId, workflow.step].filter(Boolean).join(" › ");
  const labels = isObject(task.labels) ? Object.entries(task.labels) : [];
  return (
    <header class="task-head">
      <a class="back" href="#/">
        Back to the list
      </a>
      <p class="meta">
        <span class="workflow">{place}</span>
        <span class={`badge ${task.urgency.toLowerCase()}`}>{worded(task.urgency)}</span>
        {task.level > 0 && <span class="badge level">Level {task.level}</span>}
        {labels.map(([name, value]) => (
          <span key={name} class="badge tag">
            {name}: {String(value)}
          </span>
        ))}
      </p>
      <h1 id="task-title" ref={title} tabIndex={-1}>
        {task.prompt}
      </h1>
      {resolution ? (
        <p class={`ended ${resolution.outcome.toLowerCase()}`}>
          <strong>{ended(resolution, me.id)}</strong> {ago(resolution.at, now)}
          {resolution.by === "REVIEWER" && resolution.comment && <q>{resolution.comment}</q>}
        </p>
      ) : (
        <p class="meta">
          <span>
            Asked by {task.createdBy} {ago(task.createdAt, now)}
          </span>
          <span>For {[...new Set(task.assignments.map((a) => nameOf(a.assignee)))].join(", ")}</span>
          {task.deadlineAt && (
            <span>
              Due {moment(task.deadlineAt, now)}{" "}
              <Countdown from={task.assignments[0]?.assignedAt ?? task.createdAt} until={task.deadlineAt} />
            </span>
          )}
        </p>
      )}
    </header>
  );
}
