// Checks that ids, owner slots, classes and mint records come back as they were packed.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CLASSES, ClassCounts, packCaps} from "../../contracts/libraries/ClassCounts.sol";
import {EventHead} from "../../contracts/libraries/EventHead.sol";
import {MintRun} from "../../contracts/libraries/MintRun.sol";
import {TicketId} from "../../contracts/libraries/TicketId.sol";
import {
  FLAG_APPROVED,
  FLAG_SPARE,
  FLAG_USED,
  GIFTS_MAX,
  NONCE_MAX,
  SINCE_MAX,
  TicketWord,
  freshTicket
} from "../../contracts/libraries/TicketWord.sol";

contract PackingTest {
  function testFuzz_ticketId_isABijection(uint256 id) public pure {
    id &= (1 << 63) - 1;
    uint256 seatKey =
      (TicketId.issueOf(id) << 36) |
        (TicketId.sectionOf(id) << 24) |
        (TicketId.rowOf(id) << 12) |
        TicketId.seatOf(id);
    assert(TicketId.pack(TicketId.eventOf(id), seatKey) == id);
  }

  function testFuzz_ticketId_keepsItsParts(
    uint256 eventId,
    uint8 issue,
    uint16 section,
    uint16 row,
    uint16 seat
  ) public pure {
    eventId &= TicketId.EVENT_ID_MAX;
    uint256[4] memory parts = [uint256(issue & 15), section & 4095, row & 4095, seat & 4095];
    uint256 seatKey = (parts[0] << 36) | (parts[1] << 24) | (parts[2] << 12) | parts[3];
    uint256 id = TicketId.pack(eventId, seatKey);
    assert(id < 1 << 63);
    assert(TicketId.eventOf(id) == eventId);
    assert(TicketId.issueOf(id) == parts[0]);
    assert(TicketId.sectionOf(id) == parts[1]);
    assert(TicketId.rowOf(id) == parts[2]);
    assert(TicketId.seatOf(id) == parts[3]);
  }

  function testFuzz_ticketId_previousIssueIsTheSameSeat(uint256 id) public pure {
    id &= (1 << 63) - 1;
    if (TicketId.issueOf(id) == 0) return;
    uint256 previous = TicketId.previousIssue(id);
    assert(TicketId.issueOf(previous) == TicketId.issueOf(id) - 1);
    assert(TicketId.eventOf(previous) == TicketId.eventOf(id));
    assert(previous << 220 == id << 220);
  }

  function testFuzz_ticketWord_decodesEveryField(
    address owner,
    uint48 face,
    uint256 nonce,
    uint256 gifts,
    uint8 flags,
    uint24 since
  ) public pure {
    nonce &= NONCE_MAX;
    gifts &= GIFTS_MAX;
    TicketWord word = pack(owner, face, nonce, gifts, flags, since);
    assert(word.owner() == owner);
    assert(word.face() == face);
    assert(word.nonce() == nonce);
    assert(word.gifts() == gifts);
    assert(word.flags() == flags);
    assert(word.since() == since);
  }

  function testFuzz_ticketWord_moveTouchesOwnerNonceAndApprovalOnly(
    uint256 bits,
    address to
  ) public pure {
    TicketWord word = TicketWord.wrap(bits);
    TicketWord moved = word.movedTo(to);
    uint256 nonce = word.nonce() == NONCE_MAX ? NONCE_MAX : word.nonce() + 1;
    uint8 flags = word.flags() & ~uint8(FLAG_APPROVED);
    TicketWord expected = pack(to, word.face(), nonce, word.gifts(), flags, word.since());
    assert(TicketWord.unwrap(moved) == TicketWord.unwrap(expected));
  }

  function testFuzz_ticketWord_countersStayAtTheirLargest(uint256 bits, address to) public pure {
    TicketWord word = TicketWord.wrap(bits);
    uint256 gifts = word.gifts() == GIFTS_MAX ? GIFTS_MAX : word.gifts() + 1;
    uint256 nonce = word.nonce() == NONCE_MAX ? NONCE_MAX : word.nonce() + 1;
    TicketWord given = word.givenTo(to);
    TicketWord raised = word.nonceRaised();
    assert(given.gifts() == gifts && given.nonce() == nonce);
    assert(raised.nonce() == nonce && raised.gifts() == word.gifts());
    uint256 giftBits = GIFTS_MAX << 220;
    uint256 nonceBits = NONCE_MAX << 208;
    uint256 moved = TicketWord.unwrap(word.movedTo(to));
    assert(TicketWord.unwrap(given) & ~giftBits == moved & ~giftBits);
    assert(TicketWord.unwrap(raised) & ~nonceBits == bits & ~nonceBits);
  }

  function testFuzz_ticketWord_flagsAreIndependent(uint256 bits, uint8 index) public pure {
    uint256 flag = 1 << (index & 7);
    TicketWord word = TicketWord.wrap(bits);
    assert(word.withFlag(flag).has(flag));
    assert(!word.withoutFlag(flag).has(flag));
    assert(word.withFlag(flag).flags() == word.flags() | flag);
    assert(word.withoutFlag(flag).flags() == word.flags() & ~uint8(flag));
    uint256 others = ~(uint256(0xFF) << 224);
    assert(TicketWord.unwrap(word.withFlag(flag)) & others == bits & others);
    assert(TicketWord.unwrap(word.withoutFlag(flag)) & others == bits & others);
  }

  function testFuzz_freshTicket_keepsAgeWithinItsField(
    uint48 face,
    uint8 flags,
    uint256 minutes_
  ) public pure {
    TicketWord word = freshTicket(face, flags, minutes_).ownedBy(address(1));
    assert(word.face() == face && word.flags() == flags && word.nonce() == 0 && word.gifts() == 0);
    assert(word.since() == (minutes_ > SINCE_MAX ? SINCE_MAX : minutes_));
    assert(word.owner() == address(1) && word.exists());
    assert(word.has(FLAG_USED | FLAG_SPARE) == (flags & (FLAG_USED | FLAG_SPARE) != 0));
  }

  function testFuzz_classCounts_countEachClassOnItsOwn(
    uint24[5] calldata caps,
    uint256 class,
    uint24 units
  ) public pure {
    class %= CLASSES;
    if (units > caps[class]) units = caps[class];
    ClassCounts counts = packCaps(caps).withMinted(1, class, units);
    for (uint256 other; other < CLASSES; ++other) {
      (uint256 cap, uint256 minted) = counts.classOf(other);
      assert(cap == caps[other]);
      assert(minted == (other == class ? units : 0));
    }
  }

  function testFuzz_classCounts_releaseKeepsTheSum(
    uint24[5] calldata caps,
    uint256 class,
    uint24 minted,
    uint24 units
  ) public pure {
    class = 1 + (class % (CLASSES - 1));
    if (minted > caps[class]) minted = caps[class];
    if (units > caps[class] - minted) units = caps[class] - minted;
    if (uint256(caps[0]) + units > type(uint24).max) return;
    ClassCounts counts = packCaps(caps).withMinted(1, class, minted);
    assert(counts.anyMinted() == (minted != 0));
    counts = counts.withReleased(1, class, units);
    for (uint256 other; other < CLASSES; ++other) {
      (uint256 cap, uint256 mintedNow) = counts.classOf(other);
      uint256 before = caps[other];
      assert(
        cap ==
          (
            other == 0
              ? before + units
              : other == class
                ? before - units
                : before
          )
      );
      assert(mintedNow == (other == class ? minted : 0));
    }
  }

  function testFuzz_eventHead_changesOnlyWhatIsSet(
    uint256 bits,
    uint40 doorsAt,
    uint40 freezeAt,
    uint40 until,
    uint8 actions
  ) public pure {
    EventHead head = EventHead.wrap(bits);
    EventHead moved = head.withTimes(doorsAt, freezeAt);
    assert(moved.doorsAt() == doorsAt && moved.freezeAt() == freezeAt);
    uint256 times = uint256(type(uint80).max) << 40;
    assert(EventHead.unwrap(moved) & ~times == bits & ~times);
    EventHead paused = head.withPause(actions, until);
    assert(paused.pausedUntil() == until && paused.pausedActions() == actions);
    uint256 pauses = (uint256(type(uint40).max) << 120) | (uint256(0xff) << 240);
    assert(EventHead.unwrap(paused) & ~pauses == bits & ~pauses);
    assert(head.withCancelled().cancelled());
    assert(EventHead.unwrap(head.withCancelled()) == bits | (1 << 248));
  }

  function testFuzz_mintRun_readsWhatWasPacked(
    address to,
    uint40 seatKey,
    uint8 count,
    uint256 eventId,
    bytes26 neighbour
  ) public view {
    eventId &= TicketId.EVENT_ID_MAX;
    if (count == 0 || (seatKey & 4095) + uint256(count) > 4096) return;
    bytes memory runs = abi.encodePacked(neighbour, to, seatKey, count);
    (address readTo, uint256 firstId, uint256 readCount) = this.readRecord(runs, 26, eventId);
    assert(readTo == to && readCount == count);
    assert(firstId == TicketId.pack(eventId, seatKey));
  }

  function readRecord(
    bytes calldata runs,
    uint256 start,
    uint256 eventId
  ) external pure returns (address, uint256, uint256) {
    return MintRun.readRecord(runs, start, eventId);
  }

  /// @dev The layout, written down again in plain arithmetic. Fields that fit cannot overflow; one
  /// that does not is noticed by whoever compares.
  function pack(
    address owner,
    uint256 face,
    uint256 nonce,
    uint256 gifts,
    uint256 flags,
    uint256 since
  ) private pure returns (TicketWord) {
    unchecked {
      uint256 bits = uint160(owner);
      bits += face * 2 ** 160 + nonce * 2 ** 208;
      bits += gifts * 2 ** 220 + flags * 2 ** 224;
      return TicketWord.wrap(bits + since * 2 ** 232);
    }
  }
}
