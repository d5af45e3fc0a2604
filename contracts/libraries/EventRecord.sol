// Holds the terms of an event: what the organiser chose, checked once and stored.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ClassCounts, packCaps} from "./ClassCounts.sol";
// prettier-ignore
import {
  COOLDOWN_AT, DOORS_AT, EventHead, FEE_CAP_AT, FREEZE_AT, LOCK_AT, MAX_GIFTS_AT, Policy, POLICY_AT,
  RESALE_CAP_AT
} from "./EventHead.sol";
import {TicketId} from "./TicketId.sol";
import {GIFTS_MAX} from "./TicketWord.sol";

/// @notice The event id is 0 or does not fit the 23 bits that a ticket id has for it.
/// @param eventId The id asked for.
error TicketsEventIdOutOfRange(uint256 eventId);

/// @notice The event was created before.
/// @param eventId The event.
error TicketsEventExists(uint256 eventId);

/// @notice No such event.
/// @param eventId The id asked for.
error TicketsEventUnknown(uint256 eventId);

/// @notice An event needs an organiser.
/// @param eventId The event.
error TicketsOrganiserZero(uint256 eventId);

/// @notice Doors must open in the future.
/// @param doorsAt The time asked for, in seconds.
/// @param nowAt The block's time, in seconds.
error TicketsDoorsInPast(uint256 doorsAt, uint256 nowAt);

/// @notice Tickets must stop moving by the time doors open.
/// @param freezeAt The time asked for, in seconds.
/// @param doorsAt When doors open, in seconds.
error TicketsFreezeAfterDoors(uint256 freezeAt, uint256 doorsAt);

/// @notice The counter of gifts has 4 bits.
/// @param maxGifts The number asked for.
error TicketsMaxGiftsOutOfRange(uint256 maxGifts);

/// @notice A royalty cannot be more than the price.
/// @param royaltyBps The share asked for, in hundredths of a percent.
error TicketsRoyaltyOutOfRange(uint256 royaltyBps);

/// @notice Royalty and fee together cannot be more than the price.
/// @param royaltyBps The artists' share, in hundredths of a percent.
/// @param feeCapBps The highest share of a market.
error TicketsSharesOutOfRange(uint256 royaltyBps, uint256 feeCapBps);

/// @notice A currency is the native coin (0) or a token with 2 to 21 decimals.
/// @param currency The token asked for.
error TicketsCurrencyUnsupported(address currency);

/// @notice A royalty needs a receiver.
/// @param eventId The event.
error TicketsRoyaltyReceiverZero(uint256 eventId);

/// @notice What an organiser decides when creating an event. Times are in seconds; `freezeAt` 0
/// means two hours before doors. `resaleCapBps` is relative to face, `royaltyBps` and `feeCapBps`
/// to a resale's price. `caps` are the units of public, presale, artist, sponsor and comp.
/// `planHash` commits to the seating plan, which is not on chain. `currency` is what the event is
/// sold and resold in, 0 for the native coin; `boxOffice` is the only contract that may mint
/// tickets whose face it holds, 0 for none. `lockMinutes` keep a ticket sold off chain from moving
/// for so long, `cooldownMinutes` any ticket from being given away, unless the policy is OPEN.
struct EventTerms {
  address organiser;
  uint40 doorsAt;
  uint40 freezeAt;
  Policy policy;
  uint8 maxGifts;
  uint16 resaleCapBps;
  uint16 royaltyBps;
  address royaltyReceiver;
  bytes32 planHash;
  uint24[5] caps;
  address currency;
  address boxOffice;
  uint16 feeCapBps;
  uint16 lockMinutes;
  uint16 cooldownMinutes;
}

/// @dev All that a resale must know of an event beside its head. Each market on the event's list
/// has a copy: one read tells the terms, and by a face unit other than 0 that it is allowed.
struct SaleTerms {
  address currency;
  uint16 royaltyBps;
  uint64 faceUnit;
}

/// @dev The stored form. Word 0 is all that a mint, a move or a check-in reads of an event, except
/// that a mint also changes word 1.
struct EventRecord {
  EventHead head; // word 0
  ClassCounts classes; // word 1
  address organiser; // word 2
  uint32 voidDay;
  uint8 voidsOnDay;
  uint40 refundUntil;
  SaleTerms sale; // word 3
  address royaltyReceiver; // word 4
  uint96 refundsDue;
  bytes32 planHash; // word 5
  address boxOffice; // word 6
  mapping(address market => SaleTerms) markets; // word 7
}

/// @notice An event as `eventOf` answers it; fields as in EventTerms, `freezeAt` resolved. A price
/// of 1 is `faceUnit` of the currency's smallest unit. `pausedActions` (1 mint, 2 gift, 4 sale)
/// count until `pausedUntil`; holders may give tickets back until `refundUntil`. From the first
/// ticket on, `saleStarted` is true; `refundsDue` is the face of all void tickets whose price still
/// lies in escrow.
struct EventView {
  address organiser;
  uint40 createdAt;
  uint40 doorsAt;
  uint40 freezeAt;
  Policy policy;
  uint8 maxGifts;
  uint16 resaleCapBps;
  uint16 royaltyBps;
  address royaltyReceiver;
  bytes32 planHash;
  address currency;
  uint256 faceUnit;
  address boxOffice;
  uint16 feeCapBps;
  uint16 lockMinutes;
  uint16 cooldownMinutes;
  bool cancelled;
  uint8 pausedActions;
  uint40 pausedUntil;
  uint40 refundUntil;
  bool saleStarted;
  uint96 refundsDue;
}

/// @title Event records
/// @notice Checks, stores and reads the terms of an event.
library EventRecords {
  uint256 internal constant BPS = 10_000;
  /// @dev Entry codes reveal two hours before doors; ownership must be settled by then.
  uint40 internal constant FREEZE_BEFORE_DOORS = 2 hours;
  /// @dev A price of 1 is a cent of a token, and a gwei of the native coin.
  uint8 private constant CENT_DECIMALS = 2;
  uint64 private constant NATIVE_FACE_UNIT = 1 gwei;
  /// @dev A cent of a token with more does not fit 64 bits.
  uint8 private constant DECIMALS_MAX = 21;

  /// @dev Checks the terms, resolves the freeze in them and stores them.
  function create(EventRecord storage record, uint256 eventId, EventTerms memory terms) internal {
    _check(record, eventId, terms);
    if (terms.freezeAt == 0) terms.freezeAt = terms.doorsAt - FREEZE_BEFORE_DOORS;
    record.head = _packHead(terms);
    record.classes = packCaps(terms.caps);
    record.organiser = terms.organiser;
    uint64 faceUnit = _faceUnitOf(terms.currency);
    record.sale = SaleTerms(terms.currency, terms.royaltyBps, faceUnit);
    record.royaltyReceiver = terms.royaltyReceiver;
    record.planHash = terms.planHash;
    record.boxOffice = terms.boxOffice;
  }

  /// @dev Refuses an event that was never created.
  function requireKnown(EventRecord storage record, uint256 eventId) internal view {
    if (record.head.createdAt() == 0) revert TicketsEventUnknown(eventId);
  }

  function read(EventRecord storage record) internal view returns (EventView memory terms) {
    EventHead head = record.head;
    terms.organiser = record.organiser;
    terms.createdAt = head.createdAt();
    terms.doorsAt = head.doorsAt();
    terms.freezeAt = head.freezeAt();
    terms.policy = head.policy();
    terms.maxGifts = head.maxGifts();
    terms.resaleCapBps = head.resaleCapBps();
    terms.royaltyBps = record.sale.royaltyBps;
    terms.royaltyReceiver = record.royaltyReceiver;
    terms.planHash = record.planHash;
    terms.currency = record.sale.currency;
    terms.faceUnit = record.sale.faceUnit;
    terms.boxOffice = record.boxOffice;
    terms.feeCapBps = head.feeCapBps();
    terms.lockMinutes = head.lockMinutes();
    terms.cooldownMinutes = head.cooldownMinutes();
    terms.cancelled = head.cancelled();
    terms.pausedActions = head.pausedActions();
    terms.pausedUntil = head.pausedUntil();
    terms.refundUntil = record.refundUntil;
    terms.refundsDue = record.refundsDue;
    terms.saleStarted = record.classes.anyMinted();
  }

  function _check(
    EventRecord storage record,
    uint256 eventId,
    EventTerms memory terms
  ) private view {
    if (eventId == 0 || eventId > TicketId.EVENT_ID_MAX) revert TicketsEventIdOutOfRange(eventId);
    if (record.head.createdAt() != 0) revert TicketsEventExists(eventId);
    if (terms.organiser == address(0)) revert TicketsOrganiserZero(eventId);
    if (terms.doorsAt <= block.timestamp) revert TicketsDoorsInPast(terms.doorsAt, block.timestamp);
    if (terms.freezeAt > terms.doorsAt) {
      revert TicketsFreezeAfterDoors(terms.freezeAt, terms.doorsAt);
    }
    if (terms.maxGifts > GIFTS_MAX) revert TicketsMaxGiftsOutOfRange(terms.maxGifts);
    if (terms.royaltyBps > BPS) revert TicketsRoyaltyOutOfRange(terms.royaltyBps);
    if (uint256(terms.royaltyBps) + terms.feeCapBps > BPS) {
      revert TicketsSharesOutOfRange(terms.royaltyBps, terms.feeCapBps);
    }
    if (terms.royaltyBps != 0 && terms.royaltyReceiver == address(0)) {
      revert TicketsRoyaltyReceiverZero(eventId);
    }
  }

  function _packHead(EventTerms memory terms) private view returns (EventHead) {
    uint256 head = block.timestamp;
    head |= uint256(terms.doorsAt) << DOORS_AT;
    head |= uint256(terms.freezeAt) << FREEZE_AT;
    head |= uint256(terms.resaleCapBps) << RESALE_CAP_AT;
    head |= uint256(terms.feeCapBps) << FEE_CAP_AT;
    head |= uint256(terms.lockMinutes) << LOCK_AT;
    head |= uint256(terms.cooldownMinutes) << COOLDOWN_AT;
    head |= uint256(terms.policy) << POLICY_AT;
    head |= uint256(terms.maxGifts) << MAX_GIFTS_AT;
    return EventHead.wrap(head);
  }

  /// @dev Asked once: a token that later answers otherwise changes nobody's price.
  function _faceUnitOf(address currency) private view returns (uint64) {
    if (currency == address(0)) return NATIVE_FACE_UNIT;
    if (currency.code.length == 0) revert TicketsCurrencyUnsupported(currency);
    uint8 decimals = IERC20Metadata(currency).decimals();
    if (decimals < CENT_DECIMALS || decimals > DECIMALS_MAX) {
      revert TicketsCurrencyUnsupported(currency);
    }
    return uint64(10 ** (decimals - CENT_DECIMALS));
  }
}
