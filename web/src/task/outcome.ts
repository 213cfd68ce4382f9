// What is said after a claim, a release, a hand-over or an extension.

import type { Said } from "../answer/words";
import type { TaskOutcome } from "../api/documents";
import { ended } from "../inbox/gone";
import { ago } from "../ui/time";

export function saidOf(result: TaskOutcome | undefined, done: string, me: string, now: number): Said {
  switch (result?.__typename) {
    case undefined:
      return {
        tone: "bad",
        title: "It is not known whether this was done",
        more: "Signoff is not in reach; look again.",
      };
    case "TaskSuccess":
      return { tone: "good", title: done, more: null };
    case "AlreadyResolved": {
      const { resolution } = result.task;
      return {
        tone: "calm",
        title: resolution ? `${ended(resolution, me)}, ${ago(resolution.at, now)}` : result.message,
        more: null,
      };
    }
    case "InvalidInput":
      return {
        tone: "bad",
        title: "That does not fit",
        more: result.problems.map((problem) => problem.message).join("; "),
      };
    default:
      return { tone: "calm", title: result?.message ?? "", more: null };
  }
}
