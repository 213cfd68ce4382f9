// Which page is shown stands in the URL's fragment, so that every page is one file to the service, and can be linked.
import { makeStore } from "./store";

export type Page = "inbox" | "analysis" | "operations";
export interface Place {
  page: Page;
  /** The task that is open. */
  task: string | null;
}

export const place = makeStore<Place>(placeOf(location.hash));

addEventListener("hashchange", () => place.set(placeOf(location.hash)));

export function placeOf(hash: string): Place {
  const [page, task] = hash.replace(/^#\/?/, "").split("/");
  if (page === "analysis" || page === "operations") return { page, task: null };
  return { page: "inbox", task: page === "task" && task ? decodeURIComponent(task) : null };
}

export const taskHref = (id: string): string => `#/task/${encodeURIComponent(id)}`;

export function go(href: string): void {
  location.hash = href;
}
