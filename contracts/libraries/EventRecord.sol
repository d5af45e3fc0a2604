// Holds the terms of an event: what the organiser chose, stored once.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassCounts} from "./ClassCounts.sol";
import {EventHead, Policy} from "./EventHead.sol";
import {TicketId} from "./TicketId.sol";

/// @notice The event id is 0 or does not fit the 23 bits that a ticket id has for it.
/// @param eventId The id asked for.
error TicketsEventIdOutOfRange(uint256 eventId);

/// @notice The event was created before.
/// @param eventId The event.
error TicketsEventExists(uint256 eventId);

/// @notice No such event.
/// @param eventId The id asked for.
error TicketsEventUnknown(uint256 eventId);

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
  uint96 fundsDue;
  mapping(address market => SaleTerms) markets; // word 7
}

/// @notice An event as `eventOf` answers it; fields as in EventTerms, `freezeAt` resolved. A price
/// of 1 is `faceUnit` of the currency's smallest unit. `pausedActions` (1 mint, 2 gift, 4 sale)
/// count until `pausedUntil`; holders may give tickets back until `refundUntil`. From the first
/// ticket on, `saleStarted` is true. `refundsDue` is the face of all void tickets whose price still
/// lies in escrow, `fundsDue` that of void tickets sold off chain and then on, which are paid from
/// what the organiser puts in.
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
  uint96 fundsDue;
}

/// @dev A whole, in hundredths of a percent.
uint256 constant BPS = 10_000;

/// @title Event records
/// @notice Stores and reads the terms of an event.
library EventRecords {
  /// @dev Refuses an id that a ticket has no bits for, and one that is taken.
  function requireNew(EventRecord storage record, uint256 eventId) internal view {
    if (eventId == 0 || eventId > TicketId.EVENT_ID_MAX) revert TicketsEventIdOutOfRange(eventId);
    if (record.head.createdAt() != 0) revert TicketsEventExists(eventId);
  }

  /// @dev Stores terms as they were read; what the head holds is not looked at again.
  function create(
    EventRecord storage record,
    EventTerms memory terms,
    EventHead head,
    ClassCounts classes,
    uint64 faceUnit
  ) internal {
    record.head = head;
    record.classes = classes;
    record.organiser = terms.organiser;
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
    terms.fundsDue = record.fundsDue;
    terms.saleStarted = record.classes.anyMinted();
  }
}
