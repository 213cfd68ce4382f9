// For those who review nothing: the newest tasks that their key may see.
import { useQuery } from "@urql/preact";
import { now as clock } from "../api/clock";
import { worded } from "../ui/names";
import { taskHref } from "../ui/place";
import { useStore } from "../ui/store";
import { ago } from "../ui/time";
import { RecentTasks as Recent } from "./documents";

export function RecentTasks({ open }: { open: string | null }) {
  const [{ data, fetching }] = useQuery({ query: Recent });
  const now = useStore(clock);
  const tasks = data?.tasks.nodes ?? [];
  if (!tasks.length)
    return <p class="empty">{fetching ? "Reading …" : "There is no task that this key may see."}</p>;
  return (
    <section class="list plain" aria-label="Newest tasks">
      <ul>
        {tasks.map((task) => (
          <li key={task.id} class={task.id === open ? "row open" : "row"}>
            <a href={taskHref(task.id)} aria-current={task.id === open ? "true" : undefined}>
              <span class="prompt">{task.prompt}</span>
              <span class="meta">
                <span class="workflow">{task.workflow.name}</span>
                <span class={`badge ${task.status.toLowerCase()}`}>{worded(task.status)}</span>
                <span>{ago(task.createdAt, now)}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
