// A number as it is typed. What is no number yet stays as it is, so that nothing typed is lost and the service can say so.
const NUMBER = /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i;

export function typed(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  return NUMBER.test(trimmed) ? Number(trimmed.replace(",", ".")) : text;
}
