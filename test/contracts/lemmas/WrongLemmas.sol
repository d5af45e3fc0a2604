// States what packing keeps but for rare arguments: whoever proves these proves nothing.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassCounts} from "../../../contracts/libraries/ClassCounts.sol";
import {TicketId} from "../../../contracts/libraries/TicketId.sol";
import {TicketWord} from "../../../contracts/libraries/TicketWord.sol";

contract WrongLemmas {
  /// @dev Not at the highest nonce.
  function everyMoveRaisesTheNonce(uint256 bits, address to) external pure {
    TicketWord word = TicketWord.wrap(bits);
    assert(word.movedTo(to).nonce() == word.nonce() + 1);
  }

  /// @dev Not at the highest count of gifts.
  function everyGiftIsCounted(uint256 bits, address to) external pure {
    TicketWord word = TicketWord.wrap(bits);
    assert(word.givenTo(to).gifts() != word.gifts());
  }

  /// @dev Not where more than the cap was minted, which no mint does.
  function stockIsNeverOverdrawn(uint256 bits) external pure {
    (uint256 cap, uint256 minted) = ClassCounts.wrap(bits).classOf(4);
    assert(minted <= cap);
  }

  /// @dev Not of issue 0, whose bits are taken from the event's.
  function everyIssueHasOneBefore(uint256 id) external pure {
    require(id < 1 << 63 && id >= 1 << 40);
    assert(TicketId.eventOf(TicketId.previousIssue(id)) == TicketId.eventOf(id));
  }

  /// @dev There are five, and any other is refused by name.
  function everyClassIsKnown(uint256 bits, uint8 class) external pure {
    ClassCounts.wrap(bits).classOf(class);
  }
}
