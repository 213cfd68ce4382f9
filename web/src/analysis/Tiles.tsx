// The figures that one looks for first. A rate stands beside the counts that it is made of; where the API gives no rate,
// the counts say it.
import { seconds } from "../ui/time";
import type { Figures } from "./documents";

export function Tiles({ total }: { total: Figures }) {
  const of = (part: number, all: number) => `${part.toLocaleString()} of ${all.toLocaleString()}`;
  const tiles = [
    ["Tasks", total.tasks.toLocaleString(), `${total.pending.toLocaleString()} pending`],
    ["Mean rating", total.meanRating?.toFixed(2) ?? "–", `${total.ratings.toLocaleString()} ratings`],
    [
      "Approval rate",
      total.approvalRate === null ? "–" : `${(total.approvalRate * 100).toFixed(1)} %`,
      `${total.approved.toLocaleString()} approved, ${total.rejected.toLocaleString()} rejected by humans`,
    ],
    ["Expired", of(total.expired, total.tasks), "tasks that nobody decided in time"],
    ["Escalated", of(total.escalated, total.tasks), "tasks, at least once"],
    [
      "Half answered within",
      seconds(total.answerSecondsP50),
      `90 % within ${seconds(total.answerSecondsP90)}, 99 % within ${seconds(total.answerSecondsP99)}`,
    ],
  ] as const;
  return (
    <dl class="tiles">
      {tiles.map(([title, figure, more]) => (
        <div key={title} class="card">
          <dt>{title}</dt>
          <dd>
            <strong>{figure}</strong>
            <span class="hint">{more}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
