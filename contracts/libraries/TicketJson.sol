// Writes the metadata that wallets show of a ticket, from nothing but its id and its state.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {TicketId} from "./TicketId.sol";
import {FLAG_USED, FLAG_VOID, TicketWord} from "./TicketWord.sol";

/// @title Ticket metadata
/// @notice JSON as ERC-721 describes it, in a data URI: nothing to host, nothing to fake.
/// @dev All values are numbers or words of this file, so nothing needs escaping.
library TicketJson {
  using Strings for uint256;

  function uri(uint256 id, TicketWord word) internal pure returns (string memory) {
    string memory seat = string.concat(
      "Event ",
      TicketId.eventOf(id).toString(),
      ", section ",
      TicketId.sectionOf(id).toString(),
      ", row ",
      TicketId.rowOf(id).toString(),
      ", seat ",
      TicketId.seatOf(id).toString()
    );
    string memory json = string.concat(
      '{"name":"',
      seat,
      '","attributes":[',
      _number("Event", TicketId.eventOf(id)),
      _number("Issue", TicketId.issueOf(id)),
      _number("Section", TicketId.sectionOf(id)),
      _number("Row", TicketId.rowOf(id)),
      _number("Seat", TicketId.seatOf(id)),
      '{"trait_type":"State","value":"',
      _state(word),
      '"}]}'
    );
    return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
  }

  function _number(string memory trait, uint256 value) private pure returns (string memory) {
    return string.concat('{"trait_type":"', trait, '","value":', value.toString(), "},");
  }

  function _state(TicketWord word) private pure returns (string memory) {
    if (word.has(FLAG_VOID)) return "void";
    return word.has(FLAG_USED) ? "used" : "valid";
  }
}
