// Checks that the short look at a gift says what the full rule says, whatever the words hold.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// prettier-ignore
import {
  COOLDOWN_AT, DOORS_AT, EventHead, FREEZE_AT, LOCK_AT, MAX_GIFTS_AT, PAUSED_ACTIONS_AT,
  PAUSED_UNTIL_AT, POLICY_AT
} from "../../contracts/libraries/EventHead.sol";
import {MovePolicy} from "../../contracts/libraries/MovePolicy.sol";
import {GIFTS_AT, TicketWord, freshTicket} from "../../contracts/libraries/TicketWord.sol";
import {VM} from "./mocks/Vm.sol";

contract MovePolicyTest {
  uint256 private constant NOW = 1_800_000_000;

  /// @notice Times lie a few minutes around now, so that each rule decides often; each of the other
  /// values is one of those that make a difference.
  struct Gift {
    uint8 policy;
    uint8 maxGifts;
    uint8 gifts;
    uint8 flags;
    uint8 since;
    uint8 lockMinutes;
    uint8 cooldownMinutes;
    uint8 ageMinutes;
    int8 freezeIn;
    int8 pauseEndsIn;
    uint8 pausedActions;
    bool cancelled;
    bool byOwner;
  }

  /// @notice Calls the library from outside, so that its revert can be caught.
  function requireGift(EventHead head, TicketWord word, bool byOwner) external view {
    MovePolicy.requireGift(head, word, 1, byOwner);
  }

  function testFuzz_requireGift_passesExactlyWhatTheRuleAllows(Gift memory gift) public {
    _check(gift);
  }

  /// @dev Few random events have nothing at all against a gift; these have two things at most.
  function testFuzz_requireGift_whereLittleIsInTheWay(
    Gift memory odd,
    uint8 first,
    uint8 second
  ) public {
    Gift memory gift;
    (gift.policy, gift.maxGifts, gift.freezeIn, gift.byOwner) = (2, 1, 60, true);
    _mix(gift, odd, first % 6);
    _mix(gift, odd, second % 6);
    _check(gift);
  }

  function test_requireGift_knowsBothAnswers() public {
    VM.warp(NOW);
    Gift memory gift;
    (gift.policy, gift.maxGifts, gift.freezeIn, gift.byOwner) = (2, 1, 60, true);
    assert(_passes(gift));
    gift.gifts = 1;
    assert(!_passes(gift));
    (gift.gifts, gift.freezeIn) = (0, 0);
    assert(!_passes(gift));
  }

  function _mix(Gift memory gift, Gift memory odd, uint256 what) private pure {
    if (what == 0) (gift.policy, gift.byOwner) = (odd.policy, odd.byOwner);
    if (what == 1) (gift.maxGifts, gift.gifts) = (odd.maxGifts, odd.gifts);
    if (what == 2) gift.flags = odd.flags;
    if (what == 3) gift.freezeIn = odd.freezeIn;
    if (what == 4) {
      (gift.pausedActions, gift.pauseEndsIn) = (odd.pausedActions, odd.pauseEndsIn);
      gift.cancelled = odd.cancelled;
    }
    if (what == 5) {
      (gift.lockMinutes, gift.cooldownMinutes) = (odd.lockMinutes, odd.cooldownMinutes);
      (gift.ageMinutes, gift.since) = (odd.ageMinutes, odd.since);
      gift.flags |= 32;
    }
  }

  function _check(Gift memory gift) private {
    VM.warp(NOW);
    (EventHead head, TicketWord word) = _pack(gift);
    bool allowed = MovePolicy.ofGift(head, word, gift.byOwner) == MovePolicy.Refusal.NONE;
    assert(_passes(gift) == allowed);
  }

  function _passes(Gift memory gift) private view returns (bool) {
    (EventHead head, TicketWord word) = _pack(gift);
    try this.requireGift(head, word, gift.byOwner) {
      return true;
    } catch {
      return false;
    }
  }

  function _pack(Gift memory gift) private pure returns (EventHead head, TicketWord word) {
    uint256 bits = NOW - uint256(gift.ageMinutes) * 1 minutes;
    bits |= (NOW + 1 days) << DOORS_AT;
    bits |= uint256(int256(NOW) + gift.freezeIn) << FREEZE_AT;
    bits |= uint256(int256(NOW) + gift.pauseEndsIn) << PAUSED_UNTIL_AT;
    bits |= uint256(gift.lockMinutes) << LOCK_AT;
    bits |= uint256(gift.cooldownMinutes) << COOLDOWN_AT;
    bits |= uint256(gift.policy & 3) << POLICY_AT;
    bits |= uint256(gift.maxGifts & 3) << MAX_GIFTS_AT;
    bits |= uint256(gift.pausedActions & 7) << PAUSED_ACTIONS_AT;
    head = EventHead.wrap(bits);
    if (gift.cancelled) head = head.withCancelled();
    // a ticket cannot be older than its event; some here are, which the rule must bear as well
    uint256 fresh = TicketWord.unwrap(freshTicket(1, gift.flags, gift.since));
    word = TicketWord.wrap(fresh | (uint256(gift.gifts & 3) << GIFTS_AT)).ownedBy(address(1));
  }
}
