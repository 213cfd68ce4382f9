// Ratings, decisions and times, as the API counts them; nothing is computed here.
import { useQuery } from "@urql/preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { serverNow } from "../api/clock";
import type { ResultOf } from "../api/graphql";
import { counted } from "../ui/names";
import { seconds } from "../ui/time";
import "./analysis.css";
import { Chart } from "./Chart";
import { Analysis, type Figures } from "./documents";
import { FigureTable } from "./FigureTable";
import { Filters } from "./Filters";
import { ALL, type Chosen, variablesOf } from "./filter";
import { LowRatings } from "./LowRatings";
import { Tiles } from "./Tiles";
import { DECISIONS, EVERYTHING, MEANS, RATINGS, TIMES } from "./table";

const REFRESH_MS = 30_000;

export default function AnalysisPage() {
  const [chosen, setChosen] = useState<Chosen>(ALL);
  const [variables, setVariables] = useState(() => variablesOf(ALL, serverNow()));
  const [{ data: fresh, error, fetching }] = useQuery({ query: Analysis, variables });
  // What was shown stays until the next answer is there.
  const last = useRef(fresh);
  if (fresh) last.current = fresh;
  const data = last.current;

  useEffect(() => {
    const read = () => setVariables(variablesOf(chosen, serverNow()));
    read();
    const timer = setInterval(() => document.visibilityState === "visible" && read(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [chosen]);
  useEffect(() => {
    document.title = "Ratings · Signoff";
  }, []);

  const names = (rows: readonly Figures[] | undefined) =>
    rows?.flatMap(({ key }) => key[0]?.value ?? []) ?? [];
  return (
    <main id="main" class="page" tabIndex={-1} aria-busy={fetching}>
      <h1>Ratings and decisions</h1>
      <Filters
        chosen={chosen}
        onChange={(part) => setChosen({ ...chosen, ...part })}
        workflows={names(data?.byWorkflow)}
        reviewers={names(data?.byReviewer)}
      />
      {error && (
        <p class="notice bad" role="alert">
          {error.graphQLErrors[0]?.message ?? "The figures could not be read: Signoff is not in reach."}
        </p>
      )}
      {data ? <Shown data={data} /> : <p class="loading">Reading the figures …</p>}
    </main>
  );
}

function Shown({ data }: { data: ResultOf<typeof Analysis> }) {
  const total = data.total[0];
  const days = useMemo(() => {
    const rows = data.byDay
      .filter(({ key }) => key[0]?.value)
      .toSorted((a, b) => (dayOf(a) < dayOf(b) ? -1 : 1));
    return { rows, x: rows.map((row) => Date.parse(`${dayOf(row)}T00:00:00Z`) / 1000) };
  }, [data]);
  const lines = useMemo(
    () => ({
      ratings: [{ title: "Ratings", colour: "--accent", values: total?.ratingCounts ?? [] }],
      mean: [{ title: "Mean rating", colour: "--accent", values: days.rows.map((row) => row.meanRating) }],
      decisions: [
        { title: "Approved", colour: "--good", values: days.rows.map((row) => row.approved) },
        { title: "Rejected", colour: "--bad", values: days.rows.map((row) => row.rejected) },
        { title: "Expired", colour: "--warn", values: days.rows.map((row) => row.expired) },
        { title: "Escalated", colour: "--accent", values: days.rows.map((row) => row.escalated) },
      ],
      times: [
        { title: "Half", colour: "--good", values: days.rows.map((row) => row.answerSecondsP50) },
        { title: "90 %", colour: "--warn", values: days.rows.map((row) => row.answerSecondsP90) },
        { title: "99 %", colour: "--bad", values: days.rows.map((row) => row.answerSecondsP99) },
      ],
    }),
    [data, days],
  );
  if (!total) return null;
  const whole = (value: number) => (Number.isInteger(value) ? value.toLocaleString() : "");
  const byDay = { x: days.x, kind: "times", rows: days.rows, first: "Day" } as const;
  return (
    <>
      <Tiles total={total} />
      <div class="charts">
        <Chart
          title="Ratings given"
          said={counted(total.ratings, "rating")}
          x={total.ratings ? STARS : NONE}
          lines={lines.ratings}
          kind="bars"
          shown={whole}
          rows={data.total}
          columns={RATINGS}
          first="Of"
        />
        <Chart
          title="Mean rating by day"
          said="Of the tasks created on that day (UTC)"
          {...byDay}
          lines={lines.mean}
          shown={(v) => v.toFixed(1)}
          columns={MEANS}
        />
        <Chart
          title="How tasks ended, by day"
          said="Humans approve and reject; the clock expires and escalates"
          {...byDay}
          lines={lines.decisions}
          shown={whole}
          columns={DECISIONS}
        />
        <Chart
          title="Time to answer, by day"
          said="From assignment to answer, humans only"
          {...byDay}
          lines={lines.times}
          shown={seconds}
          log
          columns={TIMES}
        />
      </div>
      {(["byWorkflow", "byReviewer", "byModel"] as const).map((name) => (
        <section key={name} class="card" aria-label={TITLES[name]}>
          <h2>{TITLES[name]}</h2>
          <FigureTable title={TITLES[name]} rows={data[name]} columns={EVERYTHING} first={FIRST[name]} />
        </section>
      ))}
      <LowRatings data={data} />
    </>
  );
}

const STARS = [1, 2, 3, 4, 5];
const NONE: number[] = [];
const TITLES = { byWorkflow: "By workflow", byReviewer: "By reviewer", byModel: "By model" } as const;
const FIRST = { byWorkflow: "Workflow", byReviewer: "Reviewer", byModel: "Label model" } as const;

const dayOf = (row: Figures) => row.key[0]?.value ?? "";
