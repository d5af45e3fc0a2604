// States what packing must keep, for the compiler's model checker to prove for all inputs.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TicketId} from "../../../contracts/libraries/TicketId.sol";

contract TicketLemmas {
  /// @dev Invariant 4: an id is its event and its seat, and nothing of either is lost.
  function idIsEventAndSeat(uint256 eventId, uint256 seatKey) external pure {
    require(eventId <= TicketId.EVENT_ID_MAX && seatKey < 1 << 40);
    uint256 id = TicketId.pack(eventId, seatKey);
    assert(id < 1 << 63);
    assert(TicketId.eventOf(id) == eventId);
    assert(id & ((1 << 40) - 1) == seatKey);
  }

  /// @dev Invariant 4: the previous issue is the same seat of the same event.
  function previousIssueIsTheSameSeat(uint256 id) external pure {
    require(id < 1 << 63 && TicketId.issueOf(id) != 0);
    uint256 previous = TicketId.previousIssue(id);
    assert(TicketId.eventOf(previous) == TicketId.eventOf(id));
    assert(TicketId.seatOf(previous) == TicketId.seatOf(id));
    assert(id - previous == 1 << 36);
    assert(previous >> 40 == id >> 40);
  }
}
