// The time that seats are still kept, with a warning said aloud before it runs out.
import { useEffect, useRef } from "react";
import { formatCountdown } from "../page/format.ts";
import { useTimeLeftMs } from "../page/use-time-left.ts";
import "./time-left.css";

/** Early enough to finish, and once more when only quick hands will do. */
const WARNINGS = [
  { fromMs: 30_000, words: "Less than 30 seconds left." },
  { fromMs: 120_000, words: "Less than two minutes left." },
] as const;

export function TimeLeft(props: { expiresAt: string; onEnd: () => void }) {
  const leftMs = useTimeLeftMs(props.expiresAt);
  const ended = useRef<string | null>(null);
  const { expiresAt, onEnd } = props;
  const isOver = leftMs === 0;

  useEffect(() => {
    if (!isOver || ended.current === expiresAt) return;
    // Once per deadline: the server decides what has become of it.
    ended.current = expiresAt;
    onEnd();
  }, [isOver, expiresAt, onEnd]);

  const warning = WARNINGS.find(({ fromMs }) => leftMs <= fromMs);
  return (
    <div className={warning === undefined ? "time-left" : "time-left is-short"}>
      <span>Seats kept for</span>
      <span className="clock" role="timer">
        {formatCountdown(leftMs)}
      </span>
      <span className="time-left-warning" role="status">
        {isOver ? "Time is up." : (warning?.words ?? "")}
      </span>
    </div>
  );
}
