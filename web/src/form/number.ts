// A number as it is typed: read as the page writes numbers, and never guessed. What cannot be read stays as it is, so that
// nothing typed is lost, and comes with what to write instead.
import { isInexact } from "../api/exact";

export interface ReadNumber {
  value: number | string | undefined;
  problem: string | null;
}

export interface Numbers {
  read(text: string): ReadNumber;
  /** As one would type it: no groups, the decimal separator of the place. */
  plain(value: number): string;
}

export const TOO_LARGE = "Too large to be sent exactly";

const JSON_NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i;
const ONE_GROUP = /^[-+]?[1-9]\d{0,2}\.\d{3}$/;
const ONE_SEPARATOR = /^([-+]?\d+)[.,](\d+)$/;

/** How numbers are written in a locale; without one, where the reader is. */
export function numbersIn(locale?: string): Numbers {
  const format = new Intl.NumberFormat(locale, { useGrouping: "always", numberingSystem: "latn" });
  const parts = format.formatToParts(12345678.5);
  const separator = (type: "decimal" | "group") =>
    alike(parts.find((part) => part.type === type)?.value ?? "");
  const decimal = separator("decimal");
  const group = separator("group");
  const plain = (value: number) => String(value).replace(".", decimal);

  /** The text as JSON has it; undefined where it is no number here, or could be two. */
  function asJson(text: string): string | undefined {
    // Where the point is not the decimal separator, 1.234 may be meant as JSON has it or as a thousand and more.
    if (JSON_NUMBER.test(text)) return decimal !== "." && ONE_GROUP.test(text) ? undefined : text;
    const sign = /^[-+]?/.exec(text)?.[0] ?? "";
    const [whole = "", ...fraction] = text.slice(sign.length).split(decimal);
    const digits = group ? whole.replaceAll(group, "") : whole;
    const json = [sign + digits, ...fraction].join(".");
    if (!JSON_NUMBER.test(json)) return undefined;
    if (whole === digits) return json;
    return /^\d+$/.test(digits) && whole === alike(format.format(BigInt(digits))) ? json : undefined;
  }

  function read(text: string): ReadNumber {
    const trimmed = alike(text.trim());
    if (!trimmed) return { value: undefined, problem: null };
    const json = asJson(trimmed);
    if (json !== undefined) {
      const unsendable = lost(json);
      return { value: unsendable ? text : Number(json), problem: unsendable };
    }
    const [, whole, fraction] = ONE_SEPARATOR.exec(trimmed) ?? [];
    const problem = whole
      ? `Write ${plain(Number(`${whole}${fraction}`))} or ${plain(Number(`${whole}.${fraction}`))}`
      : `Write a number, such as ${plain(1234.5)}`;
    return { value: text, problem };
  }
  return { read, plain };
}

/** What keeps a number from being sent as it is written. */
function lost(json: string): string | null {
  const value = Number(json);
  if (isInexact(value) && String(value) !== json) return TOO_LARGE;
  return digits(json) === digits(String(value)) ? null : "More digits than can be sent exactly";
}

/** The digits that say something: no sign, point, exponent or zeros around them. */
const digits = (json: string) =>
  json
    .replace(/e.*$/i, "")
    .replace(/[-+.]/g, "")
    .replace(/^0+|0+$/g, "");

/** Spaces, apostrophes and minus signs have several forms; a keyboard has one of each. */
function alike(text: string): string {
  return text.replace(/\s/g, " ").replaceAll("’", "'").replaceAll("−", "-");
}
