// A task as it is now: read once, then kept so by its events.
import { useCallback, useEffect, useState } from "preact/hooks";
import type { WholeTask } from "../api/documents";
import { follow } from "../api/live";
import { useSession } from "../session/context";
import { TaskChanges, TaskQuery } from "./documents";

export interface LiveTask {
  /** undefined while it is read, null where there is none that the reader may see. */
  task: WholeTask | null | undefined;
  problem: string | null;
  /** Takes in what a mutation brought; an older version changes nothing. */
  take(task: WholeTask): void;
  read(): void;
}

export function useTask(id: string): LiveTask {
  const { client } = useSession();
  const [known, setKnown] = useState<{ id: string; task: WholeTask | null } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const take = useCallback(
    (task: WholeTask | null) =>
      setKnown((before) =>
        task && before?.id === id && before.task && before.task.version > task.version
          ? before
          : { id, task },
      ),
    [id],
  );
  const read = useCallback(() => {
    void client
      .query(TaskQuery, { id })
      .toPromise()
      .then(({ data, error }) => {
        if (data) take(data.task);
        const malformed = error?.graphQLErrors[0]?.message;
        setProblem(data ? null : (malformed ?? "The task could not be read: Signoff is not in reach."));
      });
  }, [client, id, take]);

  useEffect(() => {
    setProblem(null);
    // Followed first, then read: what happens between the two is told by an event.
    const stop = follow(client, {
      subscription: TaskChanges,
      variables: () => ({ ids: [id] }),
      onData: ({ taskEvents }) => take(taskEvents.task),
      onResume: read,
    });
    read();
    return stop;
  }, [client, id, take, read]);

  return { task: known?.id === id ? known.task : undefined, problem, take, read };
}
