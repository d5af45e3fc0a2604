// Writes the metadata that wallets show of a ticket, from nothing but its id and its state.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {TicketId} from "./TicketId.sol";
import {FLAG_USED, FLAG_VOID} from "./TicketWord.sol";

/// @title Ticket metadata
/// @notice JSON as ERC-721 describes it, in a data URI: nothing to host, nothing to fake.
/// @dev All values are numbers, words of this file or a ContentFolder, so nothing needs escaping.
library TicketJson {
  using Strings for uint256;

  string private constant VALID = "valid";
  string private constant USED = "used";
  string private constant VOID = "void";
  string private constant CANCELLED = "cancelled";

  /// @dev `state` is one of stateOf; `artwork` is the folder of the event's pictures, or empty for
  /// the plain one.
  function uri(
    uint256 id,
    string memory state,
    string memory artwork
  ) internal pure returns (string memory) {
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
      '","image":"',
      _image(id, state, artwork),
      '","attributes":[',
      _number("Event", TicketId.eventOf(id)),
      _number("Issue", TicketId.issueOf(id)),
      _number("Section", TicketId.sectionOf(id)),
      _number("Row", TicketId.rowOf(id)),
      _number("Seat", TicketId.seatOf(id)),
      '{"trait_type":"State","value":"',
      state,
      '"}]}'
    );
    return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
  }

  function _image(
    uint256 id,
    string memory state,
    string memory artwork
  ) private pure returns (string memory) {
    if (bytes(artwork).length != 0) return string.concat(artwork, "/", _picture(state));
    return string.concat("data:image/svg+xml;base64,", Base64.encode(bytes(_svg(id, state))));
  }

  function _number(string memory trait, uint256 value) private pure returns (string memory) {
    return string.concat('{"trait_type":"', trait, '","value":', value.toString(), "},");
  }

  /// @dev A plain card: the seat in large, the state below.
  function _svg(uint256 id, string memory state) private pure returns (string memory) {
    return
      string.concat(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 400" font-family="sans-serif">',
        '<rect width="600" height="400" fill="#14213d"/><g fill="#fff">',
        _line(80, 28, "Event ", TicketId.eventOf(id)),
        _line(180, 44, "Section ", TicketId.sectionOf(id)),
        _line(240, 44, "Row ", TicketId.rowOf(id)),
        _line(300, 44, "Seat ", TicketId.seatOf(id)),
        '</g><text x="40" y="360" font-size="28" fill="#fca311">',
        state,
        "</text></svg>"
      );
  }

  function _line(
    uint256 y,
    uint256 size,
    string memory label,
    uint256 value
  ) private pure returns (string memory) {
    return
      string.concat(
        '<text x="40" y="',
        y.toString(),
        '" font-size="',
        size.toString(),
        '">',
        label,
        value.toString(),
        "</text>"
      );
  }

  /// @dev A souvenir stays one, also when its event was cancelled afterwards and paid back.
  function stateOf(uint256 flags, bool cancelled) internal pure returns (string memory) {
    if (flags & FLAG_USED != 0) return USED;
    if (flags & FLAG_VOID != 0) return VOID;
    return cancelled ? CANCELLED : VALID;
  }

  /// @dev An organiser has three pictures made.
  function _picture(string memory state) private pure returns (string memory) {
    return Strings.equal(state, CANCELLED) ? VOID : state;
  }
}
