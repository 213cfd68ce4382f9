// What happened to a task, and what will if nobody acts.
import { now as clock } from "../api/clock";
import type { WholeTask } from "../api/documents";
import { useStore } from "../ui/store";
import { moment } from "../ui/time";

export function Timeline({ task }: { task: WholeTask }) {
  const now = useStore(clock);
  return (
    <section class="card" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <ol class="timeline">
        {task.timeline.map((step) => (
          <li
            key={`${step.at}${step.type}${step.description}`}
            class={step.planned ? "planned" : step.type.toLowerCase()}
          >
            <time dateTime={step.at}>{moment(step.at, now)}</time>
            <span>
              {step.description}
              {step.planned && <span class="hint"> if nobody acts</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
