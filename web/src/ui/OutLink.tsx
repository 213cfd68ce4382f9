// A link to elsewhere: only where a browser may be sent without running anything, and nothing is told to where it leads.
import type { ComponentChildren } from "preact";

const SAFE = new Set(["https:", "http:", "mailto:"]);

export function safeHref(href: string): string | null {
  try {
    const url = new URL(href);
    return SAFE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function OutLink({ href, children }: { href: string; children: ComponentChildren }) {
  const safe = safeHref(href);
  if (!safe) return <span>{children}</span>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
