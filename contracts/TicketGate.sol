// Admits tickets at the door, and takes back those that will not be used.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {EventBook} from "./EventBook.sol";
import {Pass, PassReader} from "./PassReader.sol";
import {SignedDomain} from "./SignedDomain.sol";
import {TicketLedger} from "./TicketLedger.sol";
import {TicketsNotBoxOffice} from "./TicketMint.sol";
import {Consent} from "./libraries/Consent.sol";
import {EventRecord} from "./libraries/EventRecord.sol";
import {TicketsTicketUsed, TicketsTicketVoid} from "./libraries/MovePolicy.sol";
import {TicketId} from "./libraries/TicketId.sol";
// prettier-ignore
import {
  FLAG_CARD, FLAG_FUNDED, FLAG_RESOLD, FLAG_USED, FLAG_VOID, NONCE_MAX, TicketWord
} from "./libraries/TicketWord.sol";

/// @notice The gate of an event opens six hours before doors.
/// @param id The ticket.
/// @param opensAt When it can be checked in, in seconds.
error TicketsGateClosed(uint256 id, uint256 opensAt);

/// @notice As many tickets of the event were voided today as can be in a day.
/// @param eventId The event.
/// @param limit The number.
error TicketsVoidLimitReached(uint256 eventId, uint256 limit);

/// @notice A call over a list of tickets needs at least one.
error TicketsListEmpty();

/// @notice Only the holder can do this with a ticket.
/// @param caller The caller.
/// @param id The ticket.
error TicketsNotHolder(address caller, uint256 id);

/// @notice Tickets of the event cannot be given back now.
/// @param id The ticket.
/// @param until Until when they could be, in seconds; 0 if doors were never moved.
error TicketsReturnClosed(uint256 id, uint256 until);

/// @notice No money lies in escrow for the ticket, or it was paid back.
/// @param id The ticket.
error TicketsNotFunded(uint256 id);

/// @notice The ticket is valid and its event is on: there is nothing to refund.
/// @param id The ticket.
error TicketsNotRefundable(uint256 id);

/// @title Ticket gate
/// @notice Neither the gate nor refunds can be paused.
abstract contract TicketGate is TicketLedger, EventBook, SignedDomain, IERC4906 {
  /// @notice Marks tickets as used.
  bytes32 public constant GATE_ROLE = keccak256("GATE_ROLE");
  /// @notice Voids tickets that are refunded, reissued or charged back.
  bytes32 public constant REFUNDER_ROLE = keccak256("REFUNDER_ROLE");

  /// @notice Verifies the session signature of passes.
  PassReader public immutable PASS_READER = new PassReader();

  // the holder's signature in a pass
  uint256 private constant OWNER_SIGNATURE_AT = 50;
  uint256 private constant SESSION_SIGNATURE_AT = 115;
  uint256 private constant GATE_BEFORE_DOORS = 6 hours;
  /// @dev Per event; bounds what a stolen key can take back.
  uint8 private constant VOIDS_PER_DAY = 50;

  /// @notice A ticket was used at the gate. It stays in the wallet as a souvenir.
  /// @param id The ticket.
  event CheckedIn(uint256 indexed id);

  /// @notice A ticket was taken back; its seat may be issued again.
  /// @param id The ticket.
  event TicketVoided(uint256 indexed id);

  /// @notice Marks one ticket as used; refuses one that already is.
  /// @param id The ticket.
  function checkIn(uint256 id) external onlyRole(GATE_ROLE) {
    if (!_checkIn(id, _closedUntil(id))) {
      if (_wordOf(id).has(FLAG_VOID)) revert TicketsTicketVoid(id);
      revert TicketsTicketUsed(id);
    }
    _emitMetadataUpdate(id);
  }

  /// @notice Marks tickets as used. Those that already are, and those that were taken or given back
  /// meanwhile, stay as they are, so that gates can post what they admitted more than once and in
  /// any order, and one ticket holds up no other.
  /// @param ids The tickets.
  function checkInMany(uint256[] calldata ids) external onlyRole(GATE_ROLE) {
    uint256 first = type(uint256).max;
    uint256 last;
    uint256 eventId;
    uint256 closedUntil;
    // the length of calldata bounds the index
    unchecked {
      for (uint256 i; i < ids.length; ++i) {
        uint256 id;
        // the bounds are the loop's; checking them again costs 60 gas of a ticket's 7,000
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
          id := calldataload(add(ids.offset, shl(5, i)))
        }
        if (id < first) first = id;
        if (id > last) last = id;
        if (TicketId.eventOf(id) != eventId) {
          eventId = TicketId.eventOf(id);
          closedUntil = _closedUntil(id);
        }
        _checkIn(id, closedUntil);
      }
    }
    _emitMetadataUpdate(first, last);
  }

  /// @notice Takes tickets back, at most 50 per event and UTC day; used ones cannot be, nor those
  /// whose price lay in escrow once it may be paid out: others' refunds would have to pay for them.
  /// @param ids The tickets.
  function void(uint256[] calldata ids) external onlyRole(REFUNDER_ROLE) {
    uint256 first = type(uint256).max;
    uint256 last;
    for (uint256 i; i < ids.length; ++i) {
      uint256 id = ids[i];
      if (id < first) first = id;
      if (id > last) last = id;
      EventRecord storage record = _eventOfTicket(id);
      _countVoid(record, id);
      _void(record, id);
    }
    _emitMetadataUpdate(first, last);
  }

  /// @notice Gives a ticket back while the event's doors were moved; its money can be refunded. A
  /// ticket sold off chain and sold on has none in escrow: its holder would be left with neither.
  /// @param id The ticket.
  function giveBack(uint256 id) external {
    TicketWord word = _wordOf(id);
    if (msg.sender != word.owner()) revert TicketsNotHolder(msg.sender, id);
    if (_isCardResold(word)) revert TicketsNotFunded(id);
    EventRecord storage record = _eventOfTicket(id);
    uint256 until = record.refundUntil;
    if (block.timestamp >= until) revert TicketsReturnClosed(id, until);
    _void(record, id);
    _emitMetadataUpdate(id);
  }

  /// @notice Tells a box office whom to pay back, once. It may ask for tickets that were taken back
  /// and for those of a cancelled event, which are void from then on. Of the tickets sold off chain
  /// only those that were sold on are refunded here: whoever paid first has been paid by a buyer.
  /// @param id The ticket.
  /// @return holder Who holds the ticket.
  /// @return face What was paid for it first, in the event's face unit.
  /// @return funded Whether that lies in escrow.
  function takeRefund(uint256 id) external returns (address holder, uint48 face, bool funded) {
    (Slot storage slot, TicketWord word) = _slotOf(id);
    EventRecord storage record = _eventOfTicket(id);
    if (msg.sender != record.boxOffice) {
      revert TicketsNotBoxOffice(msg.sender, TicketId.eventOf(id));
    }
    (holder, face, funded) = (word.owner(), word.face(), word.has(FLAG_FUNDED));
    if (!funded && !_isCardResold(word)) revert TicketsNotFunded(id);
    if (word.has(FLAG_VOID)) {
      if (funded) record.refundsDue -= face;
      else record.fundsDue -= face;
    } else {
      if (!record.head.cancelled()) revert TicketsNotRefundable(id);
      emit TicketVoided(id);
    }
    slot.word = word.withoutFlag(FLAG_FUNDED | FLAG_CARD).withFlag(FLAG_VOID);
    _emitMetadataUpdate(id);
  }

  /// @notice Whether whoever shows a pass may be admitted now, for doors with nothing but a node.
  /// The gate's rule of "once" needs checkIn as well.
  /// @param pass The 179 bytes of a pass (see PassReader).
  /// @return True for the pass of a valid, unused ticket of an event that is on, signed by its
  /// holder and fresh.
  function isAdmissible(bytes calldata pass) external view returns (bool) {
    (bool fresh, Pass memory said) = PASS_READER.read(pass);
    TicketWord word = _wordOrNone(said.id);
    // a cancelled event's ticket is worth a refund, until somebody asks for that
    if (
      !fresh ||
      !word.exists() ||
      word.has(FLAG_USED | FLAG_VOID) ||
      said.nonce != word.nonce() ||
      said.nonce == NONCE_MAX ||
      _eventOfTicket(said.id).head.cancelled()
    ) return false;
    bytes calldata signature = pass[OWNER_SIGNATURE_AT:SESSION_SIGNATURE_AT];
    return Consent.isSignedBy(word.owner(), _hashTypedData(said.structHash), signature);
  }

  /// @dev True if the ticket was neither used nor void before. Whether the gate is open is handed
  /// in, so that a list asks once for each event.
  function _checkIn(uint256 id, uint256 closedUntil) private returns (bool) {
    (Slot storage slot, TicketWord word) = _slotOf(id);
    if (word.has(FLAG_USED | FLAG_VOID)) return false;
    if (closedUntil != 0) revert TicketsGateClosed(id, closedUntil);
    slot.word = word.withFlag(FLAG_USED);
    emit CheckedIn(id);
    return true;
  }

  /// @dev When the gate opens, in seconds, or 0 if it is open; doors are 0 only for ids that cannot
  /// exist.
  function _closedUntil(uint256 id) private view returns (uint256) {
    uint256 doorsAt = _eventOfTicket(id).head.doorsAt();
    // a sum and a difference of 40-bit times
    unchecked {
      if (block.timestamp + GATE_BEFORE_DOORS >= doorsAt) return 0;
      return doorsAt - GATE_BEFORE_DOORS;
    }
  }

  function _void(EventRecord storage record, uint256 id) private {
    (Slot storage slot, TicketWord word) = _slotOf(id);
    if (word.has(FLAG_VOID)) revert TicketsTicketVoid(id);
    if (word.has(FLAG_USED)) revert TicketsTicketUsed(id);
    if (word.has(FLAG_FUNDED)) {
      _requireNotOver(TicketId.eventOf(id), record.head);
      // kept in escrow for the holder when the rest is paid out
      record.refundsDue += word.face();
    }
    if (_isCardResold(word)) record.fundsDue += word.face();
    slot.word = word.withFlag(FLAG_VOID);
    emit TicketVoided(id);
  }

  /// @dev Sold off chain, and then on by a holder.
  function _isCardResold(TicketWord word) private pure returns (bool) {
    return word.has(FLAG_CARD) && word.has(FLAG_RESOLD);
  }

  function _countVoid(EventRecord storage record, uint256 id) private {
    uint32 today = uint32(block.timestamp / 1 days);
    uint8 voids = record.voidDay == today ? record.voidsOnDay : 0;
    if (voids == VOIDS_PER_DAY) {
      revert TicketsVoidLimitReached(TicketId.eventOf(id), VOIDS_PER_DAY);
    }
    record.voidDay = today;
    record.voidsOnDay = voids + 1;
  }

  function _emitMetadataUpdate(uint256 id) private {
    emit MetadataUpdate(id);
  }

  /// @dev Wallets refresh the whole span; a list of neighbours is named exactly (ERC-4906).
  function _emitMetadataUpdate(uint256 first, uint256 last) private {
    if (first > last) revert TicketsListEmpty();
    emit BatchMetadataUpdate(first, last);
  }
}
