// The wire types that screens speak about, taken from the server's schemas without their code.
import type { BodyOf, ResponseOf } from "#server/api/routes.ts";

export type Config = ResponseOf<"getConfig">;
export type Session = ResponseOf<"getSession">;
export type EventSummary = ResponseOf<"listEvents">["events"][number];
export type EventDetails = ResponseOf<"getEvent">;
export type Seat = EventDetails["seats"][number];
export type HoldWish = BodyOf<"createHold">;
export type Hold = ResponseOf<"getHold">;
export type Order = ResponseOf<"getOrder">;
export type OrderLine = Order["lines"][number];
export type Payment = ResponseOf<"createPayment">;
export type Voucher = NonNullable<Payment["voucher"]>;
export type Timeline = ResponseOf<"getOrderTimeline">;
export type TimelineStep = Timeline["steps"][number];
export type FanNotice = ResponseOf<"listNotices">["notices"][number];
export type EventQueue = ResponseOf<"getQueue">;
export type Ticket = ResponseOf<"getTicket">;
