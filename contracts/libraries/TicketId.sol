// Packs an event, an issue and a seat into the 63-bit id of a ticket.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Ticket ids
/// @notice Bits, lowest first: seat 0-11, row 12-23, section 24-35, issue 36-39, event 40-62. The
/// id fits a signed 64-bit column, sorts by seat, and neighbours in a row are consecutive integers.
/// General admission uses row and seat together as a 24-bit serial.
library TicketId {
  uint256 internal constant SEATS_PER_ROW = 1 << 12;
  uint256 internal constant EVENT_ID_MAX = (1 << 23) - 1;

  uint256 private constant ROW_AT = 12;
  uint256 private constant SECTION_AT = 24;
  uint256 private constant ISSUE_AT = 36;
  uint256 private constant EVENT_AT = 40;
  // masks are literals: the older pipeline would compute with the constants above at run time
  uint256 private constant FIELD_MASK = (1 << 12) - 1;
  uint256 private constant ISSUE_MASK = (1 << 4) - 1;
  uint256 private constant SEAT_KEY_MASK = (1 << 40) - 1;

  /// @dev `seatKey` is issue, section, row and seat (40 bits), as a mint run carries them.
  function pack(uint256 eventId, uint256 seatKey) internal pure returns (uint256) {
    return (eventId << EVENT_AT) | (seatKey & SEAT_KEY_MASK);
  }

  /// @dev More than 23 bits for ids that no event can have: such an event is simply unknown.
  function eventOf(uint256 id) internal pure returns (uint256) {
    return id >> EVENT_AT;
  }

  function issueOf(uint256 id) internal pure returns (uint256) {
    return (id >> ISSUE_AT) & ISSUE_MASK;
  }

  function sectionOf(uint256 id) internal pure returns (uint256) {
    return (id >> SECTION_AT) & FIELD_MASK;
  }

  function rowOf(uint256 id) internal pure returns (uint256) {
    return (id >> ROW_AT) & FIELD_MASK;
  }

  function seatOf(uint256 id) internal pure returns (uint256) {
    return id & FIELD_MASK;
  }

  /// @dev The same seat one issue earlier; only for ids whose issue is not 0.
  function previousIssue(uint256 id) internal pure returns (uint256) {
    return id - (1 << ISSUE_AT);
  }
}
