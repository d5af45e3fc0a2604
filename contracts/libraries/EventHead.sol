// Packs what a mint, a move and a check-in must know of an event into one storage slot.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Who may move a ticket before the freeze, sales through the event's markets apart.
/// OPEN: holder and approved operators, without limit. GIFT: the holder's own hand, `maxGifts`
/// times or, where that is 0, without limit. MARKET_ONLY: the holder's own hand, `maxGifts` times,
/// which may be 0. FROZEN: nobody, and no market either.
/// A sale may be at any price up to the cap, for nothing as well, and counts as no gift.
enum Policy {
  OPEN,
  GIFT,
  MARKET_ONLY,
  FROZEN
}

/// @dev Bits, lowest first:
///
///   createdAt         0-39   seconds; 0 only for an unknown event
///   doorsAt          40-79   seconds
///   freezeAt         80-119  seconds; nothing moves from then on
///   pausedUntil     120-159  seconds; the paused actions are refused before
///   resaleCapBps    160-175  the highest resale price, relative to face
///   feeCapBps       176-191  the highest fee of a market, relative to the price
///   lockMinutes     192-207  a ticket paid by card cannot move for so long after its mint
///   cooldownMinutes 208-223  a ticket cannot be given away so early, unless the policy is OPEN
///   policy          224-231
///   maxGifts        232-239
///   pausedActions   240-247  see the constants below
///   cancelled       248-255  1 once cancelled, which is final
type EventHead is uint256;

uint256 constant PAUSE_MINT = 1;
uint256 constant PAUSE_GIFT = 2;
uint256 constant PAUSE_SALE = 4;
uint256 constant PAUSE_ALL = PAUSE_MINT | PAUSE_GIFT | PAUSE_SALE;

uint256 constant DOORS_AT = 40;
uint256 constant FREEZE_AT = 80;
uint256 constant PAUSED_UNTIL_AT = 120;
uint256 constant RESALE_CAP_AT = 160;
uint256 constant FEE_CAP_AT = 176;
uint256 constant LOCK_AT = 192;
uint256 constant COOLDOWN_AT = 208;
uint256 constant POLICY_AT = 224;
uint256 constant MAX_GIFTS_AT = 232;
uint256 constant PAUSED_ACTIONS_AT = 240;
uint256 constant CANCELLED_AT = 248;

/// @dev The fields lock, paused actions and cancelled.
uint256 constant PLAIN_FOR_SALE_MASK = (0xffff << 192) | (0xffff << 240);

using {
  createdAt,
  doorsAt,
  freezeAt,
  pausedUntil,
  resaleCapBps,
  feeCapBps,
  lockMinutes,
  cooldownMinutes,
  policy,
  maxGifts,
  pausedActions,
  cancelled,
  isPaused,
  isPlainForSale,
  withTimes,
  withPause,
  withCancelled
} for EventHead global;

function createdAt(EventHead head) pure returns (uint40) {
  return uint40(EventHead.unwrap(head));
}

function doorsAt(EventHead head) pure returns (uint40) {
  return uint40(EventHead.unwrap(head) >> DOORS_AT);
}

function freezeAt(EventHead head) pure returns (uint40) {
  return uint40(EventHead.unwrap(head) >> FREEZE_AT);
}

function pausedUntil(EventHead head) pure returns (uint40) {
  return uint40(EventHead.unwrap(head) >> PAUSED_UNTIL_AT);
}

function resaleCapBps(EventHead head) pure returns (uint16) {
  return uint16(EventHead.unwrap(head) >> RESALE_CAP_AT);
}

function feeCapBps(EventHead head) pure returns (uint16) {
  return uint16(EventHead.unwrap(head) >> FEE_CAP_AT);
}

function lockMinutes(EventHead head) pure returns (uint16) {
  return uint16(EventHead.unwrap(head) >> LOCK_AT);
}

function cooldownMinutes(EventHead head) pure returns (uint16) {
  return uint16(EventHead.unwrap(head) >> COOLDOWN_AT);
}

function policy(EventHead head) pure returns (Policy) {
  return Policy(uint8(EventHead.unwrap(head) >> POLICY_AT));
}

function maxGifts(EventHead head) pure returns (uint8) {
  return uint8(EventHead.unwrap(head) >> MAX_GIFTS_AT);
}

function pausedActions(EventHead head) pure returns (uint8) {
  return uint8(EventHead.unwrap(head) >> PAUSED_ACTIONS_AT);
}

function cancelled(EventHead head) pure returns (bool) {
  return EventHead.unwrap(head) >> CANCELLED_AT != 0;
}

/// @dev Pauses expire by themselves, so that nobody has to be there to end one.
function isPaused(EventHead head, uint256 action) view returns (bool) {
  return pausedActions(head) & action != 0 && block.timestamp < pausedUntil(head);
}

/// @dev True without a card lock, a cancellation, or a pause that nobody ended, for sales, which
/// every policy but FROZEN allows.
function isPlainForSale(EventHead head) pure returns (bool) {
  return
    EventHead.unwrap(head) & PLAIN_FOR_SALE_MASK == 0 &&
    uint8(EventHead.unwrap(head) >> POLICY_AT) != uint8(Policy.FROZEN);
}

function withTimes(EventHead head, uint40 doorsAt_, uint40 freezeAt_) pure returns (EventHead) {
  uint256 cleared = EventHead.unwrap(head) & ~(uint256(type(uint80).max) << DOORS_AT);
  return
    EventHead.wrap(cleared | (uint256(doorsAt_) << DOORS_AT) | (uint256(freezeAt_) << FREEZE_AT));
}

function withPause(EventHead head, uint8 actions, uint40 until) pure returns (EventHead) {
  uint256 masks =
    (uint256(type(uint40).max) << PAUSED_UNTIL_AT) |
      (uint256(type(uint8).max) << PAUSED_ACTIONS_AT);
  return
    EventHead.wrap(
      (EventHead.unwrap(head) & ~masks) |
        (uint256(until) << PAUSED_UNTIL_AT) |
        (uint256(actions) << PAUSED_ACTIONS_AT)
    );
}

function withCancelled(EventHead head) pure returns (EventHead) {
  return EventHead.wrap(EventHead.unwrap(head) | (1 << CANCELLED_AT));
}
