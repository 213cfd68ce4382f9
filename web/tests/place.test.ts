import { expect, test } from "vitest";
import { placeOf, taskHref } from "../src/ui/place";

test.each([
  ["", "inbox", null],
  ["#/", "inbox", null],
  ["#/analysis", "analysis", null],
  ["#/operations/x", "operations", null],
  ["#/nowhere/x", "inbox", null],
  ["#/task/", "inbox", null],
  [taskHref("a/b %ü"), "inbox", "a/b %ü"],
  ["#/task/%", "inbox", null],
  ["#/task/%E0%A4", "inbox", null],
])("%s shows the page %s with the task %s", (hash, page, task) => {
  expect(placeOf(hash)).toEqual({ page, task });
});
