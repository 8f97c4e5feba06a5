// Counts per day as stacked bars. A picture for those who see it; the table beside it has every number of it.
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Words } from "../../text/translate.ts";
import { codeName, knownCodes } from "./code-name.ts";

export interface ChartProps {
  readonly words: Words;
  readonly days: readonly string[];
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Id of the heading that names it. */
  readonly labelledBy: string;
  /** What is said where there is nothing to draw. */
  readonly empty: string;
}

const height = 220;
const frame = { top: 12, end: 8, bottom: 28 } as const;
const plotHeight = height - frame.top - frame.bottom;

/** The figure's width in CSS pixels: drawn anew rather than scaled, so that its words stay readable. */
function useWidth(): readonly [RefObject<HTMLElement | null>, number] {
  const figure = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(720);
  useLayoutEffect(() => {
    const element = figure.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(240, Math.floor(element.clientWidth))));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [figure, width];
}

/** Legend and stacks in one order; unknown codes first, so at the bottom. */
function byStack(a: string, b: string): number {
  return knownCodes.indexOf(a) - knownCodes.indexOf(b);
}

/** Room for the longest number beside the axis, at 12 px a digit is 8 wide at most. */
function axisRoom(top: number, number: Intl.NumberFormat): number {
  return 12 + 8 * number.format(top).length;
}

/** Labels at the ends stay inside the picture. */
function anchorOf(index: number, last: number): "start" | "middle" | "end" {
  if (index === 0) return "start";
  return index === last ? "end" : "middle";
}

/** The smallest round number above `most` that divides into four whole steps. */
function scaleTop(most: number): number {
  if (most <= 4) return 4;
  const unit = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 5, 8, 10].map((factor) => factor * unit).find((top) => top >= most) ?? most;
  return Math.ceil(step / 4) * 4;
}

interface AxisProps {
  readonly top: number;
  readonly number: Intl.NumberFormat;
  readonly start: number;
  readonly width: number;
}

function Axis({ top, number, start, width }: AxisProps) {
  return (
    <g class="pm-axis">
      {[0, 1, 2, 3, 4].map((step) => {
        const y = frame.top + plotHeight - (plotHeight * step) / 4;
        return (
          <g key={step}>
            <line x1={start} x2={width - frame.end} y1={y} y2={y} />
            <text x={start - 6} y={y + 4} text-anchor="end">
              {number.format((top * step) / 4)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

interface BarProps {
  readonly words: Words;
  readonly day: string;
  readonly x: number;
  readonly width: number;
  readonly top: number;
  readonly codes: ReadonlyMap<string, number>;
}

function Bar({ words, day, x, width: barWidth, top, codes }: BarProps) {
  let y = frame.top + plotHeight;
  const pieces = [...codes].toSorted(([a], [b]) => byStack(a, b));
  return (
    <g>
      {pieces.map(([code, count]) => {
        const size = (plotHeight * count) / top;
        y -= size;
        return (
          <rect
            key={code}
            class={`pm-code-${code}`}
            x={x}
            y={y}
            width={barWidth}
            height={Math.max(size - 1, 1)}
            rx="1.5"
          >
            <title>{`${day}: ${codeName(code, words.t)}, ${count}`}</title>
          </rect>
        );
      })}
    </g>
  );
}

/** Days run in reading direction; labels at the ends and in the middle. */
export function Chart({ words, days, counts, labelledBy, empty }: ChartProps) {
  const { t, locale, direction } = words;
  const [figure, width] = useWidth();
  const totals = days.map((day) => [...(counts.get(day)?.values() ?? [])].reduce((sum, count) => sum + count, 0));
  const top = scaleTop(Math.max(0, ...totals));
  const number = new Intl.NumberFormat(locale);
  const start = axisRoom(top, number);
  const slot = (width - start - frame.end) / days.length;
  const bar = Math.min(28, slot * 0.72);
  const place = (index: number): number =>
    start + slot * (direction === "rtl" ? days.length - 1 - index : index) + (slot - bar) / 2;
  const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const marks = [...new Set([0, Math.floor((days.length - 1) / 2), days.length - 1])];
  const shown = [...new Set(days.flatMap((day) => [...(counts.get(day)?.keys() ?? [])]))].toSorted(byStack);
  return (
    <figure ref={figure} class="pm-figure">
      {shown.length === 0 ? null : (
        <svg class="pm-chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby={labelledBy}>
          <Axis top={top} number={number} start={start} width={width} />
          {days.map((day, index) => (
            <Bar
              key={day}
              words={words}
              day={date.format(new Date(day))}
              x={place(index)}
              width={bar}
              top={top}
              codes={counts.get(day) ?? new Map()}
            />
          ))}
          <g class="pm-axis">
            {marks.map((index) => {
              const anchor = anchorOf(direction === "rtl" ? days.length - 1 - index : index, days.length - 1);
              const x = place(index) + (anchor === "middle" ? bar / 2 : anchor === "end" ? bar : 0);
              return (
                <text key={index} x={x} y={height - 8} text-anchor={anchor}>
                  {date.format(new Date(days[index] ?? ""))}
                </text>
              );
            })}
          </g>
        </svg>
      )}
      <figcaption>
        {shown.length === 0 ? (
          empty
        ) : (
          <ul class="pm-legend">
            {shown.map((code) => (
              <li key={code}>
                <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                  <rect class={`pm-code-${code}`} width="12" height="12" rx="2" />
                </svg>
                {codeName(code, t)}
              </li>
            ))}
          </ul>
        )}
      </figcaption>
    </figure>
  );
}
