// Markdown that strangers wrote, drawn as elements of the page: no HTML of theirs is ever parsed, nothing is fetched.
import { type MarkedToken, marked, type Token, type Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { OutLink } from "./OutLink";

/** How deep what is in it may nest, a list in a list being two. */
const DEEPEST = 100;

export function Markdown({ text }: { text: string }) {
  const tokens = useMemo(() => read(text), [text]);
  return <div class="prose">{tokens ? blocks(tokens) : <p class="said">{text}</p>}</div>;
}

/** null where it nests so deep that it could not be drawn: the task is to be read and answered all the same. */
function read(text: string): Token[] | null {
  try {
    const tokens = marked.lexer(text, { gfm: true });
    return isDeeper(tokens, DEEPEST) ? null : tokens;
  } catch {
    return null; // too deep for the lexer, too
  }
}

function isDeeper(tokens: Token[], left: number): boolean {
  const inside = ({ items, tokens }: Tokens.Generic): Token[] => items ?? tokens ?? [];
  return left < 0 || tokens.some((token) => isDeeper(inside(token), left - 1));
}

function block(token: MarkedToken, key: number): ComponentChildren {
  switch (token.type) {
    case "heading": {
      // The page's own headings are above: the text's begin at the third level.
      const Heading = `h${Math.min(6, token.depth + 2)}` as "h3";
      return <Heading key={key}>{inline(token.tokens)}</Heading>;
    }
    case "paragraph":
      return <p key={key}>{inline(token.tokens)}</p>;
    case "list":
      return list(token, key);
    case "blockquote":
      return <blockquote key={key}>{blocks(token.tokens)}</blockquote>;
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre key={key} tabIndex={0}>
          <code>{token.text}</code>
        </pre>
      );
    case "table":
      return table(token, key);
    case "hr":
      return <hr key={key} />;
    case "space":
    case "def":
      return null;
    case "text":
      return <span key={key}>{token.tokens ? inline(token.tokens) : token.text}</span>;
    default:
      return <span key={key}>{token.raw}</span>; // HTML among it, shown as it was written
  }
}

const blocks = (tokens: Token[]) => tokens.map((token, n) => block(token as MarkedToken, n));

function list(token: Tokens.List, key: number) {
  const items = token.items.map((item, n) => (
    <li key={n} class={item.task ? "check" : undefined}>
      {item.task && <input type="checkbox" checked={item.checked ?? false} disabled aria-label="Done" />}
      {blocks(item.tokens.filter((part) => part.type !== "checkbox"))}
    </li>
  ));
  return token.ordered ? (
    <ol key={key} start={Number(token.start) || 1}>
      {items}
    </ol>
  ) : (
    <ul key={key}>{items}</ul>
  );
}

function table(token: Tokens.Table, key: number) {
  const cells = (row: Tokens.TableCell[], Cell: "th" | "td") =>
    row.map((cell, n) => <Cell key={n}>{inline(cell.tokens)}</Cell>);
  return (
    <div class="scroller" key={key}>
      <table>
        <thead>
          <tr>{cells(token.header, "th")}</tr>
        </thead>
        <tbody>
          {token.rows.map((row, n) => (
            <tr key={n}>{cells(row, "td")}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: Token[] | undefined): ComponentChildren {
  return tokens?.map((each, key) => {
    const token = each as MarkedToken;
    switch (token.type) {
      case "strong":
        return <strong key={key}>{inline(token.tokens)}</strong>;
      case "em":
        return <em key={key}>{inline(token.tokens)}</em>;
      case "del":
        return <del key={key}>{inline(token.tokens)}</del>;
      case "codespan":
        return <code key={key}>{token.text}</code>;
      case "br":
        return <br key={key} />;
      case "link":
        return (
          <OutLink key={key} href={token.href}>
            {inline(token.tokens)}
          </OutLink>
        );
      case "image":
        // Fetching it would tell another host who reads what, and when.
        return (
          <OutLink key={key} href={token.href}>
            Picture: {token.text || token.href}
          </OutLink>
        );
      case "text":
        return token.tokens ? inline(token.tokens) : unescaped(token.text);
      case "escape":
        return unescaped(token.text);
      default:
        return token.raw;
    }
  });
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** The lexer leaves the entities that people write in Markdown as they are. */
function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
