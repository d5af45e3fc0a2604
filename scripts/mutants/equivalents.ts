// Names the changes of the contracts that no test can notice, each with the reason.

const SAME_VALUE = "when both are equal, the assignment writes the value that is there already";
const CURVE = "P256.verify refuses every key that is not a point of the curve, (0, 0) among them";

const QUICK_LOOK = "the full rule answers what the quick look answers; the condition spares it";

/** From a mutant's name to why the contracts do the same with it. */
export const EQUIVALENTS: Readonly<Record<string, string>> = {
  "contracts/BoxOffice.sol BoxOffice _amountOf: i < runs.length: <= instead of <":
    "i is 25 more than a multiple of 26, and the length is one: they are never equal",
  "contracts/PassReader.sol PassReader _isSessionSigned: !onCurve: never true": CURVE,
  "contracts/PassReader.sol PassReader _isSessionSigned: s > P256.N / 2: >= instead of >":
    "nobody can make a signature of exactly that s: its key is among the bytes that it signs",
  "contracts/PassReader.sol PassReader _isSessionSigned: s < P256.N: <= instead of <":
    "P256.verify refuses N as it refuses N - N = 0",
  "contracts/PassReader.sol PassReader _keyOf: (prefix != 2 && prefix != 3) || x >= P256.P: right side dropped":
    CURVE,
  "contracts/PassReader.sol PassReader _keyOf: x >= P256.P: > instead of >=": CURVE,
  "contracts/PassReader.sol PassReader _keyOf: !computed || mulmod(y, y, P256.P) != square: never true":
    CURVE,
  "contracts/PassReader.sol PassReader _keyOf: !computed || mulmod(y, y, P256.P) != square: left side dropped":
    "the power is always computed, because P is not 0",
  "contracts/PassReader.sol PassReader _keyOf: !computed || mulmod(y, y, P256.P) != square: right side dropped":
    CURVE,
  "contracts/EventBook.sol EventBook reschedule: refundUntil > lastly: >= instead of >": SAME_VALUE,
  "contracts/EventBook.sol EventBook reschedule: refundUntil < given: <= instead of <": SAME_VALUE,
  "contracts/Payouts.sol Payouts _addToPot: amount == 0: never true":
    "adding nothing changes nothing; the condition spares the write",
  "contracts/libraries/ContentFolder.sol ContentFolder requireSafe: i < end: <= instead of <":
    "at the end of the hash is a slash, which is no dot",
  "contracts/libraries/ContentFolder.sol ContentFolder _startsWith: text.length >= start.length: > instead of >=":
    "what is nothing but a scheme or a prefix is refused for its length all the same",
  "contracts/SignedDomain.sol SignedDomain _domainSeparator: block.chainid == CHAIN_ID: never true":
    "built anew, the separator is the same; the condition spares it",
  "contracts/TicketGate.sol TicketGate checkInMany: id < first: <= instead of <": SAME_VALUE,
  "contracts/TicketGate.sol TicketGate checkInMany: id > last: >= instead of >": SAME_VALUE,
  "contracts/TicketGate.sol TicketGate checkInMany: TicketId.eventOf(id) != eventId: always true":
    "the same event has the same doors; the condition spares reading them again",
  "contracts/TicketGate.sol TicketGate void: id < first: <= instead of <": SAME_VALUE,
  "contracts/TicketGate.sol TicketGate void: id > last: >= instead of >": SAME_VALUE,
  "contracts/TicketGate.sol TicketGate isAdmissible: !fresh || !word.exists(): right side dropped":
    "a ticket that was never minted belongs to address 0, which nobody can sign for",
  "contracts/libraries/MovePolicy.sol MovePolicy requireGift: ((terms >> PAUSED_ACTIONS_AT) | (state & SPENT_MASK)) == 0 && block.timestamp < uint40(ter…: never true":
    QUICK_LOOK,
  "contracts/libraries/MovePolicy.sol MovePolicy requireGift: block.timestamp >= uint40(terms) + ((state >> SINCE_AT) + wait) * 1 minutes: > instead of >=":
    QUICK_LOOK,
  "contracts/libraries/MovePolicy.sol MovePolicy requireGift: byOwner && policy < uint8(Policy.FROZEN): never true":
    QUICK_LOOK,
  "contracts/libraries/MovePolicy.sol MovePolicy requireGift: ((state >> GIFTS_AT) & GIFTS_MAX) < uint8(terms >> MAX_GIFTS_AT): never true":
    QUICK_LOOK,
  "contracts/libraries/MovePolicy.sol MovePolicy requireGift: policy == uint8(Policy.OPEN): never true":
    QUICK_LOOK,
  "contracts/TicketSale.sol TicketSale settle: !head.isPlainForSale() || block.timestamp >= head.freezeAt() || word.isSpent(): always true":
    QUICK_LOOK,
  "contracts/libraries/TicketWord.sol freshTicket: sinceMinutes > SINCE_MAX: >= instead of >":
    SAME_VALUE,
  "contracts/TicketSale.sol TicketSale _requireMovable: reason == MovePolicy.Refusal.NONE: never true":
    "requireNone returns at once for NONE",
};
