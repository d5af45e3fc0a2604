// The seats being bought with their prices and the total, which has all fees in it.
import { formatAmount } from "../page/format.ts";
import "./seat-bill.css";

export interface BillLine {
  seat: number;
  label: string;
  price: string;
}

export function SeatBill(props: { lines: readonly BillLine[]; total: string; currency: string }) {
  return (
    <dl className="bill">
      {props.lines.map((line) => (
        <div key={line.seat}>
          <dt>{line.label}</dt>
          <dd>{formatAmount(line.price, props.currency)}</dd>
        </div>
      ))}
      <div className="bill-total">
        <dt>Total, all fees in</dt>
        <dd>{formatAmount(props.total, props.currency)}</dd>
      </div>
    </dl>
  );
}
