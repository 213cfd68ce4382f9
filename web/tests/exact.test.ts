import { expect, test } from "vitest";
import { exactJson, isInexact } from "../src/api/exact";
import { numbersIn } from "../src/form/number";
import { figure, money } from "../src/task/value";

test("an integer that JavaScript cannot hold stays as it was written", () => {
  const sent =
    '{"order":9007199254740993,"lines":[-12345678901234567890,9007199254740991,0.1,"9"],"__proto__":{}}';
  const kept =
    '{"order":"9007199254740993","lines":["-12345678901234567890",9007199254740991,0.1,"9"],"__proto__":{}}';
  expect(exactJson(sent)).toBe(kept);
});

test("one that comes back as it was written stays a number", () => {
  expect(exactJson('{"pick":[10000000000000000,20000000000000000]}')).toBe(
    '{"pick":[10000000000000000,20000000000000000]}',
  );
  expect(numbersIn("en-US").read("10000000000000000")).toEqual({ value: 1e16, problem: null });
});

test("what is no JSON is left alone", () => {
  expect([exactJson(""), exactJson("<h1>Bad gateway</h1>")]).toEqual(["", "<h1>Bad gateway</h1>"]);
});

test("where the browser does not tell how it was written, a number is about so large", () => {
  expect(isInexact(2 ** 53)).toBe(true);
  expect(figure("order", 2 ** 53)).toBe("about 9,007,199,254,740,992");
  expect(figure("orderId", 2 ** 53)).toBe("about 9007199254740992");
  expect(money(2 ** 53, "USD")).toBe("about $9,007,199,254,740,992.00");
  expect(figure("count", 2500)).toBe("2,500");
});

test("a figure keeps its digits", () => {
  expect([figure("share", 0.00012345), money(0.00042, "USD"), money(84.2, "USD")]).toEqual([
    "0.00012345",
    "$0.00042",
    "$84.20",
  ]);
});

const LARGE = "Too large to be sent exactly";
const LONG = "More digits than can be sent exactly";
test.each([
  ["9007199254740991", null],
  ["-9007199254740991", null],
  ["1,000.50", null],
  ["0.00012", null],
  ["9007199254740993", LARGE],
  ["9,007,199,254,740,993", LARGE],
  ["1e400", LARGE],
  ["0.12345678901234567890123", LONG],
  ["1e-400", LONG],
])("%s typed: %s", (text, problem) => {
  const read = numbersIn("en-US").read(text);
  expect(read.problem).toBe(problem);
  if (problem) expect(read.value).toBe(text);
});
