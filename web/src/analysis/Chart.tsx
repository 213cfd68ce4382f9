// A chart with its numbers below it, as a table and as a CSV file.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Figures } from "./documents";
import { FigureTable } from "./FigureTable";
import type { Column } from "./table";

export interface Line {
  title: string;
  /** A custom property of the page's style. */
  colour: string;
  values: readonly (number | null)[];
}

interface ChartProps {
  title: string;
  said: ComponentChildren;
  x: readonly number[];
  lines: readonly Line[];
  kind: "bars" | "times";
  shown: (value: number) => string;
  log?: boolean;
  rows: readonly Figures[];
  columns: readonly Column[];
  first: string;
}

const HEIGHT = 210;
const DAY = 86_400;
const STARS = [1, 2, 3, 4, 5];
/** Where a person expects lines on a scale of times, in seconds. */
const SPANS = [0.1, 1, 10, 60, 600, 3600, 6 * 3600, DAY, 7 * DAY, 30 * DAY];

export function Chart(props: ChartProps) {
  const { title, said, rows, columns, first } = props;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element || !props.x.length) return;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let plot = draw(element, props);
    const again = () => {
      plot.destroy();
      plot = draw(element, props);
    };
    const size = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    size.observe(element);
    dark.addEventListener("change", again);
    return () => {
      size.disconnect();
      dark.removeEventListener("change", again);
      plot.destroy();
    };
  }, [props.x, props.lines]);
  return (
    <section class="card chart" aria-label={title}>
      <h2>{title}</h2>
      <p class="hint">{said}</p>
      {props.x.length ? (
        <div ref={place} role="img" aria-label={`${title}: its numbers are in the table below`} />
      ) : (
        <p class="empty">Nothing yet</p>
      )}
      <FigureTable title={title} rows={rows} columns={columns} first={first} folded />
    </section>
  );
}

function draw(element: HTMLElement, { x, lines, kind, shown, log }: ChartProps): uPlot {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name);
  const axis = {
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const bars = kind === "bars";
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"), // the API's days are UTC's
    cursor: { drag: { x: false, y: false } },
    legend: { show: lines.length > 1, live: false },
    scales: {
      // A day's room on both sides, so that one day alone is a place, too.
      x: { time: !bars, range: bars ? [0.4, 5.6] : [(x[0] ?? 0) - DAY, (x.at(-1) ?? 0) + DAY] },
      y: log ? { distr: 3 } : { range: (_, __, max) => [0, Math.max(1, max) * 1.08] },
    },
    axes: [
      bars
        ? { ...axis, grid: { show: false }, splits: STARS }
        : { ...axis, grid: { show: false }, incrs: [DAY, 7 * DAY, 30 * DAY], values: (_, at) => at.map(day) },
      {
        ...axis,
        size: 62,
        values: (_, splits) => splits.map(shown),
        ...(log
          ? {
              splits: (_, __, min, max) => SPANS.filter((each) => each >= min && each <= max),
              filter: (_, at) => at,
            }
          : {}),
      },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.title,
        stroke: colour(line.colour),
        width: 2,
        value: (_: uPlot, value: number | null) => (value === null ? "–" : shown(value)),
        ...(bars
          ? {
              fill: colour(line.colour),
              paths: uPlot.paths.bars?.({ size: [0.6, 80] }) as uPlot.Series.PathBuilder,
              points: { show: false },
            }
          : { points: { show: true, size: 7, fill: colour(line.colour) }, spanGaps: true }),
      })),
    ],
  };
  return new uPlot(options, [[...x], ...lines.map((line) => [...line.values])] as uPlot.AlignedData, element);
}

const day = (at: number) =>
  new Date(at * 1000).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
