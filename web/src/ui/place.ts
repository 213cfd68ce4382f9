// What is shown, as the URL's fragment says it.
export type Page = "inbox" | "analysis" | "operations";
export interface Place {
  page: Page;
  /** The task that is open. */
  task: string | null;
}

export function placeOf(hash: string): Place {
  const [page, task] = hash.replace(/^#\/?/, "").split("/");
  if (page === "analysis" || page === "operations") return { page, task: null };
  return { page: "inbox", task: page === "task" && task ? decoded(task) : null };
}

/** null: a link that was cut off, or mangled, names no task; it is no reason to show nothing at all. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

export const taskHref = (id: string): string => `#/task/${encodeURIComponent(id)}`;
