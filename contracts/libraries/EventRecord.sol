// Holds the terms of an event: what the organiser chose, checked once and stored.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassCounts, packCaps} from "./ClassCounts.sol";
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

/// @notice A royalty needs a receiver.
/// @param eventId The event.
error TicketsRoyaltyReceiverZero(uint256 eventId);

/// @notice Who may move a ticket before the freeze, sales through the event's markets apart.
/// OPEN: holder and approved operators, without limit. GIFT: the holder's own hand, without limit.
/// MARKET_ONLY: the holder's own hand, `maxGifts` times. FROZEN: nobody.
enum Policy {
  OPEN,
  GIFT,
  MARKET_ONLY,
  FROZEN
}

/// @notice What an organiser decides when creating an event. Times are in seconds; `freezeAt` 0
/// means two hours before doors. `resaleCapBps` is relative to face. `caps` are the units of
/// public, presale, artist, sponsor and comp. `planHash` commits to the seating plan, which is not
/// on chain.
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
}

/// @dev The stored form. Word 0 is all that a mint, a move or a check-in reads of an event, except
/// that a mint also changes word 1.
struct EventRecord {
  uint40 createdAt; // word 0; 0 only for an unknown event
  uint40 doorsAt;
  uint40 freezeAt;
  Policy policy;
  uint8 maxGifts;
  uint16 resaleCapBps;
  ClassCounts classes; // word 1
  address organiser; // word 2
  uint32 voidDay;
  uint8 voidsOnDay;
  address royaltyReceiver; // word 3
  uint16 royaltyBps;
  bytes32 planHash; // word 4
}

/// @notice An event as `eventOf` answers it; fields as in EventTerms, `freezeAt` resolved.
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
}

/// @title Event records
/// @notice Checks, stores and reads the terms of an event.
library EventRecords {
  uint256 internal constant BPS = 10_000;
  /// @dev Entry codes reveal two hours before doors; ownership must be settled by then.
  uint40 internal constant FREEZE_BEFORE_DOORS = 2 hours;

  /// @dev Checks the terms and stores them; returns when tickets freeze.
  function create(
    EventRecord storage record,
    uint256 eventId,
    EventTerms calldata terms
  ) internal returns (uint40 freezeAt) {
    if (eventId == 0 || eventId > TicketId.EVENT_ID_MAX) revert TicketsEventIdOutOfRange(eventId);
    if (record.createdAt != 0) revert TicketsEventExists(eventId);
    if (terms.organiser == address(0)) revert TicketsOrganiserZero(eventId);
    if (terms.doorsAt <= block.timestamp) revert TicketsDoorsInPast(terms.doorsAt, block.timestamp);
    if (terms.freezeAt > terms.doorsAt) {
      revert TicketsFreezeAfterDoors(terms.freezeAt, terms.doorsAt);
    }
    if (terms.maxGifts > GIFTS_MAX) revert TicketsMaxGiftsOutOfRange(terms.maxGifts);
    if (terms.royaltyBps > BPS) revert TicketsRoyaltyOutOfRange(terms.royaltyBps);
    if (terms.royaltyBps != 0 && terms.royaltyReceiver == address(0)) {
      revert TicketsRoyaltyReceiverZero(eventId);
    }
    freezeAt = terms.freezeAt == 0 ? terms.doorsAt - FREEZE_BEFORE_DOORS : terms.freezeAt;
    record.createdAt = uint40(block.timestamp);
    record.doorsAt = terms.doorsAt;
    record.freezeAt = freezeAt;
    record.policy = terms.policy;
    record.maxGifts = terms.maxGifts;
    record.resaleCapBps = terms.resaleCapBps;
    record.classes = packCaps(terms.caps);
    record.organiser = terms.organiser;
    record.royaltyReceiver = terms.royaltyReceiver;
    record.royaltyBps = terms.royaltyBps;
    record.planHash = terms.planHash;
  }

  /// @dev Refuses an event that was never created.
  function requireKnown(EventRecord storage record, uint256 eventId) internal view {
    if (record.createdAt == 0) revert TicketsEventUnknown(eventId);
  }

  function read(EventRecord storage record) internal view returns (EventView memory) {
    return
      EventView({
        organiser: record.organiser,
        createdAt: record.createdAt,
        doorsAt: record.doorsAt,
        freezeAt: record.freezeAt,
        policy: record.policy,
        maxGifts: record.maxGifts,
        resaleCapBps: record.resaleCapBps,
        royaltyBps: record.royaltyBps,
        royaltyReceiver: record.royaltyReceiver,
        planHash: record.planHash
      });
  }
}
