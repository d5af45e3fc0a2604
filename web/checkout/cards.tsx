// The two cards of the development provider, as cards: one works, one does not.
import "./cards.css";

const CARDS = [
  { source: "works", name: "Card that works", hint: "The payment goes through at once." },
  { source: "declines", name: "Card that declines", hint: "The bank says no; nothing is charged." },
] as const;

export type CardSource = (typeof CARDS)[number]["source"];

export function Cards(props: { source: CardSource; onChoose: (source: CardSource) => void }) {
  return (
    <fieldset className="cards">
      <legend>Pay with</legend>
      <p className="small">Development payments: no real money moves.</p>
      {CARDS.map(({ source, name, hint }) => (
        <label key={source} className="card">
          <input
            type="radio"
            name="card"
            value={source}
            checked={props.source === source}
            onChange={() => props.onChoose(source)}
          />
          <span>
            <strong>{name}</strong>
            <span className="small">{hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
