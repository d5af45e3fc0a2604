// Wire schemas of what an organiser decides about an event, and of how far publishing has come.
import { z } from "zod";
import { EVENT_STATES, POLICIES, PUBLISH_STEP_STATES, PUBLISH_STEPS } from "../domain/event.ts";
import { CURRENCIES, type Currency as CurrencyCode } from "../domain/money.ts";
import { CATEGORIES_MAX } from "../domain/seating-plan/find-problems.ts";
import { AREAS_MAX } from "../domain/seating-plan/sections.ts";
import { PAYEES_MAX, SHARES_SUM_BPS } from "../domain/split.ts";
import { ACCESS, CLASSES, PHASE_CLASSES } from "../domain/stock.ts";
import { Address, Amount, EventId, Hex, PlainText, Time, TxHash, Version } from "./fields.ts";

const NAME_LENGTH_MAX = 200;
const GIFTS_MAX = 15;
const UINT16_MAX = 65_535;
const BPS_MAX = 10_000;
const AREA_CAPACITY_MAX = 1_000_000;
const PHASES_MAX = 20;
const LIMIT_MAX = 10_000;
const HOLD_SECONDS_MIN = 60;
const HOLD_SECONDS_MAX = 2 * 60 * 60;
const SEATS_PER_HOLD_MAX = 50;
const PROOF_OF_WORK_MAX = 5;
const HOLDBACK_PARTS_MAX = 1_000;
const GUIDS_MAX = 50_000;
const PAGE_SIZE_DEFAULT = 50;
const PAGE_SIZE_MAX = 200;

const Name = PlainText.min(1).max(NAME_LENGTH_MAX);
const Text = PlainText.max(NAME_LENGTH_MAX);
/** The face of a ticket is a uint48 on chain: more than fits could be sold, but not minted. */
const Price = z
  .string()
  .regex(/^\d{1,14}$/)
  .meta({ examples: ["4800"] });
const Color = z
  .string()
  .regex(/^#[0-9a-fA-F]{6}$/)
  .meta({ examples: ["#7f4a91"] });
const ClassName = z.enum(CLASSES);
const Limit = z.int().min(1).max(LIMIT_MAX);
const TimeZone = z.string().refine(isTimeZone, "is no IANA time zone");

/** What is decided first; a change names those that are to be different. */
const terms = {
  name: Name,
  artist: Name,
  venue: Name,
  city: Text,
  address: Text,
  timeZone: TimeZone.meta({ description: "IANA name.", examples: ["Europe/Lisbon"] }),
  doorsAt: Time,
  startsAt: Time,
  endsAt: Time,
  currency: z.enum(Object.keys(CURRENCIES) as [CurrencyCode, ...CurrencyCode[]]),
  policy: z.enum(POLICIES).describe("Who may move a ticket, sales through our market apart."),
  maxGifts: z.int().min(0).max(GIFTS_MAX).describe("Moves by hand under market-only."),
  resaleCapBps: z.int().min(0).max(UINT16_MAX).describe("Highest resale price, relative to face."),
  royaltyBps: z.int().min(0).max(BPS_MAX).describe("The artists' share of a resale."),
  feeCapBps: z.int().min(0).max(BPS_MAX).describe("Highest share of a market."),
  lockMinutes: z.int().min(0).max(UINT16_MAX).describe("A ticket paid by card stays so long."),
  cooldownMinutes: z.int().min(0).max(UINT16_MAX).describe("Any ticket stays so long."),
  freezeAt: Time.nullable().describe("From when on tickets do not move; null: 2 h before doors."),
  limitPerPerson: Limit.nullable().describe("Over all orders of a wallet."),
  seatsPerHold: z.int().min(1).max(SEATS_PER_HOLD_MAX),
  holdSeconds: z.int().min(HOLD_SECONDS_MIN).max(HOLD_SECONDS_MAX),
};

export const EventRequest = z.strictObject({
  ...terms,
  deployment: z.int().min(1).optional().describe("Which contract; the first one if left out."),
  organiser: Address.optional().describe("Whose event it is on chain; else yours."),
  city: terms.city.default(""),
  address: terms.address.default(""),
  policy: terms.policy.default("market-only"),
  maxGifts: terms.maxGifts.default(1),
  resaleCapBps: terms.resaleCapBps.default(11_000),
  royaltyBps: terms.royaltyBps.default(1_000),
  feeCapBps: terms.feeCapBps.default(500),
  lockMinutes: terms.lockMinutes.default(0),
  cooldownMinutes: terms.cooldownMinutes.default(0),
  freezeAt: terms.freezeAt.default(null),
  limitPerPerson: terms.limitPerPerson.default(null),
  seatsPerHold: terms.seatsPerHold.default(8),
  holdSeconds: terms.holdSeconds.default(600),
});

export const EventChange = z.strictObject({ ...terms, organiser: Address }).partial();

/** Of the event as the caller has read it: somebody else's change in between is not overwritten. */
export const ChangeQuery = z.strictObject({ version: Version });

export const CategoriesRequest = z.strictObject({
  categories: z
    .array(
      z.strictObject({
        name: Name,
        color: Color.optional(),
        price: Price.describe("All fees in, in minor units; 0 as long as nobody has decided."),
      }),
    )
    .max(CATEGORIES_MAX),
});

export const AreasRequest = z.strictObject({
  areas: z
    .array(
      z.strictObject({
        name: Name,
        zone: Name.optional().describe("Which part of the house; else its name."),
        category: Name,
        capacity: z.int().min(1).max(AREA_CAPACITY_MAX),
        class: ClassName.default("public"),
      }),
    )
    .max(AREAS_MAX),
});

const phase = {
  name: Name,
  startsAt: Time,
  endsAt: Time,
  classes: z.array(z.enum(PHASE_CLASSES)).min(1).max(PHASE_CLASSES.length),
  limitPerPerson: Limit.nullable().default(null),
  limitPerOrder: Limit,
  proofOfWork: z.int().min(0).max(PROOF_OF_WORK_MAX).default(0).describe("0: none is asked for."),
};

export const PhasesRequest = z.strictObject({
  phases: z
    .array(
      z.strictObject({
        id: z.int().min(1).max(UINT16_MAX).optional().describe("Of one that is there already."),
        ...phase,
      }),
    )
    .max(PHASES_MAX),
});

const HoldbackPart = z
  .strictObject({
    guids: z.array(z.string().max(NAME_LENGTH_MAX)).max(GUIDS_MAX).optional(),
    zone: Name.optional().describe("All seats of the zone, or of one row of it."),
    row: Name.optional(),
    class: ClassName.optional().describe("For whom they are; public gives them back."),
    access: z.enum(ACCESS).optional(),
  })
  .refine(
    ({ guids, zone }) => (guids === undefined) !== (zone === undefined),
    "names seats or a zone",
  )
  .refine(({ class: of, access }) => of !== undefined || access !== undefined, "changes nothing")
  .meta({ examples: [{ zone: "Balcony", row: "A", class: "sponsor" }] });

export const HoldbacksRequest = z.strictObject({
  holdbacks: z.array(HoldbackPart).max(HOLDBACK_PARTS_MAX).describe("The last one counts."),
});

const Share = z.int().min(1).max(SHARES_SUM_BPS);
export const PayeesRequest = z.strictObject({
  payees: z.array(z.strictObject({ address: Address, shareBps: Share })).max(PAYEES_MAX),
});

export const DraftResponse = z.strictObject({
  ...terms,
  id: EventId,
  organiser: Address.nullable(),
  state: z.enum(EVENT_STATES),
  version: z.int(),
  createdAt: Time,
  updatedAt: Time,
  publishedAt: Time.nullable(),
  categories: z.array(
    z.strictObject({
      id: z.int(),
      name: z.string(),
      color: z.string(),
      price: Amount,
      seats: z.int(),
      places: z.int().describe("Of areas without seats."),
    }),
  ),
  areas: z.array(
    z.strictObject({
      section: z.int(),
      name: z.string(),
      zone: z.string(),
      category: z.string(),
      capacity: z.int(),
      class: ClassName,
    }),
  ),
  phases: z.array(z.strictObject({ id: z.int(), ...phase })),
  payees: z.array(
    z.strictObject({ address: Address, shareBps: Share, acceptedAt: Time.nullable() }),
  ),
  plan: z
    .strictObject({ hash: z.string(), seats: z.int(), importedAt: Time })
    .nullable()
    .describe("The file as it was imported; `planHash` of the chain also names the areas."),
  planHash: z.string().nullable(),
  stock: z.record(ClassName, z.int()).meta({
    description: "Units of each class.",
    examples: [{ public: 180, presale: 0, artist: 12, sponsor: 8, comp: 12 }],
  }),
  accessible: z.strictObject({ wheelchair: z.int(), companion: z.int() }),
});

export const OrganiserEvents = z.strictObject({
  events: z.array(
    z.strictObject({
      id: EventId,
      name: z.string(),
      artist: z.string(),
      venue: z.string(),
      startsAt: Time,
      timeZone: z.string(),
      state: z.enum(EVENT_STATES),
      version: z.int(),
    }),
  ),
  next: EventId.nullable(),
});

export const OrganiserEventsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE_DEFAULT),
  cursor: EventId.optional().describe("`next` of the page before."),
});

export const EventProblem = z.strictObject({
  code: z.string(),
  place: z.string().describe("Which part of the event, as `phases/2`."),
  detail: z.string(),
  stops: z.boolean().describe("False: it can be published like this."),
});

const StepName = z.enum(PUBLISH_STEPS);
export const CheckResponse = z.strictObject({
  version: z.int(),
  ready: z.boolean(),
  problems: z.array(EventProblem),
  transactions: z.array(
    z.strictObject({
      step: StepName,
      gas: z.string().nullable().describe("null: only the one before it tells."),
      costWei: Amount.nullable().describe("At the price of this moment."),
    }),
  ),
});

export const PublishProgress = z.strictObject({
  state: z.enum(EVENT_STATES),
  publishedAt: Time.nullable(),
  releases: z
    .array(
      z.strictObject({
        class: ClassName,
        units: z.int(),
        state: z.enum(PUBLISH_STEP_STATES),
        reason: z.string().nullable(),
        txHash: TxHash.nullable(),
        updatedAt: Time,
      }),
    )
    .describe("Seats that were kept back, on their way to public sale; the newest first."),
  steps: z.array(
    z.strictObject({
      step: StepName,
      state: z.enum(PUBLISH_STEP_STATES),
      reason: z.string().nullable(),
      txHash: TxHash.nullable(),
      updatedAt: Time,
    }),
  ),
});

export const SplitResponse = z.strictObject({
  payees: z.array(
    z.strictObject({ address: Address, shareBps: Share, acceptedAt: Time.nullable() }),
  ),
  typedData: z
    .strictObject({
      domain: z.strictObject({
        name: z.string(),
        version: z.string(),
        chainId: z.int(),
        verifyingContract: Address,
      }),
      types: z.record(z.string(), z.array(z.strictObject({ name: z.string(), type: z.string() }))),
      primaryType: z.string(),
      message: z.strictObject({
        eventId: z.string(),
        payees: z.array(Address),
        shares: z.array(z.int()),
      }),
    })
    .describe("What each payee signs (EIP-712)."),
});

const SIGNATURE_BYTES_MAX = 4_096;
export const AcceptRequest = z.strictObject({
  payee: Address,
  signature: Hex.max(2 + SIGNATURE_BYTES_MAX * 2),
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
