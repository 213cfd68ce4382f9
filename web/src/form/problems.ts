// Where the service's violations belong in the form. A problem's path is a JSON pointer into the input of the mutation.
export interface Problem {
  path: string;
  message: string;
}

const MISSING = /^"(.+)" is a required property$/;

/** A missing property is reported at its parent; the reader looks for it at its own field. */
export function atField({ path, message }: Problem): Problem {
  const missing = MISSING.exec(message)?.[1];
  return missing === undefined ? { path, message } : { path: below(path, missing), message: "is needed" };
}

export function below(path: string, part: string | number): string {
  return `${path}/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

export function messagesAt(problems: readonly Problem[], path: string): string[] {
  return problems.filter((problem) => problem.path === path).map((problem) => problem.message);
}

/** Those that no field of the page shows; `shown` are the pointers of the fields that there are. */
export function elsewhere(problems: readonly Problem[], shown: ReadonlySet<string>): Problem[] {
  return problems.filter((problem) => !shown.has(problem.path));
}
