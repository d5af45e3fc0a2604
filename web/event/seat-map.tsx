// The seat map for eyes and fingers; the list by row below it does the same for everybody else.
import { useEffect, useMemo, useRef } from "react";
import type { EventDetails, Seat } from "../api/wire.ts";
import { drawSeats } from "./draw-seats.ts";
import { planOf } from "./seat-geometry.ts";
import { canPick, priceWords, type SeatStateOf, STATE_WORDS, seatWords } from "./seat-state.ts";
import { useMapView } from "./use-map-view.ts";
import { usePalette } from "./use-palette.ts";
import { useSeatPointer } from "./use-seat-pointer.ts";
import "./seat-map.css";

export interface SeatMapProps {
  event: EventDetails;
  stateOf: SeatStateOf;
  /** The seat that has the focus in the list, shown here too. */
  focused: Seat | undefined;
  onToggle: (seat: Seat) => void;
}

export function SeatMap({ event, stateOf, focused, onToggle }: SeatMapProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const plan = useMemo(() => planOf(event.seats), [event.seats]);
  const map = useMapView(scroller, plan);
  const palette = usePalette();
  const { hovered, ...pointing } = useSeatPointer({ plan, map, onToggle });
  const { view } = map;
  const pointed = hovered ?? focused;

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || view.width === 0) return;
    const density = window.devicePixelRatio;
    element.width = Math.round(view.width * density);
    element.height = Math.round(view.height * density);
    context.scale(density, density);
    drawSeats({ context, event, plan, view, palette, stateOf, pointed });
  });

  const canPickPointed = hovered !== undefined && canPick(stateOf(hovered.seat));
  return (
    <div className="seat-map">
      <div className="seat-map-scroller" ref={scroller} onScroll={map.onScroll}>
        <div style={{ width: map.contentWidth, height: map.contentHeight }}>
          <canvas
            ref={canvas}
            role="img"
            aria-label="Seat map. The same seats are listed by row below."
            className={canPickPointed ? "seat-map-canvas can-pick" : "seat-map-canvas"}
            style={{ width: view.width, height: view.height }}
            {...pointing}
          />
        </div>
      </div>
      {pointed === undefined ? null : (
        <SeatLabel
          event={event}
          seat={pointed}
          state={STATE_WORDS[stateOf(pointed.seat)]}
          left={(pointed.x - plan.left) * view.scale - view.left}
          top={(pointed.y - plan.top) * view.scale - view.top}
          width={view.width}
        />
      )}
      <div className="seat-map-zoom">
        <ZoomButton name="Zoom in" mark="+" onZoom={map.zoomIn} />
        <ZoomButton name="Zoom out" mark="−" onZoom={map.zoomOut} />
      </div>
    </div>
  );
}

const LABEL_HALF_WIDTH_PX = 112;
const LABEL_HEIGHT_PX = 78;

function SeatLabel(props: {
  event: EventDetails;
  seat: Seat;
  state: string;
  left: number;
  top: number;
  width: number;
}) {
  const left = Math.min(
    Math.max(props.left, LABEL_HALF_WIDTH_PX),
    Math.max(props.width - LABEL_HALF_WIDTH_PX, LABEL_HALF_WIDTH_PX),
  );
  const isBelow = props.top < LABEL_HEIGHT_PX;
  return (
    <div
      className={isBelow ? "seat-label is-below" : "seat-label"}
      style={{ left, top: props.top }}
      aria-hidden="true"
    >
      <strong>{seatWords(props.seat)}</strong>
      <span>
        {priceWords(props.event, props.seat)} · {props.state}
      </span>
    </div>
  );
}

function ZoomButton(props: { name: string; mark: string; onZoom: (() => void) | null }) {
  return (
    <button
      type="button"
      className="zoom-button"
      aria-label={props.name}
      disabled={props.onZoom === null}
      onClick={() => props.onZoom?.()}
    >
      <span aria-hidden="true">{props.mark}</span>
    </button>
  );
}
