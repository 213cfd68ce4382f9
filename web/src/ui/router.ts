// Which page is shown stands in the URL's fragment, so that every page is one file to the service, and can be linked.
import { type Place, placeOf } from "./place";
import { makeStore } from "./store";

export const place = makeStore<Place>(placeOf(location.hash));

addEventListener("hashchange", () => place.set(placeOf(location.hash)));

export function go(href: string): void {
  location.hash = href;
}
