import { expect, test } from "vitest";
import { numbersIn } from "../src/form/number";

test.each<[string, string, number | undefined]>([
  ["en-US", "12.5", 12.5],
  ["en-US", "-3", -3],
  ["en-US", "1e3", 1000],
  ["en-US", " ", undefined],
  ["en-US", "1.", 1],
  ["en-US", "1.234", 1.234],
  ["en-US", "2,500", 2500],
  ["en-US", "-1,234,567.5", -1234567.5],
  ["en-IN", "12,34,567", 1234567],
  ["de-DE", "12.5", 12.5],
  ["de-DE", "0.125", 0.125],
  ["de-DE", "12,5", 12.5],
  ["de-DE", "1,234", 1.234],
  ["de-DE", "1.234,5", 1234.5],
  ["de-DE", "1.234.567", 1234567],
  ["es-ES", "1.234,5", 1234.5],
  ["fr-FR", "2 500,5", 2500.5],
  ["fr-FR", "2\u202f500", 2500],
  ["de-CH", "2'500", 2500],
  ["sv-SE", "−2 500", -2500],
])("in %s %j is %d", (locale, text, value) => {
  expect(numbersIn(locale).read(text)).toEqual({ value, problem: null });
});

const EXAMPLE = "Write a number, such as 1234.5";
test.each([
  ["en-US", "2,5", "Write 25 or 2.5"],
  ["en-US", "0,250", "Write 250 or 0.25"],
  ["en-US", "2500,000", "Write 2500000 or 2500"],
  ["en-US", "1.234,5", EXAMPLE],
  ["en-US", "1,23,456", EXAMPLE],
  ["en-US", "1,000e-1", EXAMPLE],
  ["en-US", "1,000,000e2", EXAMPLE],
  ["fr-FR", "1 234e3", "Write a number, such as 1234,5"],
  ["en-US", "1.2.3", EXAMPLE],
  ["en-US", "2 500", EXAMPLE],
  ["en-US", "twelve", EXAMPLE],
  ["en-US", "-", EXAMPLE],
  ["de-DE", "1.234", "Write 1234 or 1,234"],
  ["de-DE", "2.500", "Write 2500 or 2,5"],
  ["de-DE", "1,234.5", "Write a number, such as 1234,5"],
  ["de-CH", "2,500", "Write 2500 or 2.5"],
  ["fr-FR", "1.234", "Write 1234 or 1,234"],
])("in %s %j could be two numbers, or is none: %s", (locale, text, problem) => {
  expect(numbersIn(locale).read(text)).toEqual({ value: text, problem });
});

test.each(["en-US", "de-DE", "de-CH", "fr-FR", "ar-EG"])("what %s writes plainly it reads", (locale) => {
  const { plain, read } = numbersIn(locale);
  for (const value of [0, -3, 2500, 1.234, 0.1, 1234567.125, 1e-7])
    expect(read(plain(value)).value).toBe(value);
});
