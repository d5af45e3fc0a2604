// Paints the part of the seat map that is in view.
import type { EventDetails, Seat } from "../api/wire.ts";
import type { Plan } from "./seat-geometry.ts";
import { CHECK_MARK, CROSS_MARK, categoryShape } from "./seat-shapes.ts";
import type { SeatState, SeatStateOf } from "./seat-state.ts";

/** The part of the map on the screen, in CSS pixels of the zoomed map. */
export interface View {
  left: number;
  top: number;
  width: number;
  height: number;
  /** CSS pixels per unit of the plan. */
  scale: number;
}

export interface Palette {
  ink: string;
  soft: string;
  paper: string;
  brand: string;
  onBrand: string;
  gold: string;
  font: string;
}

interface Brush {
  canvas: CanvasRenderingContext2D;
  palette: Palette;
  scale: number;
  /** Side of a seat in CSS pixels. */
  size: number;
}

const SEAT_OF_PITCH = 0.76;
const PICKED_GROWTH = 1.22;
const LABEL_PX_MIN = 9;
const LABEL_PX_MAX = 15;
/** Below this a row's name would be a smudge. */
const ROW_NAMES_FROM_PITCH_PX = 9;

export function drawSeats(options: {
  context: CanvasRenderingContext2D;
  event: EventDetails;
  plan: Plan;
  view: View;
  palette: Palette;
  stateOf: SeatStateOf;
  pointed: Seat | undefined;
}): void {
  const { context: canvas, event, plan, view, palette } = options;
  const pitchPx = plan.pitch * view.scale;
  const brush = { canvas, palette, scale: view.scale, size: pitchPx * SEAT_OF_PITCH };
  canvas.clearRect(0, 0, view.width, view.height);
  canvas.save();
  canvas.translate(-plan.left * view.scale - view.left, -plan.top * view.scale - view.top);
  drawStage(brush, plan);
  drawLabels(brush, plan);
  const shapes = new Map(
    event.categories.map(({ id, color }, index) => [
      id,
      { color, path: new Path2D(categoryShape(index)) },
    ]),
  );
  for (const seat of plan.seats) {
    if (!isInView(seat, plan, view)) continue;
    const shape = shapes.get(seat.category);
    if (shape !== undefined) drawSeat(brush, seat, options.stateOf(seat.seat), shape);
  }
  if (options.pointed !== undefined) drawRing(brush, options.pointed);
  canvas.restore();
}

function isInView(seat: Seat, plan: Plan, view: View): boolean {
  const margin = plan.pitch * view.scale;
  const x = (seat.x - plan.left) * view.scale - view.left;
  const y = (seat.y - plan.top) * view.scale - view.top;
  return x > -margin && y > -margin && x < view.width + margin && y < view.height + margin;
}

function drawSeat(
  { canvas, palette, scale, size }: Brush,
  seat: Seat,
  state: SeatState,
  shape: { color: string; path: Path2D },
): void {
  const isMine = state === "picked" || state === "yours";
  const side = isMine ? size * PICKED_GROWTH : size;
  canvas.save();
  canvas.translate(seat.x * scale - side / 2, seat.y * scale - side / 2);
  canvas.scale(side, side);
  canvas.lineWidth = 0.09;
  if (state === "free") {
    fill(canvas, shape.path, shape.color);
    // A dark colour on a dark ground still has an edge.
    canvas.globalAlpha = 0.5;
    canvas.lineWidth = 0.07;
    stroke(canvas, shape.path, palette.ink);
  } else if (isMine) {
    fill(canvas, shape.path, palette.brand);
    canvas.lineWidth = 0.15;
    stroke(canvas, new Path2D(CHECK_MARK), palette.onBrand);
  } else if (state === "unknown" || state === "off") {
    canvas.globalAlpha = 0.25;
    fill(canvas, shape.path, palette.soft);
  } else if (state === "held") {
    canvas.setLineDash([0.16, 0.12]);
    stroke(canvas, shape.path, palette.soft);
  } else {
    canvas.lineWidth = 0.12;
    canvas.globalAlpha = 0.75;
    stroke(canvas, new Path2D(CROSS_MARK), palette.soft);
  }
  canvas.restore();
}

function fill(canvas: CanvasRenderingContext2D, path: Path2D, color: string): void {
  canvas.fillStyle = color;
  canvas.fill(path);
}

function stroke(canvas: CanvasRenderingContext2D, path: Path2D, color: string): void {
  canvas.strokeStyle = color;
  canvas.lineCap = "round";
  canvas.lineJoin = "round";
  canvas.stroke(path);
}

function drawRing({ canvas, palette, scale, size }: Brush, seat: Seat): void {
  canvas.beginPath();
  canvas.arc(seat.x * scale, seat.y * scale, size * 0.82, 0, 2 * Math.PI);
  canvas.lineWidth = Math.max(2, size * 0.12);
  canvas.strokeStyle = palette.ink;
  canvas.stroke();
}

function drawStage({ canvas, palette, scale }: Brush, plan: Plan): void {
  const centre = (plan.left + plan.width / 2) * scale;
  const half = plan.width * scale * 0.3;
  const top = plan.top * scale + plan.pitch * scale * 0.3;
  const height = plan.pitch * scale * 1.5;
  canvas.beginPath();
  canvas.moveTo(centre - half, top);
  canvas.lineTo(centre + half, top);
  canvas.quadraticCurveTo(centre + half, top + height * 0.7, centre + half * 0.86, top + height);
  canvas.quadraticCurveTo(centre, top + height * 1.35, centre - half * 0.86, top + height);
  canvas.quadraticCurveTo(centre - half, top + height * 0.7, centre - half, top);
  canvas.fillStyle = palette.gold;
  canvas.fill();
  const fontPx = Math.min(LABEL_PX_MAX, Math.max(LABEL_PX_MIN, height * 0.5));
  canvas.font = `700 ${fontPx}px ${palette.font}`;
  canvas.textAlign = "center";
  canvas.textBaseline = "middle";
  canvas.fillStyle = "#2a1408";
  canvas.fillText("STAGE", centre, top + height * 0.58);
}

function drawLabels({ canvas, palette, scale }: Brush, plan: Plan): void {
  const pitchPx = plan.pitch * scale;
  const fontPx = Math.min(LABEL_PX_MAX, Math.max(LABEL_PX_MIN, pitchPx * 0.55));
  canvas.textBaseline = "middle";
  canvas.textAlign = "center";
  canvas.fillStyle = palette.soft;
  canvas.font = `600 ${fontPx}px ${palette.font}`;
  if (pitchPx >= ROW_NAMES_FROM_PITCH_PX) {
    for (const { row, ends } of plan.rows) {
      for (const end of ends) canvas.fillText(row, end.x * scale, end.y * scale);
    }
  }
  canvas.font = `700 ${Math.max(fontPx, 11)}px ${palette.font}`;
  canvas.fillStyle = palette.ink;
  canvas.strokeStyle = palette.paper;
  canvas.lineWidth = 4;
  for (const { section, at } of plan.sections) {
    canvas.strokeText(section, at.x * scale, at.y * scale);
    canvas.fillText(section, at.x * scale, at.y * scale);
  }
}
