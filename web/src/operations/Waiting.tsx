// What is pending, by age and level, and what is due next.
import { now as clock } from "../api/clock";
import type { ResultOf } from "../api/graphql";
import { Countdown } from "../ui/Countdown";
import { counted, nameOf } from "../ui/names";
import { taskHref } from "../ui/place";
import { useStore } from "../ui/store";
import { moment } from "../ui/time";
import type { Pending } from "./documents";

type Data = ResultOf<typeof Pending>;

export function Waiting({ data }: { data: Data }) {
  const total = data.all.totalCount;
  const ages = [
    ["up to 5 minutes", data.newest.totalCount],
    ["5 minutes to an hour", data.minutes.totalCount],
    ["an hour to a day", data.hours.totalCount],
    ["a day to a week", data.days.totalCount],
    ["more than a week", data.weeks.totalCount],
  ] as const;
  const levels = new Map<number, number>();
  for (const { level } of data.all.nodes) levels.set(level, (levels.get(level) ?? 0) + 1);
  const byLevel = [...levels].sort(([a], [b]) => a - b);
  const read = data.all.nodes.length;
  return (
    <section class="card" aria-labelledby="waiting-title">
      <h2 id="waiting-title">{counted(total, "task")} pending</h2>
      <div class="counts">
        <Counts title="Age" rows={ages} total={total} />
        <Counts
          title={read < total ? `Level, of the newest ${read.toLocaleString()}` : "Level"}
          rows={byLevel.map(([level, count]) => [
            level === 0 ? "first assignees" : `escalation ${level}`,
            count,
          ])}
          total={read}
        />
      </div>
    </section>
  );
}

interface CountsProps {
  title: string;
  rows: readonly (readonly [string, number])[];
  total: number;
}

function Counts({ title, rows, total }: CountsProps) {
  return (
    <table class="bars">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col" class="right">
            Tasks
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, count]) => (
          <tr key={name}>
            <th scope="row">
              {name}
              <meter min={0} max={Math.max(1, total)} value={count} aria-hidden="true" />
            </th>
            <td class="right">{count.toLocaleString()}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MOST_SHOWN = 12;

export function Deadlines({ data }: { data: Data }) {
  const now = useStore(clock);
  const { nodes, totalCount } = data.due;
  const due = nodes
    .toSorted((a, b) => ((a.deadlineAt ?? "") < (b.deadlineAt ?? "") ? -1 : 1))
    .slice(0, MOST_SHOWN);
  return (
    <section class="card" aria-labelledby="due-title">
      <h2 id="due-title">Next deadlines</h2>
      {totalCount > nodes.length && (
        <p class="hint">
          Among the newest {nodes.length} of {totalCount.toLocaleString()} that are due soon.
        </p>
      )}
      {!due.length && <p class="hint">Nothing is due.</p>}
      <ul class="due">
        {due.map((task) => (
          <li key={task.id}>
            <a href={taskHref(task.id)}>{task.prompt}</a>
            <span class="meta">
              <span>{[...new Set(task.assignments.map((a) => nameOf(a.assignee)))].join(", ")}</span>
              {task.level > 0 && <span class="badge level">Level {task.level}</span>}
              {task.deadlineAt && (
                <span class="when">
                  {moment(task.deadlineAt, now)}{" "}
                  <Countdown
                    from={task.assignments[0]?.assignedAt ?? task.deadlineAt}
                    until={task.deadlineAt}
                  />
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
