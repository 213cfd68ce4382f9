// A number as it is typed. What is no number yet stays as it is, so that nothing typed is lost and the service can say so.
const NUMBER = /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i;

export function typed(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  // "1." is on its way to "1.5": as a number it would lose its point.
  if (!NUMBER.test(trimmed) || /[.,]0*$/.test(trimmed)) return text;
  return Number(trimmed.replace(",", "."));
}
