// States what packed stock and packed runs must keep, to be proved on the compiled code.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CLASSES, ClassCounts, UNITS_MASK} from "../../../contracts/libraries/ClassCounts.sol";
import {EventHead, Policy} from "../../../contracts/libraries/EventHead.sol";
import {MintRun} from "../../../contracts/libraries/MintRun.sol";
import {MovePolicy} from "../../../contracts/libraries/MovePolicy.sol";
import {TicketId} from "../../../contracts/libraries/TicketId.sol";
import {TicketWord} from "../../../contracts/libraries/TicketWord.sol";

/// @notice No function may fail an assertion or be refused by what it calls.
contract PackingLemmas {
  /// @dev Invariant 6: a mint counts units of its class within the cap, and nothing else changes.
  function mintCountsItsClassAlone(uint256 bits, uint256 units, uint256 class) external pure {
    ClassCounts counts = ClassCounts.wrap(bits);
    (uint256 cap, uint256 minted) = counts.classOf(class);
    require(units <= UNITS_MASK && minted + units <= cap);
    ClassCounts then_ = counts.withMinted(1, class, units);
    for (uint256 other; other < CLASSES; ++other) {
      (uint256 capBefore, uint256 mintedBefore) = counts.classOf(other);
      (uint256 capNow, uint256 mintedNow) = then_.classOf(other);
      assert(capNow == capBefore);
      assert(mintedNow == mintedBefore + (other == class ? units : 0));
    }
    assert(ClassCounts.unwrap(then_) >> 240 == bits >> 240);
    assert(then_.anyMinted() == (units != 0 || counts.anyMinted()));
  }

  /// @dev Invariant 6: a release moves units to the public class, and none is made or lost.
  function releaseMovesUnitsToThePublic(uint256 bits, uint256 units, uint256 class) external pure {
    ClassCounts counts = ClassCounts.wrap(bits);
    (uint256 cap, uint256 minted) = counts.classOf(class);
    (uint256 publicCap, ) = counts.classOf(0);
    require(minted <= cap && units <= cap - minted && publicCap + units <= UNITS_MASK);
    ClassCounts then_ = counts.withReleased(1, class, units);
    for (uint256 other; other < CLASSES; ++other) {
      (uint256 capBefore, uint256 mintedBefore) = counts.classOf(other);
      (uint256 capNow, uint256 mintedNow) = then_.classOf(other);
      if (other == 0) assert(capNow == capBefore + units);
      else assert(capNow == capBefore - (other == class ? units : 0));
      assert(mintedNow == mintedBefore);
    }
    assert(ClassCounts.unwrap(then_) >> 240 == bits >> 240);
  }

  /// @dev Invariants 4 and 26: the second of two records is read as it was packed, whatever the
  /// first is, and its run ends within its row. The words are the calldata that the records are in.
  function recordIsReadAsPacked(uint256 first, uint256 second, uint256 eventId) external pure {
    require(eventId <= TicketId.EVENT_ID_MAX);
    uint256 record = (first << 208) | (second >> 48);
    uint256 seatKey = (record >> 56) & ((1 << 40) - 1);
    uint256 count = (record >> 48) & 255;
    if (count == 0 || (seatKey & 4095) + count > 4096) return;
    bytes calldata runs;
    assembly {
      runs.offset := 4
      runs.length := 52
    }
    (address to, uint256 firstId, uint256 read) = MintRun.readRecord(runs, 26, eventId);
    assert(uint160(to) == record >> 96);
    assert(firstId >> 40 == eventId && firstId & ((1 << 40) - 1) == seatKey);
    assert(read == count);
    assert((firstId + count - 1) >> 12 == firstId >> 12);
  }

  /// @dev Invariant 10, at any time: what keeps a ticket from the holder's own hand, which is what
  /// `locked` says, keeps it from operators; and where it does not, only the policy does.
  function whatLocksTheHolderLocksAll(uint256 headBits, uint256 wordBits) external view {
    EventHead head = EventHead.wrap(headBits);
    TicketWord word = TicketWord.wrap(wordBits);
    require(uint8(headBits >> 224) <= uint8(type(Policy).max));
    MovePolicy.Refusal ofHolder = MovePolicy.ofGift(head, word, true);
    MovePolicy.Refusal ofOperator = MovePolicy.ofGift(head, word, false);
    if (ofHolder != MovePolicy.Refusal.NONE) assert(ofOperator != MovePolicy.Refusal.NONE);
    else if (ofOperator != MovePolicy.Refusal.NONE) {
      assert(ofOperator == MovePolicy.Refusal.POLICY && head.policy() != Policy.OPEN);
    }
  }
}
