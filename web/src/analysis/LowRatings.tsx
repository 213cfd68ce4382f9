// What went badly, in the reviewers' words; each leads to its task.

import { now as clock } from "../api/clock";
import type { ResultOf } from "../api/graphql";
import { csv, download } from "../ui/csv";
import { taskHref } from "../ui/place";
import { useStore } from "../ui/store";
import { moment } from "../ui/time";
import type { Analysis } from "./documents";

export function LowRatings({ data }: { data: ResultOf<typeof Analysis> }) {
  const now = useStore(clock);
  const { nodes, totalCount } = data.low;
  const save = () => {
    const rows = nodes.map((n) => [
      n.rating,
      n.comment,
      n.reviewer,
      n.at,
      n.task.workflow.name,
      n.task.prompt,
      n.task.id,
    ]);
    download(
      "low-ratings.csv",
      csv([["Rating", "Comment", "Reviewer", "At", "Workflow", "Prompt", "Task"], ...rows]),
    );
  };
  return (
    <section class="card" aria-labelledby="low-title">
      <h2 id="low-title">Low ratings</h2>
      <p class="hint">
        {totalCount.toLocaleString()} with one or two stars
        {totalCount > nodes.length && `; the newest ${nodes.length} are shown`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroller" tabIndex={0} aria-label="Low ratings, as a table">
        <table>
          <thead>
            <tr>
              {["Rating", "Comment", "Task", "Workflow", "Reviewer", "At"].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={`${node.task.id}${node.reviewer}${node.at}`}>
                <td>{node.rating}</td>
                <td class="said">{node.comment ?? <span class="hint">none</span>}</td>
                <td>
                  <a href={taskHref(node.task.id)}>{node.task.prompt}</a>
                </td>
                <td>{node.task.workflow.name}</td>
                <td>{node.reviewer}</td>
                <td>
                  <time dateTime={node.at}>{moment(node.at, now)}</time>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <button class="button quiet" type="button" onClick={save}>
        Download CSV
      </button>
    </section>
  );
}
