// People, groups and enums as a person reads them.
export interface Named {
  reviewer: string | null;
  group: string | null;
}

export function nameOf(assignee: Named): string {
  return assignee.reviewer ?? assignee.group ?? "nobody";
}

/** anna, ben and carl. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? "nobody";
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** CLAIMED_BY_ANOTHER: Claimed by another. */
export function worded(name: string): string {
  const words = name.replace(/_/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** 1 task, 2 tasks. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}
