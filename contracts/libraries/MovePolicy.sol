// Decides whether a ticket may move now, the one rule that transfers, sales and views share.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// prettier-ignore
import {
  COOLDOWN_AT, EventHead, FREEZE_AT, LOCK_AT, MAX_GIFTS_AT, PAUSE_GIFT, PAUSE_SALE,
  PAUSED_ACTIONS_AT, Policy, POLICY_AT
} from "./EventHead.sol";
// prettier-ignore
import {
  FLAG_CARD, FLAG_USED, FLAG_VOID, GIFTS_AT, GIFTS_MAX, SINCE_AT, SPENT_MASK, TicketWord
} from "./TicketWord.sol";

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

/// @notice The ticket's event was cancelled: it is refunded to whoever holds it, and stays there.
/// @param id The ticket.
error TicketsTicketCancelled(uint256 id);

/// @notice Moves of this kind are paused for the ticket's event.
/// @param id The ticket.
/// @param until When the pause ends, in seconds.
error TicketsMovesPaused(uint256 id, uint256 until);

/// @notice The ticket was paid by card, and a chargeback could still come.
/// @param id The ticket.
/// @param until When it can move, in seconds.
error TicketsCardLocked(uint256 id, uint256 until);

/// @notice The ticket is too new to be given away.
/// @param id The ticket.
/// @param until When it can be, in seconds.
error TicketsGiftTooEarly(uint256 id, uint256 until);

/// @notice The event's policy does not let this caller move the ticket.
/// @param id The ticket.
/// @param operator The caller.
error TicketsPolicyForbids(uint256 id, address operator);

/// @notice The ticket was given away as often as the event allows.
/// @param id The ticket.
/// @param maxGifts The number allowed.
error TicketsGiftsSpent(uint256 id, uint256 maxGifts);

/// @title Move policy
/// @notice Tells whether a ticket may be given away or sold now, and if not, why.
library MovePolicy {
  enum Refusal {
    NONE,
    USED,
    VOID,
    LOCKED,
    FREEZE,
    CANCELLED,
    PAUSE,
    CARD,
    POLICY,
    COOLDOWN,
    GIFTS
  }

  /// @dev Reverts unless the ticket may be given away now. Most may, and one look at both words
  /// tells it: nothing in force takes a move away, the longer of both waits is over, and the policy
  /// gives one. That look passes nothing that the full rule refuses. It works on the bare words,
  /// because a fan pays for every call of a function.
  function requireGift(EventHead head, TicketWord word, uint256 id, bool byOwner) internal view {
    uint256 terms = EventHead.unwrap(head);
    uint256 state = TicketWord.unwrap(word);
    // 40 bits of seconds, 24 and 16 bits of minutes
    unchecked {
      // at least the card lock and at least the cool-down: no bit of either is missing
      uint256 wait = ((terms >> LOCK_AT) | (terms >> COOLDOWN_AT)) & type(uint16).max;
      if (
        ((terms >> PAUSED_ACTIONS_AT) | (state & SPENT_MASK)) == 0 &&
        block.timestamp < uint40(terms >> FREEZE_AT) &&
        block.timestamp >= uint40(terms) + ((state >> SINCE_AT) + wait) * 1 minutes
      ) {
        uint256 policy = uint8(terms >> POLICY_AT);
        if (byOwner && policy < uint8(Policy.FROZEN)) {
          if (((state >> GIFTS_AT) & GIFTS_MAX) < uint8(terms >> MAX_GIFTS_AT)) return;
        }
        if (policy == uint8(Policy.OPEN)) return;
      }
    }
    requireNone(ofGift(head, word, byOwner), head, word, id);
  }

  /// @dev Why a gift is refused now; `byOwner` tells the holder's own hand from an operator's.
  function ofGift(
    EventHead head,
    TicketWord word,
    bool byOwner
  ) internal view returns (Refusal reason) {
    reason = _ofAnyMove(head, word, PAUSE_GIFT);
    if (reason != Refusal.NONE) return reason;
    if (_isCardLocked(head, word)) return Refusal.CARD;
    Policy policy = head.policy();
    if (policy == Policy.OPEN) return Refusal.NONE;
    if (policy == Policy.FROZEN || !byOwner) return Refusal.POLICY;
    if (block.timestamp < _after(head, word, head.cooldownMinutes())) return Refusal.COOLDOWN;
    uint256 maxGifts = head.maxGifts();
    if (maxGifts == 0 && policy == Policy.GIFT) return Refusal.NONE;
    return word.gifts() >= maxGifts ? Refusal.GIFTS : Refusal.NONE;
  }

  /// @dev Why a sale is refused now.
  function ofSale(EventHead head, TicketWord word) internal view returns (Refusal reason) {
    reason = _ofAnyMove(head, word, PAUSE_SALE);
    if (reason != Refusal.NONE) return reason;
    if (_isCardLocked(head, word)) return Refusal.CARD;
    return head.policy() == Policy.FROZEN ? Refusal.POLICY : Refusal.NONE;
  }

  /// @dev Reverts with the error of the refusal, if there is one.
  function requireNone(Refusal reason, EventHead head, TicketWord word, uint256 id) internal view {
    if (reason == Refusal.NONE) return;
    if (reason == Refusal.USED) revert TicketsTicketUsed(id);
    if (reason == Refusal.VOID) revert TicketsTicketVoid(id);
    if (reason == Refusal.LOCKED) revert TicketsTicketLocked(id);
    if (reason == Refusal.FREEZE) revert TicketsTransfersFrozen(id, head.freezeAt());
    if (reason == Refusal.CANCELLED) revert TicketsTicketCancelled(id);
    if (reason == Refusal.PAUSE) revert TicketsMovesPaused(id, head.pausedUntil());
    if (reason == Refusal.CARD)
      revert TicketsCardLocked(id, _after(head, word, head.lockMinutes()));
    if (reason == Refusal.POLICY) revert TicketsPolicyForbids(id, msg.sender);
    if (reason == Refusal.COOLDOWN) {
      revert TicketsGiftTooEarly(id, _after(head, word, head.cooldownMinutes()));
    }
    revert TicketsGiftsSpent(id, head.maxGifts());
  }

  /// @dev States come first, as they explain more than the event's rules; the freeze comes before
  /// the policy, so that nothing moves at or after it by any path.
  function _ofAnyMove(
    EventHead head,
    TicketWord word,
    uint256 action
  ) private view returns (Refusal) {
    if (word.isSpent()) {
      if (word.has(FLAG_VOID)) return Refusal.VOID;
      return word.has(FLAG_USED) ? Refusal.USED : Refusal.LOCKED;
    }
    if (block.timestamp >= head.freezeAt()) return Refusal.FREEZE;
    if (head.cancelled()) return Refusal.CANCELLED;
    return head.isPaused(action) ? Refusal.PAUSE : Refusal.NONE;
  }

  function _isCardLocked(EventHead head, TicketWord word) private view returns (bool) {
    return word.has(FLAG_CARD) && block.timestamp < _after(head, word, head.lockMinutes());
  }

  /// @dev So many minutes after the ticket's mint, in seconds.
  function _after(
    EventHead head,
    TicketWord word,
    uint256 minutes_
  ) private pure returns (uint256) {
    // 40 bits of seconds, 24 and 16 bits of minutes
    unchecked {
      return head.createdAt() + (word.since() + minutes_) * 1 minutes;
    }
  }
}
