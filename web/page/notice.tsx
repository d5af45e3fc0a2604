// A short message on a screen: what happened and what to do, never by colour alone.
import type { ReactNode } from "react";
import "./notice.css";

export type Tone = "info" | "good" | "warn" | "bad";

const MARKS: Record<Tone, string> = { info: "i", good: "✓", warn: "!", bad: "✕" };

export function Notice(props: {
  tone: Tone;
  title: string;
  children?: ReactNode;
  /** True for what the fan must hear at once; otherwise a reader finishes its sentence first. */
  urgent?: boolean;
}) {
  return (
    <div className={`notice notice-${props.tone}`} role={props.urgent ? "alert" : "status"}>
      <span className="notice-mark" aria-hidden="true">
        {MARKS[props.tone]}
      </span>
      <div className="notice-body">
        <p className="notice-title">{props.title}</p>
        {props.children}
      </div>
    </div>
  );
}
