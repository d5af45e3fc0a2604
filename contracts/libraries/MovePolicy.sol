// Decides whether a ticket may move now, the one rule that transfers and the view share.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EventRecord, Policy} from "./EventRecord.sol";
import {FLAG_LOCKED, FLAG_USED, FLAG_VOID, TicketWord} from "./TicketWord.sol";

/// @notice The ticket was used at the gate.
/// @param id The ticket.
error TicketsTicketUsed(uint256 id);

/// @notice The ticket was taken back.
/// @param id The ticket.
error TicketsTicketVoid(uint256 id);

/// @notice The ticket is locked.
/// @param id The ticket.
error TicketsTicketLocked(uint256 id);

/// @notice Tickets of this event stopped moving.
/// @param id The ticket.
/// @param freezeAt When they stopped, in seconds.
error TicketsTransfersFrozen(uint256 id, uint256 freezeAt);

/// @notice The event's policy does not let this caller move the ticket.
/// @param id The ticket.
/// @param operator The caller.
error TicketsPolicyForbids(uint256 id, address operator);

/// @notice The ticket was given away as often as the event allows.
/// @param id The ticket.
/// @param maxGifts The number allowed.
error TicketsGiftsSpent(uint256 id, uint256 maxGifts);

/// @title Move policy
/// @notice Tells whether a ticket may be given away now, and if not, why.
library MovePolicy {
  enum Refusal {
    NONE,
    USED,
    VOID,
    LOCKED,
    FREEZE,
    POLICY,
    GIFTS
  }

  /// @dev Why a gift is refused now; `byOwner` tells the holder's own hand from an operator's.
  /// States come first, as they explain more than the event's rules; the freeze comes before the
  /// policy, so that nothing moves at or after it by any path.
  function refusal(
    EventRecord storage record,
    TicketWord word,
    bool byOwner
  ) internal view returns (Refusal) {
    if (word.has(FLAG_USED | FLAG_VOID | FLAG_LOCKED)) {
      if (word.has(FLAG_VOID)) return Refusal.VOID;
      return word.has(FLAG_USED) ? Refusal.USED : Refusal.LOCKED;
    }
    if (block.timestamp >= record.freezeAt) return Refusal.FREEZE;
    Policy policy = record.policy;
    if (policy == Policy.OPEN) return Refusal.NONE;
    if (policy == Policy.FROZEN || !byOwner) return Refusal.POLICY;
    if (policy == Policy.MARKET_ONLY && word.gifts() >= record.maxGifts) return Refusal.GIFTS;
    return Refusal.NONE;
  }

  /// @dev Reverts with the error of the refusal, if there is one.
  function requireGift(
    EventRecord storage record,
    TicketWord word,
    uint256 id,
    bool byOwner
  ) internal view {
    Refusal reason = refusal(record, word, byOwner);
    if (reason == Refusal.NONE) return;
    if (reason == Refusal.USED) revert TicketsTicketUsed(id);
    if (reason == Refusal.VOID) revert TicketsTicketVoid(id);
    if (reason == Refusal.LOCKED) revert TicketsTicketLocked(id);
    if (reason == Refusal.FREEZE) revert TicketsTransfersFrozen(id, record.freezeAt);
    if (reason == Refusal.POLICY) revert TicketsPolicyForbids(id, msg.sender);
    revert TicketsGiftsSpent(id, record.maxGifts);
  }
}
