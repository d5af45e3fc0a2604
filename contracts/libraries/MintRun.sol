// Reads the runs of neighbouring seats that one mint call carries.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TicketId} from "./TicketId.sol";

/// @notice The runs are not a whole, positive number of 26-byte records.
/// @param length The length found.
error TicketsRunsMalformed(uint256 length);

/// @notice A run of no tickets.
/// @param firstId The ticket the run names.
error TicketsRunEmpty(uint256 firstId);

/// @notice A run reaches past the last seat that a row can have.
/// @param firstId The first ticket of the run.
/// @param count The tickets asked for.
error TicketsRunCrossesRow(uint256 firstId, uint256 count);

/// @title Mint runs
/// @notice A record is 26 bytes: to (20), then issue 4, section 12, row 12, seat 12 (5), count (1).
library MintRun {
  uint256 internal constant RECORD_BYTES = 26;

  // bits to the right of each field in the 32 bytes that start at a record
  uint256 private constant TO_AT = 96;
  uint256 private constant SEAT_KEY_AT = 56;
  uint256 private constant COUNT_AT = 48;

  /// @dev Refuses anything but a whole, positive number of records.
  function requireRecords(bytes calldata runs) internal pure {
    if (runs.length == 0 || runs.length % RECORD_BYTES != 0) {
      revert TicketsRunsMalformed(runs.length);
    }
  }

  /// @dev The record at byte `start`, which the caller keeps within `runs`.
  function readRecord(
    bytes calldata runs,
    uint256 start,
    uint256 eventId
  ) internal pure returns (address to, uint256 firstId, uint256 count) {
    uint256 record;
    // A slice would check its bounds again for each record, 190 gas of the 47,600 of a ticket. The
    // bytes read past the last record are shifted out below.
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
      record := calldataload(add(runs.offset, start))
    }
    to = address(uint160(record >> TO_AT));
    firstId = TicketId.pack(eventId, record >> SEAT_KEY_AT);
    count = uint8(record >> COUNT_AT);
    if (count == 0) revert TicketsRunEmpty(firstId);
    // a seat is below 2^12 and a count below 2^8
    unchecked {
      if (TicketId.seatOf(firstId) + count > TicketId.SEATS_PER_ROW) {
        revert TicketsRunCrossesRow(firstId, count);
      }
    }
  }
}
